"""Each optimiser against its paper, worked out by hand or by another library."""

import math
import sys
from types import SimpleNamespace

import pytest
import torch

from assay.core.errors import TrainError
from assay.training.optim.master_weights import Masters
from assay.training.optim.optimisers import OPTIMISERS, Lamb, Lion, build
from assay.training.settings import Trained
from helpers.problems import problem

RATE, DECAY = 0.1, 0.2


def settings(optimiser, rate=RATE, weight_decay=0.0):
    return SimpleNamespace(optimiser=optimiser, rate=rate, weight_decay=weight_decay)


def needs(optimiser):
    if optimiser == "adamw-8bit":
        pytest.importorskip("bitsandbytes")


def parameters():
    torch.manual_seed(5)
    return {
        "matrix": torch.nn.Parameter(torch.randn(6, 4)),
        "vector": torch.nn.Parameter(torch.randn(4)),
    }


def descend(optimiser, named, steps):
    """Gradients that change from step to step: of sum(w^2 / 2 * scale), scale drawn anew."""
    draw = torch.Generator().manual_seed(9)
    for _ in range(steps):
        sum(
            (w.pow(2) / 2 * torch.rand(w.shape, generator=draw)).sum() for w in named.values()
        ).backward()
        optimiser.step()
        optimiser.zero_grad()


def test_every_name_in_the_settings_is_there():
    assert set(OPTIMISERS) == set(Trained.model_fields["optimiser"].annotation.__args__)


# --- what all have in common ----------------------------------------------------------------------


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_groups_have_their_factor_and_their_rate(optimiser):
    needs(optimiser)
    named = {**parameters(), "head": torch.nn.Parameter(torch.ones(2, 2))}
    built = build(settings(optimiser, weight_decay=DECAY), Masters(named.items()), {"head": 16.0})
    seen = [
        (g["factor"], g["lr"], g["weight_decay"], [tuple(w.shape) for w in g["params"]])
        for g in built.param_groups
    ]
    assert seen == [
        (1.0, RATE, DECAY, [(6, 4)]),
        (1.0, RATE, 0.0, [(4,)]),
        (16.0, 16 * RATE, DECAY, [(2, 2)]),
    ]


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_matrices_decay_and_vectors_do_not(optimiser):
    needs(optimiser)
    named = parameters()
    before = {name: w.detach().clone() for name, w in named.items()}
    built = build(settings(optimiser, weight_decay=DECAY), Masters(named.items()), {})
    for w in named.values():
        w.grad = torch.zeros_like(w)
    built.step()
    # Without a gradient only decay moves a weight: by rate x decay of itself, but for LAMB, whose
    # step is as long as rate x the weight's norm.
    left = 1 - RATE if optimiser == "lamb" else 1 - RATE * DECAY
    torch.testing.assert_close(named["matrix"].detach(), left * before["matrix"])
    assert torch.equal(named["vector"], before["vector"])


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_the_rate_that_is_set_from_outside_is_the_one_that_counts(optimiser):
    needs(optimiser)
    far, near = parameters(), parameters()
    before = {name: w.detach().clone() for name, w in far.items()}
    for named, rate in ((far, 1e-3), (near, 1e-4)):
        built = build(settings(optimiser, rate=0.5), Masters(named.items()), {})
        for group in built.param_groups:
            group["lr"] = rate * group["factor"]
        descend(built, named, 1)
    for name in far:
        moved, less = far[name].detach() - before[name], near[name].detach() - before[name]
        torch.testing.assert_close(moved, 10 * less, rtol=1e-2, atol=1e-6)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_weight_without_a_gradient_stays_and_takes_part_later(optimiser):
    needs(optimiser)
    named = parameters()
    before = named["matrix"].detach().clone()
    built = build(settings(optimiser, rate=0.01, weight_decay=DECAY), Masters(named.items()), {})
    named["matrix"].requires_grad_(False)
    descend(built, {"vector": named["vector"]}, 2)
    assert torch.equal(named["matrix"], before)
    assert named["matrix"] not in built.state
    named["matrix"].requires_grad_(True)
    descend(built, named, 1)
    assert not torch.equal(named["matrix"], before)


@pytest.mark.parametrize(
    ("optimiser", "expected"),
    [
        ("adamw", 8),
        # two scales every 256 numbers, two maps a tensor
        ("adamw-8bit", 2 + 2 * 4 / 256 + 2 * 1024 / 256**2),
        ("adafactor", 2 * 4 / 256),  # a row's and a column's share
        ("lamb", 8),
        ("lion", 4),
        ("sgd", 4),
    ],
)
def test_bytes_kept_for_each_number(optimiser, expected):
    needs(optimiser)
    weight = torch.nn.Parameter(torch.randn(256, 256))
    built = build(settings(optimiser), Masters([("w", weight)]), {})
    descend(built, {"w": weight}, 1)
    tensors = [v for v in built.state[weight].values() if isinstance(v, torch.Tensor)]
    assert sum(t.numel() * t.element_size() for t in tensors) / weight.numel() == pytest.approx(
        expected, abs=1e-3
    )


