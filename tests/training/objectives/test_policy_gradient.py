"""Losses of answers that a model has written are TRL's, their gradients those of a plain
computation; advantages are TRL's, or follow from their definition."""

from dataclasses import replace

import pytest
import torch

from assay.models.tokenizer.chat_tokens import Encoded
from assay.training.batch import TrainingBatch
from assay.training.objectives.policy_gradient import (
    PolicyLoss,
    WrittenAnswers,
    estimate_advantages,
    group_advantages,
    leave_one_out,
    policy_gradient,
    value_losses,
    whiten,
)

ROOM = 9  # tokens that an answer may have
KINDS = {
    "grpo": PolicyLoss("grpo", 0.1, 0.3, 0.04, room=ROOM),
    "grpo-dr": PolicyLoss("grpo", 0.1, 0.3, 0.04, "dr-grpo", room=ROOM),
    "grpo-dapo": PolicyLoss("grpo", 0.1, 0.3, 0.0, "dapo", room=ROOM, temperature=0.7),
    "rloo": PolicyLoss("rloo", 0.1, 0.3, 0.05, room=ROOM, temperature=0.7),
    "ppo": PolicyLoss("ppo", 0.1, 0.3, 0.05, room=ROOM, value=0.4, value_clip=0.2),
}


def moved(network, seed):
    torch.manual_seed(seed)
    with torch.no_grad():
        for weight in network.parameters():
            weight += 0.05 * torch.randn_like(weight)
    return network


def answers(draw=0):
    """Two prompts with three answers each, of different lengths."""
    torch.manual_seed(draw)

    def ids(length):
        return torch.randint(3, 400, (length,)).tolist()

    return [(prompt, ids(2 + 2 * n)) for prompt in (ids(4), ids(7)) for n in range(3)]


def encode(prompt, answer):
    return Encoded([*prompt, *answer], ((len(prompt), len(prompt) + len(answer)),))


def batch_of(rows, tree=False):
    sequences = [encode(*row) for row in rows]
    return TrainingBatch.of(
        sequences, range(len(rows)), pad=0, device=torch.device("cpu"), tree=tree
    )


def written(rows, draw=1):
    """What might have been noted of them: not far from the model, so that some ratios are held."""
    torch.manual_seed(draw)

    def noise(scale, centre=0.0):
        return [centre + scale * torch.randn(len(own), dtype=torch.float64) for _, own in rows]

    each = torch.tensor([1.0, -0.5, 0.3, 2.0, -1.0, 0.1], dtype=torch.float64)
    found = [torch.full((len(own),), float(a)) for (_, own), a in zip(rows, each, strict=True)]
    return WrittenAnswers(noise(0), noise(0), found, noise(1), noise(1))


def around(given, logs, draw=2):
    """The same, with log-probabilities of before that lie around those of now."""
    torch.manual_seed(draw)
    old = [own + 0.2 * torch.randn_like(own) for own in logs]
    start = [own + 0.4 * torch.randn_like(own) for own in logs]
    return replace(given, old=old, start=start)


def plain_logs(network, rows, temperature):
    """Of each answer its tokens' log-probabilities, from whole logits."""
    found = []
    for prompt, own in rows:
        logits = network(torch.tensor([[*prompt, *own]])).logits[0] / temperature
        logs = logits.log_softmax(-1)
        found.append(
            torch.stack([logs[len(prompt) - 1 + at, token] for at, token in enumerate(own)])
        )
    return found


def pad(rows, *, left=False):
    width = max(map(len, rows))
    fill = [[0] * (width - len(row)) for row in rows]
    joined = [f + list(r) if left else list(r) + f for r, f in zip(rows, fill, strict=True)]
    return torch.tensor(joined)


def trl_batch(rows, given, advantages):
    masks = [[1] * len(own) for _, own in rows]
    return {
        "prompt_ids": pad([prompt for prompt, _ in rows], left=True),
        "prompt_mask": pad([[1] * len(prompt) for prompt, _ in rows], left=True),
        "completion_ids": pad([own for _, own in rows]),
        "completion_mask": pad(masks),
        "advantages": advantages,
        "old_per_token_logps": pad([one.tolist() for one in given.old]),
        "old_logps": torch.stack([one.sum() for one in given.old]).float(),
        "ref_per_token_logps": pad([one.tolist() for one in given.start]),
        "num_items_in_batch": torch.tensor(sum(map(sum, masks))),
    }


