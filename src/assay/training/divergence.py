"""Where a loss stopped being a number: the first layer, found by running the batch once more with a
watch on each.

How   Hooks on every module look at what it gives, and at the gradient that comes back to that. A
      module inside another is done before it, so the first one that is not finite is the innermost.
      Nothing is watched while all goes well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from assay.core.errors import Problem, TrainError

NAMED = 5  # rows that a message names


def refuse_broken(named: Iterable[tuple[str, torch.Tensor]]) -> None:
    """Weights must be numbers before the first step.

    Raises:
        TrainError: T011, and which of them are not.
    """
    broken = not_finite(named)
    if broken:
        more = f" and {len(broken) - 1} more" if len(broken) > 1 else ""
        text = f"the model holds values that are not finite before any step: {broken[0]}{more}"
        raise TrainError(
            Problem(
                "T011",
                text,
                help="fetch or convert the model anew; no setting of training mends it",
            )
        )


def not_finite(named: Iterable[tuple[str, torch.Tensor]]) -> list[str]:
    """Names of the tensors that hold NaN or infinity."""
    return [name for name, tensor in named if not torch.isfinite(tensor.detach()).all()]


def first_broken(network: Any, work: Callable[[], object]) -> str:
    """What is not finite first when `work` runs the network, forward and if it likes backward; ""
    when all is."""
    found: list[str] = []
    with _record_non_finite(network, found):
        work()
    return found[0] if found else ""


@contextmanager
def _record_non_finite(network: Any, found: list[str]) -> Generator[None]:
    """Names of what is not finite go into `found`, in the order in which they are computed."""

    def look(name: str, module: torch.nn.Module, output: Any) -> None:
        for tensor in _tensors(output):
            if not torch.isfinite(tensor.detach()).all():
                own = not_finite(module.named_parameters(recurse=False))
                found.append(
                    f"the output of {name}" + (f", whose {own[0]} is not finite" if own else "")
                )
            elif tensor.requires_grad:
                tensor.register_hook(lambda grad: note(name, grad))

    def note(name: str, grad: torch.Tensor) -> None:
        if not torch.isfinite(grad).all():
            found.append(f"the gradient at the output of {name}")

    hooks = [
        module.register_forward_hook(
            lambda module, inputs, output, name=name: look(name, module, output)
        )
        for name, module in network.named_modules()
        if name
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _tensors(output: Any) -> list[torch.Tensor]:
    if isinstance(output, torch.Tensor):
        return [output] if output.is_floating_point() else []
    if isinstance(output, dict):
        return [tensor for value in output.values() for tensor in _tensors(value)]
    if isinstance(output, tuple | list):
        return [tensor for value in output for tensor in _tensors(value)]
    return []


def divergence_error(what: str, where: str, sources: Sequence[str], rate: float) -> TrainError:
    """T001 with all that is known.

    Args:
        what: the step and its numbers. where: the first layer, or "". sources: of the rows; may be
            empty.
        rate: the learning rate of the settings.
    """
    parts = [what]
    if where:
        parts.append(f"not finite first: {where}")
    if sources:
        named = ", ".join(sources[:NAMED]) + (
            f" and {len(sources) - NAMED} more" if len(sources) > NAMED else ""
        )
        parts.append(f"the rows: {named}")
    way = f"lower learning_rate (now {rate:g})" + (" or look at these rows" if sources else "")
    return TrainError(Problem("T001", "; ".join(parts), help=way))


def divergence_text(step: int, loss: float, norm: float) -> str:
    """What a step's numbers were; "" where both are."""
    if math.isfinite(loss) and math.isfinite(norm):
        return ""
    return f"step {step + 1}: the loss is {loss:g} and the gradient's norm {norm:g}"