# --- one by one -----------------------------------------------------------------------------------


def test_adamw_is_the_papers():
    # f(w) = w^2 / 2, so the gradient is w. Loshchilov and Hutter (2019), algorithm 2; vectors do
    # not decay.
    named = parameters()
    expected = {name: w.detach().double().clone() for name, w in named.items()}
    first = {name: torch.zeros_like(w) for name, w in expected.items()}
    second = {name: torch.zeros_like(w) for name, w in expected.items()}
    optimiser = build(settings("adamw", weight_decay=DECAY), Masters(named.items()), {})
    for t in range(1, 8):
        for name, w in expected.items():
            first[name] = 0.9 * first[name] + 0.1 * w
            second[name] = 0.999 * second[name] + 0.001 * w * w
            step = (first[name] / (1 - 0.9**t)) / ((second[name] / (1 - 0.999**t)).sqrt() + 1e-8)
            expected[name] = w - RATE * step - (RATE * DECAY * w if name == "matrix" else 0)
        sum(w.pow(2).sum() / 2 for w in named.values()).backward()
        optimiser.step()
        optimiser.zero_grad()
        for name, w in named.items():
            torch.testing.assert_close(w.detach().double(), expected[name], atol=1e-6, rtol=0)


def test_8bit_adamw_is_adamw_with_coarser_moments():
    pytest.importorskip("bitsandbytes")
    # 4,096 numbers and more have moments of 8 bits, fewer have fp32 ones.
    torch.manual_seed(0)
    start = {"large": torch.randn(80, 64), "small": torch.randn(8, 8)}
    ends, built = {}, {}
    for optimiser in ("adamw", "adamw-8bit"):
        named = {name: torch.nn.Parameter(w.clone()) for name, w in start.items()}
        built[optimiser] = build(settings(optimiser, rate=0.01), Masters(named.items()), {})
        descend(built[optimiser], named, 10)
        ends[optimiser] = {name: w.detach() for name, w in named.items()}
    state = [s["state1"].dtype for s in built["adamw-8bit"].state.values()]
    assert state == [torch.uint8, torch.float32]
    torch.testing.assert_close(
        ends["adamw-8bit"]["small"], ends["adamw"]["small"], atol=1e-6, rtol=1e-5
    )
    moved, exact = (
        ends[optimiser]["large"] - start["large"] for optimiser in ("adamw-8bit", "adamw")
    )
    assert 0 < float((moved - exact).norm() / exact.norm()) < 0.05