def trainer_of(kind, loss, folder, network, place):
    import trl
    from datasets import Dataset
    from transformers import AutoTokenizer

    own = {}
    if kind == "GRPO":
        own = {"loss_type": loss.normalise.replace("-", "_")}
    config = getattr(trl, f"{kind}Config")(
        output_dir=str(place),
        report_to="none",
        use_cpu=True,
        bf16=False,
        per_device_train_batch_size=6,
        num_generations=3,
        max_completion_length=ROOM,
        temperature=loss.temperature,
        beta=loss.beta,
        epsilon=loss.low,
        epsilon_high=loss.high,
        **own,
    )
    return getattr(trl, f"{kind}Trainer")(
        model=network,
        args=config,
        reward_funcs=lambda completions, **_: [0.0] * len(completions),
        train_dataset=Dataset.from_list([{"prompt": "a"}]),
        processing_class=AutoTokenizer.from_pretrained(folder),
    )


@pytest.fixture
def rows():
    return answers()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["grpo", "grpo-dr", "grpo-dapo", "rloo"])
def test_losses_are_those_of_trl(tiny_model, tmp_path, rows, kind):
    from transformers import AutoModelForCausalLM

    network = moved(AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32), 1).eval()
    loss = KINDS[kind]
    with torch.no_grad():
        logs = [one.double() for one in plain_logs(network, rows, loss.temperature)]
    given = around(written(rows), logs)
    ours = policy_gradient(loss, given)(network, batch_of(rows))
    each = torch.tensor([float(one[0]) for one in given.advantages])
    trainer = trainer_of(loss.method.upper(), loss, tiny_model, network, tmp_path)
    network.eval()
    theirs = trainer._compute_loss(network, trl_batch(rows, given, each))
    assert ours.parts["clipped"] > 0  # some ratios are held, else half of the formula is not tried
    assert float(ours.value.detach()) / ours.count == pytest.approx(
        float(theirs.detach()), abs=1e-5, rel=1e-5
    )


def plain_loss(loss, logs, given, values):
    """The sum of the loss over all answers, as the header of the module writes it."""
    total = 0.0
    for at, own in enumerate(logs):
        apart = own - given.old[at]
        advantage, start = given.advantages[at], given.start[at]
        if loss.method == "rloo":
            apart, advantage = apart.sum(), advantage[0]
        ratio = torch.exp(apart)
        held = ratio.clamp(1 - loss.low, 1 + loss.high)
        each = -torch.minimum(ratio * advantage, held * advantage)
        if loss.method == "grpo":
            each = each + loss.beta * ratio * (torch.exp(start - own) - (start - own) - 1)
        if loss.method == "ppo":
            v, before, wanted = values[at], given.values[at], given.returns[at]
            near = torch.minimum(torch.maximum(v, before - 0.2), before + 0.2)
            each = each + loss.value * torch.maximum((v - wanted) ** 2, (near - wanted) ** 2) / 2
        mean = loss.normalise == "grpo" and loss.method == "grpo"
        room = ROOM if loss.normalise == "dr-grpo" else 1
        total = total + (each.mean() if mean else each.sum() / room)
    return total


@pytest.mark.parametrize("tree", [False, True], ids=["rows", "tree"])
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_those_of_a_plain_computation(open_tiny, rows, kind, tree):
    loss = KINDS[kind]
    network = moved(open_tiny().network.double().requires_grad_(True), 1)
    torch.manual_seed(4)
    layer = torch.nn.Linear(64, 1).double()
    with torch.no_grad():
        given = around(written(rows), plain_logs(network, rows, loss.temperature))
    weights = [*network.parameters(), *(layer.parameters() if loss.method == "ppo" else ())]
    own = layer if loss.method == "ppo" else None
    ours = policy_gradient(loss, given, own)(network, batch_of(rows, tree=tree))
    mine = torch.autograd.grad(ours.value, weights)
    logs, values = plain_logs(network, rows, loss.temperature), []
    for prompt, answer in rows:
        states = network.base_model(torch.tensor([[*prompt, *answer]])).last_hidden_state[0]
        values.append(layer(states)[len(prompt) - 1 : -1, 0])
    total = plain_loss(loss, logs, given, values)
    assert float(ours.value.detach()) == pytest.approx(float(total.detach()), rel=1e-9)
    for gradient, wanted in zip(mine, torch.autograd.grad(total, weights), strict=True):
        # Norms are computed in fp32, whatever the weights are in.
        torch.testing.assert_close(gradient, wanted, rtol=0, atol=1e-6 * float(wanted.abs().max()))


