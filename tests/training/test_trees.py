"""A token tree gives the losses and gradients of the separate sequences, for models of every
family."""

import copy
import random

import pytest
import torch
import transformers as hf

from assay.models.inference import tree_attention
from assay.models.tokenizer.chat_tokens import Encoded
from assay.training.batch import TrainingBatch
from assay.training.objectives.completion import completion
from helpers.tree_families import FAMILIES

CPU = torch.device("cpu")
tree_attention.register()
# Their attention is llama's, with a window as qwen2's, or other factors.
LIKE_LLAMA = ("qwen2", "qwen3", "mistral", "phi3", "olmo2", "smollm3", "granite")
family = pytest.mark.parametrize("config", FAMILIES.values(), ids=FAMILIES)


class WideNorm(torch.nn.Module):
    """A model's RMS norm without its detour over fp32, so that float64 is float64 all the way."""

    def __init__(self, norm, plus):
        super().__init__()
        self.weight, self.plus = norm.weight, plus
        self.eps = norm.eps if hasattr(norm, "eps") else norm.variance_epsilon

    def forward(self, x):
        return (
            x
            * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps)
            * (self.plus + self.weight)
        )


def network(config, kind):
    config = copy.deepcopy(config)
    config._experts_implementation = "eager"  # the grouped product knows no float64
    torch.manual_seed(0)
    made = hf.AutoModelForCausalLM.from_config(config, attn_implementation=kind).double().eval()
    for parameter in made.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.2)
    for parent in list(made.modules()):
        for name, child in list(parent.named_children()):
            if type(child).__name__.endswith("RMSNorm"):
                setattr(parent, name, WideNorm(child, plus="Gemma" in type(child).__name__))
    return made


def sequences():
    """Nine sequences: shared beginnings of two lengths, a copy, one far longer than a block, one of
    several turns."""
    draw = random.Random(1)

    def some(n):
        return [draw.randrange(2, 97) for _ in range(n)]

    trunk, out = some(11), []
    for _ in range(6):
        prompt = trunk[: draw.choice([5, 11, 11])] + some(draw.randrange(1, 9))
        answer = some(draw.randrange(1, 5))
        out.append(Encoded(prompt + answer, ((len(prompt), len(prompt) + len(answer)),)))
    out.append(Encoded(list(out[0].ids), out[0].learnt))
    out.append(Encoded(some(150), ((40, 44), (149, 150))))
    out.append(Encoded(trunk + some(20), ((1, 31),)))
    return out


def apart(made, rows):
    """The summed cross-entropy of each sequence by itself, in plain transformers."""
    total = 0.0
    for row in rows:
        logs = made(torch.tensor([row.ids]), use_cache=False).logits[0].log_softmax(-1)
        total = total - sum(logs[i - 1, row.ids[i]] for i in row.targets)
    return total


def gradients(made, loss):
    made.zero_grad()
    loss.backward()
    return {name: p.grad.clone() for name, p in made.named_parameters() if p.grad is not None}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Converting a tensor with requires_grad:UserWarning")
@pytest.mark.parametrize(
    "config",
    [
        pytest.param(config, id=name, marks=[pytest.mark.nightly] if name in LIKE_LLAMA else [])
        for name, config in FAMILIES.items()
    ],
)
def test_loss_and_gradients_are_those_of_separate_sequences(config):
    # SDPA computes in float64 throughout. Gemma 2's capped scores need the eager function, whose
    # softmax is in fp32 as the router of Qwen 3's experts and Cohere's norms and rotation are:
    # those agree to what fp32 gives.
    capped = isinstance(config, hf.Gemma2Config)
    narrow = capped or isinstance(config, hf.Qwen3MoeConfig | hf.Cohere2Config)
    ours, theirs = (
        network(config, tree_attention.NAME),
        network(config, "eager" if capped else "sdpa"),
    )
    theirs.load_state_dict(ours.state_dict())
    rows = sequences()
    batch = TrainingBatch.of(rows, range(len(rows)), pad=0, device=CPU, tree=True)
    assert batch.cells < batch.separate
    expected = apart(theirs, rows)
    wanted = gradients(theirs, expected)
    tolerance = 1e-6 if narrow else 1e-9
    for loss in (batch.nll(ours), -batch.log_probs(ours).sum()):
        assert float(loss.detach()) == pytest.approx(float(expected.detach()), rel=tolerance)
        found = gradients(ours, loss)
        assert found.keys() == wanted.keys()
        largest = max(float(g.abs().max()) for g in wanted.values())
        off = max(float((found[name] - wanted[name]).abs().max()) for name in wanted)
        assert off / largest < tolerance


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("tree", [False, True])
def test_label_smoothing_is_torchs(smoothing, tree):
    made = network(FAMILIES["llama"], tree_attention.NAME)
    rows = sequences()
    batch = TrainingBatch.of(rows, range(len(rows)), pad=0, device=CPU, tree=tree)
    expected = 0.0
    for row in rows:
        logits = made(torch.tensor([row.ids]), use_cache=False).logits[
            0, [i - 1 for i in row.targets]
        ]
        target = torch.tensor([row.ids[i] for i in row.targets])
        expected += torch.nn.functional.cross_entropy(
            logits, target, reduction="sum", label_smoothing=smoothing
        )
    wanted = gradients(made, expected)
    loss = completion(made, batch, smoothing=smoothing)
    assert loss.count == len(batch.targets)
    assert float(loss.value.detach()) == pytest.approx(float(expected.detach()), rel=1e-9)
    found = gradients(made, loss.value)
    largest = max(float(g.abs().max()) for g in wanted.values())
    assert max(float((found[name] - wanted[name]).abs().max()) for name in wanted) / largest < 1e-9


