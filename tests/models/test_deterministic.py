"""Nothing here asks a GPU for an operation that torch refuses in its deterministic mode, by torch's
own list."""

import re
from typing import Any

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from assay.core.types import Decoding, Message
from assay.models.inference.sampler import sample_tokens
from assay.strategies.training.lora import Lora

PROMPTS = [
    (Message("system", "Classify the message."), Message("user", text))
    for text in ("my card", "a", "taxi then")
]
# What torch lists by its module: as its function is called. A loss of rows is not meant, that of
# images is.
CALLED = {"nll_loss": "nll_loss2d"}


def refused() -> set[str]:
    """The operations that raise, from the documentation of `torch.use_deterministic_algorithms`."""
    text = (
        (torch.use_deterministic_algorithms.__doc__ or "")
        .split("when ``mode=True``:")[2]
        .split("In addition")[0]
    )
    names = re.findall(r"\* :(?:func|class):`torch\.(?:\w+\.)*(\w+)`", text)
    snake = {
        re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower().rstrip("_")
        for name in names
    }
    return {CALLED.get(name, name) for name in snake}


REFUSED = refused()
# Of these only a part is: sums of integers, counts without weights and middles without their places
# are not.
PARTS = {
    "cumsum": lambda tensors, args, kwargs: (
        tensors[0].is_floating_point() and kwargs.get("dtype") != torch.long
    ),
    "bincount": lambda tensors, args, kwargs: len(tensors) > 1,
    "median": lambda tensors, args, kwargs: len(args) > 1 or "dim" in kwargs,
    "scatter_reduce": lambda tensors, args, kwargs: "prod" in (*args, *kwargs.values()),
    "resize": lambda tensors, args, kwargs: tensors[0].is_quantized,
}


class Raised(Exception):
    """What torch would raise on a GPU."""


def judge(name: str, args: Any, kwargs: Any) -> None:
    name = name.rstrip("_")
    tensors = [one for one in tree_leaves((args, kwargs)) if isinstance(one, torch.Tensor)]
    stem = name.removesuffix("_forward").removesuffix("_backward")
    if stem in REFUSED and PARTS.get(stem, lambda *given: True)(tensors, args, kwargs):
        raise Raised(name)


class Host(torch.Tensor):
    """A tensor that has come to the processor, and what is made of it there."""


class OnGpu(TorchFunctionMode):
    """Takes every tensor for one on a GPU, until it is fetched from there."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        tensors = [one for one in tree_leaves((args, kwargs)) if isinstance(one, torch.Tensor)]
        if not tensors or not all(isinstance(one, Host) for one in tensors):
            judge(func.__name__, args, kwargs)
        found = func(*args, **kwargs)
        return found.as_subclass(Host) if func.__name__ == "cpu" else found


class Below(TorchDispatchMode):
    """The same for all that is computed, backward passes too; nothing is ever fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.seen += 1
        judge(func.overloadpacket.__name__, args, kwargs or {})
        return func(*args, **(kwargs or {}))


def test_the_list_is_read_and_held():
    assert {
        "cumsum",
        "put",
        "histc",
        "bincount",
        "median",
        "nll_loss2d",
        "avg_pool3d",
        "ctc_loss",
    } <= REFUSED
    assert "index_put" not in REFUSED  # has a deterministic way
    with pytest.raises(Raised), OnGpu():
        torch.rand(3).cumsum(0)
    with pytest.raises(Raised), Below():
        torch.rand(3).cumsum(0)
    with OnGpu():
        assert torch.ones(3).cpu().cumsum(0).tolist() == [1, 2, 3]
        assert torch.arange(3).cumsum(0).tolist() == [0, 1, 3]


@pytest.mark.parametrize("top_p", [1.0, 0.6])
@pytest.mark.parametrize("size", [5, 700])
def test_a_token_is_drawn_without_what_is_refused(top_p, size):
    logits = torch.randn(size, generator=torch.Generator().manual_seed(1))
    at = torch.arange(10).double() / 10
    plain = sample_tokens(logits.expand(10, -1), 0.8, top_p, at).tolist()
    with OnGpu():
        assert sample_tokens(logits.expand(10, -1), 0.8, top_p, at).tolist() == plain


def test_writing_scoring_and_reading_ask_for_nothing_that_is_refused(open_tiny):
    from assay.models.inference.log_likelihood import text_log_probs

    model, how = open_tiny(), Decoding(temperature=0.9, top_p=0.9)
    written = model.generate(PROMPTS, max_tokens=5, how=how)
    with OnGpu():
        assert model.generate(PROMPTS, max_tokens=5, how=how) == written
        assert model.score(PROMPTS, ["card", "refund", "card lost"]).shape == (3, 3)
        assert len(text_log_probs(model, ["my card is lost"])[0])


@pytest.mark.slow
def test_training_asks_for_nothing_that_is_refused(lesson):
    with Below() as below:
        Lora(epochs=1, rank=2, learning_rate=1e-3).fit(lesson("classify"))
    assert below.seen > 1000
