"""A reward's loss is TRL's, of several answers that of a softmax, and its gradients are those of a
plain computation."""

import pytest
import torch

from assay.models.tokenizer.chat_tokens import Encoded
from assay.training.batch import TrainingBatch
from assay.training.objectives.classification import ClassifierLayer
from assay.training.objectives.preference import UNWANTED, WANTED
from assay.training.objectives.reward import bradley_terry, loss_of_rewards

RIGHT = torch.tensor([True, False, True, False, False, True, False])
ROWS = ((0, 1), (2, 3, 4), (5, 6))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize(("margin", "centre"), [(0.0, 0.0), (0.7, 0.0), (0.0, 0.01)])
def test_losses_of_pairs_are_those_of_trl(tiny_model, tmp_path, margin, centre):
    from datasets import Dataset
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from trl import RewardConfig, RewardTrainer

    network = AutoModelForSequenceClassification.from_pretrained(tiny_model, num_labels=1)
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    network.config.pad_token_id = tokenizer.pad_token_id or tokenizer.eos_token_id
    settings = {"center_rewards_coefficient": centre} if centre else {}
    trainer = RewardTrainer(
        model=network.eval(),
        args=RewardConfig(
            output_dir=str(tmp_path), report_to="none", use_cpu=True, bf16=False, **settings
        ),
        train_dataset=Dataset.from_list([{"prompt": "a", "chosen": "b", "rejected": "c"}]),
        processing_class=tokenizer,
    )
    torch.manual_seed(0)
    ids = torch.randint(5, 400, (6, 9))  # three chosen, three rejected
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    inputs |= {"margin": torch.full((3,), margin)} if margin else {}
    theirs = float(trainer.compute_loss(network, dict(inputs)).detach())
    with torch.no_grad():
        rewards = network(ids).logits[:, 0].view(2, 3).T.flatten()
    found = loss_of_rewards(rewards, torch.tensor([True, False] * 3), margin, centre)
    assert float(found.value) / found.count == pytest.approx(theirs, abs=1e-5)


def test_the_loss_of_several_answers_is_that_of_a_softmax():
    rewards = torch.tensor([0.3, 0.9, 2.0, -1.0, 1.5, 40.0, -40.0], dtype=torch.float64)
    found = loss_of_rewards(rewards, RIGHT, 0.5, 0.1)
    wanted = 0.0
    for row in ROWS:
        own = rewards[list(row)].clone()
        own[0] -= 0.5  # the others may come so much nearer
        wanted += -float(own.log_softmax(0)[0]) + 0.1 * float(rewards[list(row)].sum()) ** 2
    assert float(found.value) == pytest.approx(wanted)
    assert (found.count, found.parts["right"]) == (3, pytest.approx(2 / 3))


@pytest.mark.parametrize("tree", [False, True], ids=["rows", "tree"])
def test_gradients_are_those_of_a_plain_computation(open_tiny, tree):
    network = open_tiny().network.double().requires_grad_(True)
    torch.manual_seed(1)
    layer = ClassifierLayer(64, 1).double()
    with torch.no_grad():
        layer.out.weight.normal_()
    prompts = [[5, 6, 7], [8, 9], [10, 11, 12]]
    starts = [prompt for prompt, row in zip(prompts, ROWS, strict=True) for _ in row]
    sequences = [
        Encoded([*start, 20 + at, 30 + at], (), label=WANTED if right else UNWANTED)
        for at, (start, right) in enumerate(zip(starts, RIGHT.tolist(), strict=True))
    ]
    batch = TrainingBatch.of(sequences, range(7), pad=0, device=torch.device("cpu"), tree=tree)
    network.eval()
    weights = [*layer.parameters(), *network.model.parameters()]
    mine = torch.autograd.grad(bradley_terry(layer)(network, batch).value, weights)
    states = [
        network.model(torch.tensor([one.ids])).last_hidden_state[0, -1].float() for one in sequences
    ]
    rewards = layer(torch.stack(states))[:, 0]
    plain = sum(-rewards[list(row)].log_softmax(0)[0] for row in ROWS)
    for gradient, wanted in zip(mine, torch.autograd.grad(plain, weights), strict=True):
        most = float(wanted.abs().max())  # 0 of the layer's bias, which all answers share
        torch.testing.assert_close(gradient, wanted, rtol=0, atol=1e-6 * most + 1e-12)


def test_members_are_learnt_each_from_rows_drawn_anew():
    rewards = torch.randn(7, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    counts = torch.tensor([[2.0, 0.0], [1.0, 1.0], [0.0, 3.0]], dtype=torch.float64)
    found = loss_of_rewards(rewards, RIGHT, 0.0, 0.0, counts)
    wanted = 0.0
    for member in range(2):
        for number, row in enumerate(ROWS):
            own = -float(rewards[list(row), member].log_softmax(0)[0])
            wanted += float(counts[number, member]) * own / 2
    assert float(found.value) == pytest.approx(wanted) and found.count == 3
    whole = loss_of_rewards(rewards.mean(1), RIGHT, 0.0, 0.0)
    assert found.parts["right"] == whole.parts["right"]