def test_each_log_probability_can_have_a_gradient_of_its_own():
    made = network(FAMILIES["llama"], tree_attention.NAME)
    rows = sequences()
    batch = TrainingBatch.of(rows, range(len(rows)), pad=0, device=CPU, tree=True)
    weights = torch.randn(
        batch.tokens, generator=torch.Generator().manual_seed(3), dtype=torch.float64
    )
    expected, at = 0.0, 0
    for row in rows:
        logs = made(torch.tensor([row.ids]), use_cache=False).logits[0].log_softmax(-1)
        for i in row.targets:
            expected, at = expected + weights[at] * logs[i - 1, row.ids[i]], at + 1
    wanted = gradients(made, expected)
    found = gradients(made, (batch.log_probs(made) * weights).sum())
    largest = max(float(g.abs().max()) for g in wanted.values())
    assert max(float((found[name] - wanted[name]).abs().max()) for name in wanted) / largest < 1e-9


@pytest.mark.nightly
@pytest.mark.filterwarnings("ignore")  # torch's own compiler warns of what it does itself
def test_compiled_passes_over_the_logits_give_the_same():
    made = network(FAMILIES["llama"], tree_attention.NAME).float()
    rows = sequences()
    batch = TrainingBatch.of(rows, range(len(rows)), pad=0, device=CPU, tree=True)
    plain = batch.nll(made)
    wanted = gradients(made, plain)
    batch.compiled = batch.tree.compiled = True
    fast = batch.nll(made)
    found = gradients(made, fast)
    assert float(fast.detach()) == pytest.approx(float(plain.detach()), rel=1e-6)
    largest = max(float(g.abs().max()) for g in wanted.values())
    assert max(float((found[name] - wanted[name]).abs().max()) for name in wanted) / largest < 1e-5


# --- trees of several segments --------------------------------------------------------------------


def long_sequences():
    """A beginning of 20 tokens, two of 60 below it, three of 120 below each: 860 nodes, learnt from
    at every depth."""
    draw = random.Random(2)

    def some(n):
        return [draw.randrange(2, 97) for _ in range(n)]

    trunk, out = some(20), []
    for _ in range(2):
        branch = trunk + some(60)
        out += [
            Encoded(branch + some(120), ((15, 25), (75, 85), (140, 144), (197, 200)))
            for _ in range(3)
        ]
    return out


@pytest.mark.slow
# all keys, a window, capped scores by hand
@pytest.mark.parametrize("name", ["llama", "mistral", "gemma2"])
def test_a_tree_in_several_segments_gives_loss_and_gradients_of_separate_sequences(name):
    config = copy.deepcopy(FAMILIES[name])
    config.num_hidden_layers, config.layer_types = (
        2,
        getattr(config, "layer_types", None) and config.layer_types[:2],
    )
    capped = name == "gemma2"
    ours, theirs = (
        network(config, tree_attention.NAME),
        network(config, "eager" if capped else "sdpa"),
    )
    theirs.load_state_dict(ours.state_dict())
    rows = long_sequences()
    batch = TrainingBatch.of(rows, range(len(rows)), pad=0, device=CPU, tree=True)
    for window in (None, getattr(config, "sliding_window", None)):
        assert len(batch.tree.segments(window, 0)) >= 4
    expected = apart(theirs, rows)
    wanted = gradients(theirs, expected)
    loss = batch.nll(ours)
    found = gradients(ours, loss)
    tolerance = 1e-6 if capped else 1e-9
    assert float(loss.detach()) == pytest.approx(float(expected.detach()), rel=tolerance)
    largest = max(float(g.abs().max()) for g in wanted.values())
    assert (
        max(float((found[key] - wanted[key]).abs().max()) for key in wanted) / largest < tolerance
    )