def test_at_the_weights_of_writing_the_gradient_is_that_of_the_plain_policy_gradient(
    open_tiny, rows
):
    # Where nothing has moved, all ratios are 1 and none is held: the gradient of the loss is that
    # of minus advantage times log-probability (Williams 1992).
    network = moved(open_tiny().network.double().requires_grad_(True), 1)
    with torch.no_grad():
        logs = plain_logs(network, rows, 1.0)
    given = replace(written(rows), old=logs, start=logs)
    loss = PolicyLoss("grpo", normalise="dapo")
    weights = list(network.parameters())
    ours = policy_gradient(loss, given)(network, batch_of(rows))
    mine = torch.autograd.grad(ours.value, weights)
    plain = sum(
        -(float(a[0]) * own).sum()
        for a, own in zip(given.advantages, plain_logs(network, rows, 1.0), strict=True)
    )
    assert ours.parts == {"kl": pytest.approx(0, abs=1e-9), "clipped": 0.0}
    for gradient, wanted in zip(mine, torch.autograd.grad(plain, weights), strict=True):
        torch.testing.assert_close(gradient, wanted, rtol=0, atol=1e-6 * float(wanted.abs().max()))


def test_advantages_within_a_question():
    rewards = torch.tensor([[1.0, 0.0, 0.0, 3.0], [2.0, 2.0, 2.0, 2.0]], dtype=torch.float64)
    # mean 1; deviations 0, -1, -1, 2: their sum of squares 6 over n - 1 = 3 is 2
    wanted = torch.tensor([0.0, -1.0, -1.0, 2.0], dtype=torch.float64) / (2**0.5 + 1e-4)
    found = group_advantages(rewards, scale=True)
    torch.testing.assert_close(found[0], wanted)
    assert not found[1].any()  # where all are alike nothing is learnt
    assert group_advantages(rewards, scale=False)[0].tolist() == [0.0, -1.0, -1.0, 2.0]
    # less the mean of the three others: 1 - 1, 0 - 4/3, 0 - 4/3, 3 - 1/3
    assert leave_one_out(rewards)[0].tolist() == pytest.approx([0.0, -4 / 3, -4 / 3, 8 / 3])


def test_generalised_advantages_at_both_ends_of_lambda():
    rewards = torch.tensor([0.5, 0.0, 2.0], dtype=torch.float64)
    values = torch.tensor([1.0, 0.4, -0.3], dtype=torch.float64)
    # lambda 1: all that is to come, discounted, less the value
    found, returns = estimate_advantages(rewards, values, gamma=0.9, trace=1.0)
    later = [0.5 + 0.9**2 * 2.0, 0.9 * 2.0, 2.0]
    assert returns.tolist() == pytest.approx(later)
    assert found.tolist() == pytest.approx(
        [a - float(v) for a, v in zip(later, values, strict=True)]
    )
    # lambda 0: one step ahead alone
    found, _ = estimate_advantages(rewards, values, gamma=0.9, trace=0.0)
    ahead = [0.5 + 0.9 * 0.4 - 1.0, 0.9 * -0.3 - 0.4, 2.0 + 0.3]
    assert found.tolist() == pytest.approx(ahead)


def test_whitened_advantages_and_held_values():
    found = torch.cat(whiten([torch.tensor([1.0, 2.0]), torch.tensor([6.0])]).copy())
    assert float(found.mean()) == pytest.approx(0, abs=1e-6)
    assert float(found.std()) == pytest.approx(1, abs=1e-5)
    assert [one.tolist() for one in whiten([torch.tensor([3.0])])] == [[0.0]]
    # A value that ran away from what it was is judged where it may be: the larger loss counts.
    v, before, wanted = torch.tensor([2.0]), torch.tensor([0.0]), torch.tensor([2.0])
    assert value_losses(v, before, wanted, 0.2).tolist() == pytest.approx([1.8**2 / 2])