def test_8bit_adamw_without_its_package_says_what_to_install(monkeypatch):
    for name in [n for n in sys.modules if n.partition(".")[0] == "bitsandbytes"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with problem(TrainError, "T070", None, "bitsandbytes", "assay[quant]"):
        build(settings("adamw-8bit"), Masters(parameters().items()), {})


def test_adafactor_is_the_papers_with_the_rate_given():
    # Shazeer and Stern (2018), algorithms 4 and 5 without relative step sizes: beta2 = 1 - t^-0.8,
    # clipped at 1.
    torch.manual_seed(2)
    # as LoRA's B: a rate relative to the weights would hardly move it
    weight = torch.nn.Parameter(torch.zeros(6, 4))
    expected, rows, columns = (
        torch.zeros(6, 4).double(),
        torch.zeros(6).double(),
        torch.zeros(4).double(),
    )
    optimiser = build(settings("adafactor"), Masters([("w", weight)]), {})
    for t in range(1, 6):
        grad = torch.randn(6, 4) * torch.logspace(-2, 1, 6)[:, None]
        weight.grad = grad.clone()
        optimiser.step()
        beta, square = 1 - t**-0.8, grad.double() ** 2 + 1e-30
        rows, columns = (
            beta * rows + (1 - beta) * square.sum(1),
            beta * columns + (1 - beta) * square.sum(0),
        )
        update = grad.double() / (rows[:, None] * columns / rows.sum()).sqrt()
        update /= max(1.0, float(update.norm()) / math.sqrt(update.numel()))
        expected -= RATE * update
        torch.testing.assert_close(weight.detach().double(), expected, rtol=1e-5, atol=1e-6)


def one_lamb_step(weight, grad, **options):
    weight = torch.nn.Parameter(torch.tensor(weight))
    weight.grad = torch.tensor(grad)
    Lamb([weight], lr=RATE, eps=0.0, **options).step()
    return weight.tolist()


def test_lambs_first_step_by_hand():
    # Bias-corrected, m is g and v is g^2, so r is g's sign. |w| = 5.
    length = math.hypot(1, -1)
    expected = [3 - RATE * 5 / length, 4 + RATE * 5 / length]
    assert one_lamb_step([3.0, 4.0], [0.5, -7.0]) == pytest.approx(expected)
    # Decay lies inside the ratio: u = r + 0.2 w = (1.6, -0.2).
    length = math.hypot(1.6, -0.2)
    expected = [3 - RATE * 5 / length * 1.6, 4 - RATE * 5 / length * -0.2]
    assert one_lamb_step([3.0, 4.0], [0.5, -7.0], weight_decay=DECAY) == pytest.approx(expected)


def test_lambs_phi_has_bounds_and_a_weight_that_is_zero_takes_adams_step():
    side = 1 / math.sqrt(2)
    assert one_lamb_step([30.0, 40.0], [1.0, 1.0]) == pytest.approx(
        [30 - RATE * 10 * side, 40 - RATE * 10 * side]
    )
    assert one_lamb_step([0.3, 0.4], [1.0, 1.0], bounds=(2.0, 10.0)) == pytest.approx(
        [0.3 - RATE * 2 * side, 0.4 - RATE * 2 * side]
    )
    assert one_lamb_step([0.0, 0.0], [1.0, -3.0]) == pytest.approx([-RATE, RATE])


def test_lambs_steps_are_as_long_as_the_rate_says():
    # Whatever the gradients are, each step's length is rate x phi(|w|).
    named = parameters()
    optimiser = Lamb(list(named.values()), lr=0.03, weight_decay=DECAY)
    for _ in range(4):
        before = {name: w.detach().clone() for name, w in named.items()}
        descend(optimiser, named, 1)
        for name, w in named.items():
            assert float((w.detach() - before[name]).norm()) == pytest.approx(
                0.03 * float(before[name].norm()), rel=1e-4
            )


@pytest.mark.parametrize("decay", [0.0, DECAY])
def test_lamb_equals_pytorch_optimizers(decay):
    theirs = pytest.importorskip("pytorch_optimizer")
    # That one has no bias correction. Ours has none either once t is large; both begin there.
    ours, reference = parameters(), parameters()
    optimiser = Lamb(list(ours.values()), lr=0.03, eps=1e-6, weight_decay=decay)
    for w in ours.values():
        optimiser.state[w].update(step=10**6, first=torch.zeros_like(w), second=torch.zeros_like(w))
    other = theirs.Lamb(
        list(reference.values()),
        lr=0.03,
        eps=1e-6,
        weight_decay=decay,
        weight_decouple=False,
        adam_debias=True,
    )
    descend(optimiser, ours, 6)
    descend(other, reference, 6)
    for name, w in ours.items():
        torch.testing.assert_close(w, reference[name], rtol=1e-5, atol=1e-6)


def test_without_decay_bias_correction_changes_lambs_first_steps_in_no_way_but_through_eps():
    # A factor on the update cancels in u / |u|, so pytorch-optimizer's is the same from the first
    # step on.
    theirs = pytest.importorskip("pytorch_optimizer")
    ours, reference = parameters(), parameters()
    descend(Lamb(list(ours.values()), lr=0.03, eps=1e-12), ours, 6)
    other = theirs.Lamb(
        list(reference.values()), lr=0.03, eps=1e-12, weight_decouple=False, adam_debias=True
    )
    descend(other, reference, 6)
    for name, w in ours.items():
        torch.testing.assert_close(w, reference[name], rtol=1e-5, atol=1e-6)


def test_lion_by_hand_and_as_pytorch_optimizers():
    weight = torch.nn.Parameter(torch.tensor([[2.0, -3.0]]))
    optimiser = Lion([weight], lr=RATE, weight_decay=DECAY)
    weight.grad = torch.tensor([[5.0, -0.01]])
    optimiser.step()
    torch.testing.assert_close(weight.detach(), torch.tensor([[2 * 0.98 - 0.1, -3 * 0.98 + 0.1]]))
    # m = 0.01 g = (0.05, -0.0001); 0.9 m + 0.1 g with g = (-0.4, 0.0008) is (0.005, -0.00001): m's
    # sign wins.
    weight.grad = torch.tensor([[-0.4, 0.0008]])
    before = weight.detach().clone()
    optimiser.step()
    torch.testing.assert_close(weight.detach(), 0.98 * before - torch.tensor([[0.1, -0.1]]))

    theirs = pytest.importorskip("pytorch_optimizer")
    ours, reference = parameters(), parameters()
    descend(Lion(list(ours.values()), lr=0.03, weight_decay=DECAY), ours, 8)
    descend(theirs.Lion(list(reference.values()), lr=0.03, weight_decay=DECAY), reference, 8)
    for name, w in ours.items():
        torch.testing.assert_close(w, reference[name])


def test_sgd_has_momentum():
    # Under a constant gradient g the velocity of step t is g (1 - 0.9^t) / 0.1.
    weight = torch.nn.Parameter(torch.ones(2))
    optimiser = build(settings("sgd", rate=0.01), Masters([("w", weight)]), {})
    for _ in range(5):
        weight.grad = torch.full((2,), 2.0)
        optimiser.step()
    gone = 0.01 * 2 * sum((1 - 0.9**t) / 0.1 for t in range(1, 6))
    torch.testing.assert_close(weight.detach(), torch.full((2,), 1 - gone))
