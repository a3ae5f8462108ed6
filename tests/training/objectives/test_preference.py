"""Losses of preferences are TRL's, their gradients those of a plain computation, and a reference is
computed once."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from assay.models.tokenizer.chat_tokens import Encoded
from assay.training.batch import TrainingBatch
from assay.training.objectives.preference import (
    UNRELATED,
    UNWANTED,
    WANTED,
    log_likelihoods,
    log_of_rest,
    pair_losses,
    preference,
)

USUAL = {"dpo": 0.1, "dpo-mean": 2.0, "ipo": 0.1, "slic": 0.1, "simpo": 2.0, "orpo": 0.1}
THEIRS = {"dpo": "sigmoid", "dpo-mean": "sigmoid_norm", "ipo": "ipo", "slic": "hinge"}


def network_of(folder, seed):
    """The tiny model as transformers opens it, a little off."""
    from transformers import AutoModelForCausalLM

    return moved(AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32), seed).eval()


def moved(network, seed):
    torch.manual_seed(seed)
    with torch.no_grad():
        for weight in network.parameters():
            weight += 0.05 * torch.randn_like(weight)
    return network


def answers(draw=0, rows=4):
    """Of each row a prompt with a chosen and a rejected answer."""
    torch.manual_seed(draw)

    def ids(length):
        return torch.randint(3, 400, (length,)).tolist()

    return [(ids(3 + row), ids(2 + row), ids(5)) for row in range(rows)]


def encode(prompt, answer, label):
    return Encoded([*prompt, *answer], ((len(prompt), len(prompt) + len(answer)),), label=label)


def batch_of(sequences, rows=None, tree=False):
    rows = range(len(sequences)) if rows is None else rows
    return TrainingBatch.of(sequences, rows, pad=0, device=torch.device("cpu"), tree=tree)


@torch.no_grad()
def refer(sequences, reference):
    sums, _ = log_likelihoods(reference, batch_of(sequences))
    return [
        replace(one, reference=value)
        for one, value in zip(sequences, sums.double().tolist(), strict=True)
    ]


def pairs(rows):
    return [
        encode(prompt, answer, label)
        for prompt, chosen, rejected in rows
        for answer, label in ((chosen, WANTED), (rejected, UNWANTED))
    ]


def trl_batch(rows):
    """As TRL collates pairs: the chosen ones first, padded on the right."""
    lines = [p + c for p, c, _ in rows] + [p + r for p, _, r in rows]
    masks = [[0] * len(p) + [1] * len(c) for p, c, _ in rows]
    masks += [[0] * len(p) + [1] * len(r) for p, _, r in rows]
    width = max(map(len, lines))

    def pad(values):
        return torch.tensor([one + [0] * (width - len(one)) for one in values])

    return {
        "input_ids": pad(lines),
        "attention_mask": pad([[1] * len(line) for line in lines]),
        "completion_mask": pad(masks),
    }


@pytest.fixture(scope="module")
def rows():
    return answers()


def theirs_of(kind, folder, policy, reference, place, told, **settings):
    """A trainer of TRL on the tiny model."""
    import trl
    from datasets import Dataset
    from transformers import AutoTokenizer

    config = getattr(trl, f"{kind}Config")(
        output_dir=str(place), report_to="none", use_cpu=True, bf16=False, **settings
    )
    return getattr(trl, f"{kind}Trainer")(
        model=policy,
        ref_model=reference,
        args=config,
        train_dataset=Dataset.from_list(told),
        processing_class=AutoTokenizer.from_pretrained(folder),
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("loss", THEIRS)
def test_losses_of_pairs_are_those_of_trl(tiny_model, tmp_path, rows, loss):
    policy, reference = network_of(tiny_model, 1), network_of(tiny_model, 2)
    told = [{"prompt": "a", "chosen": "b", "rejected": "c"}]
    settings = {"beta": USUAL[loss], "loss_type": [THEIRS[loss]]}
    trainer = theirs_of("DPO", tiny_model, policy, reference, tmp_path, told, **settings)
    theirs = float(trainer.compute_loss(policy, trl_batch(rows)).detach())
    found = preference(loss, beta=USUAL[loss])(policy, batch_of(refer(pairs(rows), reference)))
    assert found.count == len(rows)
    assert float(found.value.detach()) / found.count == pytest.approx(theirs, abs=1e-5, rel=1e-5)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_losses_of_single_answers_are_those_of_trl(tiny_model, tmp_path, rows):
    policy, reference = network_of(tiny_model, 2), network_of(tiny_model, 1)
    told = [{"prompt": "a", "completion": "b", "label": at < 1} for at in range(2)]
    trainer = theirs_of("KTO", tiny_model, policy, reference, tmp_path, told, beta=0.1)
    asked = [(p, c, WANTED) for p, c, _ in rows[:3]] + [(rows[3][0], rows[3][2], UNWANTED)]
    other = [answer for _, answer, _ in (*asked[1:], asked[0])]
    own = trl_batch([(p, c, []) for p, c, _ in asked])
    kl = trl_batch([(p, c, []) for (p, _, _), c in zip(asked, other, strict=True)])
    batch = {name: value[: len(asked)] for name, value in own.items()}
    batch |= {f"KL_{name}": value[: len(asked)] for name, value in kl.items()}
    batch["label"] = torch.tensor([label == WANTED for _, _, label in asked])
    theirs = float(trainer.compute_loss(policy, batch).detach())
    sequences = [
        encode(p, text, kind)
        for (p, answer, label), unrelated in zip(asked, other, strict=True)
        for text, kind in ((answer, label), (unrelated, UNRELATED))
    ]
    found = preference("kto", beta=0.1)(policy, batch_of(refer(sequences, reference)))
    assert found.count == 4 and found.parts["drift"] > 0
    assert float(found.value.detach()) / found.count == pytest.approx(theirs, abs=1e-5, rel=1e-5)
    trainer.undesirable_weight = 2.5
    theirs = float(trainer.compute_loss(policy, batch).detach())
    heavy = preference("kto", beta=0.1, weight=2.5)(policy, batch_of(refer(sequences, reference)))
    assert float(heavy.value.detach()) / heavy.count == pytest.approx(theirs, abs=1e-5, rel=1e-5)
    assert float(heavy.value.detach()) > float(found.value.detach())


@pytest.mark.slow
def test_losses_without_a_reference_are_those_of_trl():
    from trl.experimental.cpo import CPOTrainer
    from trl.experimental.orpo import ORPOTrainer

    torch.manual_seed(3)
    chosen, rejected = -torch.rand(9), -torch.rand(9)
    own = {"alpha": 0.0, "accelerator": SimpleNamespace(device="cpu"), "beta": 2.0}
    cpo = SimpleNamespace(**own, loss_type="simpo", simpo_gamma=1.0, label_smoothing=0.0)
    theirs = CPOTrainer.cpo_loss(cpo, chosen, rejected)[0]
    torch.testing.assert_close(pair_losses("simpo", chosen, rejected, 2.0, 1.0, 0.0), theirs)
    noisy = SimpleNamespace(**own, loss_type="sigmoid", label_smoothing=0.1)
    theirs = CPOTrainer.cpo_loss(noisy, chosen, rejected)[0]
    torch.testing.assert_close(pair_losses("dpo", chosen, rejected, 2.0, 0.0, 0.1), theirs)
    theirs = ORPOTrainer.odds_ratio_loss(SimpleNamespace(**own), chosen, rejected)[0]
    found = pair_losses("orpo", chosen, rejected, 2.0, 0.0, 0.0)
    torch.testing.assert_close(found, -chosen - theirs)


@pytest.mark.parametrize("tree", [False, True], ids=["rows", "tree"])
@pytest.mark.parametrize("loss", [*USUAL, "kto"])
def test_gradients_are_those_of_a_plain_computation(open_tiny, rows, loss, tree):
    policy = moved(open_tiny().network.double().requires_grad_(True), 1)
    sequences = refer(pairs(rows), moved(open_tiny().network.double(), 2))
    batch = batch_of(sequences, tree=tree)
    found = preference(loss, beta=USUAL.get(loss, 0.1), margin=0.5, smoothing=0.1, answer=0.3)
    weights = list(policy.parameters())
    ours = found(policy, batch)
    mine = torch.autograd.grad(ours.value, weights)
    total = policy.lm_head.weight.new_zeros(())
    for one, other in zip(sequences[::2], sequences[1::2], strict=True):
        total = total + plain(loss, policy, one, other)
    assert float(ours.value.detach()) == pytest.approx(float(total.detach()), rel=1e-9)
    for gradient, wanted in zip(mine, torch.autograd.grad(total, weights), strict=True):
        # Norms are computed in fp32, whatever the weights are in.
        torch.testing.assert_close(gradient, wanted, rtol=0, atol=1e-6 * float(wanted.abs().max()))


def plain(loss, network, one, other):
    """The loss of one pair from whole logits, as its paper writes it."""
    (c, n), (r, m) = (plain_sum(network, sequence) for sequence in (one, other))
    beta = USUAL.get(loss, 0.1)
    gain_c, gain_r = c - one.reference, r - other.reference
    sigma = torch.sigmoid
    if loss == "kto":  # no answers to other questions here
        return 1 - sigma(beta * gain_c) + 1 - sigma(-beta * gain_r)
    if loss == "dpo":
        z = beta * (gain_c - gain_r) - 0.5
    elif loss == "dpo-mean":
        z = beta * (gain_c / n - gain_r / m) - 0.5
    elif loss == "simpo":
        z = beta * (c / n - r / m) - 0.5
    elif loss == "ipo":
        return (gain_c / n - gain_r / m - 1 / (2 * beta)) ** 2 - 0.3 * c / n
    elif loss == "slic":
        return (1 - beta * (gain_c - gain_r)).clamp(min=0) - 0.3 * c / n
    else:
        odds = [torch.exp(mean) / (1 - torch.exp(mean)) for mean in (c / n, r / m)]
        return -c / n - beta * torch.log(sigma(torch.log(odds[0] / odds[1]))) - 0.3 * c / n
    return -0.9 * torch.log(sigma(z)) - 0.1 * torch.log(sigma(-z)) - 0.3 * c / n


def plain_sum(network, sequence):
    logs = network(torch.tensor([sequence.ids])).logits[0].log_softmax(-1)
    places = sequence.targets
    return sum(logs[at - 1, sequence.ids[at]] for at in places), len(places)


def test_the_rest_of_a_probability():
    values = torch.tensor([-1e-9, -0.5, -40.0], dtype=torch.float64)
    wanted = torch.log(-torch.expm1(values[1:]))
    assert torch.equal(log_of_rest(values)[1:], wanted) and torch.isfinite(log_of_rest(values)[0])
