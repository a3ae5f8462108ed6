import pytest
import torch

from assay.models.tokenizer.chat_tokens import Encoded
from assay.training.batch import TrainingBatch
from assay.training.objectives.completion import Loss, completion

CPU = torch.device("cpu")
# The last two tokens of one sequence are learnt, and the second of another.
SEQUENCES = [Encoded([5, 6, 7, 8], ((2, 4),)), Encoded([9, 11, 12], ((1, 2),))]


@pytest.mark.parametrize("tree", [False, True], ids=["rows", "tree"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_sum_over_the_learnt_tokens_is_torchs_cross_entropy(open_tiny, smoothing, tree):
    network = open_tiny().network
    batch = TrainingBatch.of(SEQUENCES, [0, 1], pad=0, device=CPU, tree=tree)
    with torch.no_grad():
        loss = completion(network, batch, smoothing=smoothing)
        wanted = 0.0
        for sequence in SEQUENCES:
            logits = network(torch.tensor([sequence.ids])).logits[0]
            at = torch.tensor(sequence.targets)
            wanted += torch.nn.functional.cross_entropy(
                logits[at - 1],
                torch.tensor(sequence.ids)[at],
                reduction="sum",
                label_smoothing=smoothing,
            )
    assert loss.count == 3 and loss.parts == {}
    torch.testing.assert_close(loss.value, wanted, atol=1e-4, rtol=1e-5)


def test_sums_of_micro_batches_are_the_sum_of_the_whole(open_tiny):
    network = open_tiny().network
    with torch.no_grad():
        parts = [
            completion(network, TrainingBatch.of([one], [at], pad=0, device=CPU))
            for at, one in enumerate(SEQUENCES)
        ]
        whole = completion(network, TrainingBatch.of(SEQUENCES, [0, 1], pad=0, device=CPU))
    torch.testing.assert_close(whole.value, sum(part.value for part in parts))
    assert whole.count == sum(part.count for part in parts)


def test_a_loss_is_not_changed_in_place():
    with pytest.raises(AttributeError):
        Loss(torch.zeros(()), 1.0).count = 2.0
