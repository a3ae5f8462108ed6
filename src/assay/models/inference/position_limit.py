"""The length from which a model rotates positions by other frequencies, and rows on either side.

What     LongRoPE (Phi 3) has two sets of frequencies, dynamic NTK one set for each length.
         transformers chooses by the longest row of a pass: a shorter row in the same pass, or a
         prefix that was computed before, silently gets the wrong ones.
How      Callers compute rows of one side together, and say how long the shortest is
         (`rows_of`). Of rows beyond a LongRoPE limit every pass has the long frequencies, that
         of a prefix too. A pass across the limit that nobody announced is refused.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import torch

from assay.core.errors import ModelError, Problem

T = TypeVar("T")
_SHORTEST: ContextVar[float] = ContextVar("tokens of the shortest row of a pass", default=0)


def limit_of(network: Any) -> float:
    """The most tokens of a row with the usual frequencies, counted with trained keys and values
    before it; infinity where a model has one set."""
    return min((limit for _, limit in _limits(network.config)), default=math.inf)


def sides(limit: float, lengths: Sequence[int]) -> list[tuple[list[int], float]]:
    """Indices of the rows within the limit, and of those beyond it; and what `rows_of` is given for
    them. No list is empty."""
    return [(rows, beyond) for rows, beyond in sides_with_answers(limit, lengths, 0) if rows]


def sides_with_answers(
    limit: float, lengths: Sequence[int], room: int
) -> list[tuple[list[int], float]]:
    """Rows that stay within the limit with an answer of `room` tokens, rows that lie beyond it, and
    rows that cross it, which are given NaN: their answers cannot be computed together."""
    within = [row for row, length in enumerate(lengths) if length + room <= limit]
    further = [row for row, length in enumerate(lengths) if length > limit]
    across = [row for row, length in enumerate(lengths) if length <= limit < length + room]
    return [(within, 0), (further, math.inf), (across, math.nan)]


@contextmanager
def rows_of(shortest: float) -> Generator[None]:
    """Inside, each row of a pass has at least `shortest` tokens."""
    token = _SHORTEST.set(shortest)
    try:
        yield
    finally:
        _SHORTEST.reset(token)


def steps_of(steps: Iterator[T], shortest: float) -> Iterator[T]:
    """The same steps, each computed as `rows_of` says."""
    while True:
        with rows_of(shortest):
            try:
                found = next(steps)
            except StopIteration:
                return
        yield found


def beyond(network: Any) -> bool:
    """Whether the rows that are being computed lie beyond the limit."""
    return _SHORTEST.get() > limit_of(network)


def furthest(network: Any) -> float:
    """What `rows_of` is given so that rows of any length have the positions of long ones, where a
    model has a second set of them."""
    return math.inf if _has_two_sets(_limits(network.config)) else 0


def _has_two_sets(limits: frozenset[tuple[str, int]]) -> bool:
    return [name for name, _ in limits] == ["longrope"]


def watch(network: Any) -> None:
    """Choose the frequencies of a network by what `rows_of` says, from now on."""
    limits = _limits(network.config)
    if not limits:
        return
    for module in network.modules():
        if hasattr(module, "rope_type") and not hasattr(module, "_assay_limits"):
            module._assay_limits = limits
            module.register_forward_pre_hook(_choose, with_kwargs=True)
            module.register_forward_hook(_strip)


def _limits(config: Any) -> frozenset[tuple[str, int]]:
    """(type of scaling, limit); layers of several types may have one each."""
    text = config.get_text_config()
    rope = getattr(text, "rope_parameters", None) or {}
    found = set[tuple[str, int]]()
    for one in (rope, *rope.values()):
        name = str(one.get("rope_type", "")) if isinstance(one, Mapping) else ""
        if name == "longrope":
            limit = one.get("original_max_position_embeddings", text.max_position_embeddings)
            found.add((name, limit))
        elif "dynamic" in name:
            found.add((name, text.max_position_embeddings))
    return frozenset(found)


def _choose(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A last column that lies beyond the limit makes transformers choose the long frequencies."""
    module._assay_beyond = False
    places = kwargs["position_ids"] if "position_ids" in kwargs else args[1]
    shortest, most = _SHORTEST.get(), int(places.max()) + 1
    limit = min(limit for _, limit in module._assay_limits)
    if shortest <= limit and most <= limit:
        return None
    if shortest <= limit or not _has_two_sets(module._assay_limits):
        text = (
            f"{most} tokens: beyond {limit} this model's positions depend on the longest row of a"
            " pass, so this row cannot be computed beside others"
        )
        help_ = f"keep prompt and answer within {limit} tokens"
        raise ModelError(Problem("M160", text, help=help_))
    module._assay_beyond = True
    last = places.new_full((*places.shape[:-1], 1), limit)
    wide = torch.cat([places, last], -1)
    if "position_ids" in kwargs:
        return args, {**kwargs, "position_ids": wide}
    return (args[0], wide, *args[2:]), kwargs


def _strip(module: Any, args: tuple[Any, ...], out: Any) -> Any:
    if not module._assay_beyond:
        return None
    if isinstance(out, torch.Tensor):
        return out[..., :-1, :]
    return tuple(part[..., :-1, :] for part in out)
