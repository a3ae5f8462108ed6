import pytest
import torch

from assay.models.tokenizer.chat_tokens import Encoded
from assay.training.batch import TrainingBatch
from assay.training.objectives.classification import ClassifierLayer
from assay.training.objectives.tagging import tagging

CPU = torch.device("cpu")
# Two words end with the tokens 1 and 3 of the first, one with token 2 of the second; what is read
# is the state of the token before each marked one.
SEQUENCES = [
    Encoded([5, 6, 7, 8, 9], ((2, 3), (4, 5)), tags=(0, 2)),
    Encoded([5, 6, 11, 12], ((3, 4),), tags=(1,)),
]
READ = [[1, 3], [2]]


@pytest.fixture
def layer():
    made = ClassifierLayer(64, 3)
    torch.manual_seed(1)
    torch.nn.init.normal_(made.out.weight)
    return made


@pytest.mark.parametrize("tree", [False, True], ids=["rows", "tree"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_words_are_told_by_the_state_of_their_last_token(open_tiny, layer, tree, smoothing):
    network = open_tiny().network
    batch = TrainingBatch.of(SEQUENCES, [0, 1], pad=0, device=CPU, tree=tree)
    with torch.no_grad():
        loss = tagging(layer, smoothing=smoothing)(network, batch)
        states = [
            network.model(torch.tensor([one.ids])).last_hidden_state[0, at]
            for one, at in zip(SEQUENCES, READ, strict=True)
        ]
        wanted = torch.nn.functional.cross_entropy(
            layer(torch.cat(states)),
            torch.tensor([0, 2, 1]),
            reduction="sum",
            label_smoothing=smoothing,
        )
    assert loss.count == 3.0  # words, not tokens
    torch.testing.assert_close(loss.value, wanted, atol=1e-4, rtol=1e-5)


def test_the_layer_drops_where_the_network_trains(open_tiny):
    network = open_tiny().network
    layer = ClassifierLayer(64, 3, dropout=0.5)
    batch = TrainingBatch.of(SEQUENCES, [0, 1], pad=0, device=CPU)
    for training in (True, False):
        with torch.no_grad():
            tagging(layer)(network.train(training), batch)
        assert layer.training == training
