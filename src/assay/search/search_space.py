"""What is searched: settings with several values, and where they stand in a strategy.

Dimension      one setting: from `low` to `high`, or one of several options
with_values    a strategy with a trial's values in their places

A value's place is dotted, as `assay run --set` writes it: `learning_rate`, `inner.rank`,
`inners.0.c`. A dimension inside an option of another one is there where that option was chosen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Self, TypeVar

from pydantic import Field, PlainSerializer, model_validator

from assay.core.settings import Settings

Model = TypeVar("Model", bound=Settings)
Values = Mapping[str, Any]  # place -> value, plain JSON


def as_json(value: Any) -> Any:
    """A value as the project file has it: a strategy or part as its mapping."""
    if isinstance(value, Settings) and "kind" in type(value).model_fields:
        return {"kind": dict(value)["kind"], **value.non_defaults()}
    return value


Option = Annotated[Any, PlainSerializer(as_json)]


class Dimension(Settings):
    """`low` to `high`, both included, or `options`. Of whole numbers where `low` and `high` are
    such.

    Attributes:
        log: values are drawn by their logarithm: as many between 1e-5 and 1e-4 as between 1e-4 and
            1e-3.
        step: the distance between two values; else any.
        when: (place, number) of the option that this dimension belongs to; always there when None.
    """

    place: str
    low: int | float | None = None
    high: int | float | None = None
    log: bool = False
    step: int | float | None = Field(default=None, gt=0)
    options: tuple[Option, ...] = ()
    when: tuple[str, int] | None = None

    @model_validator(mode="after")
    def _is_a_range_or_a_list(self) -> Self:
        if self.options:
            if self.low is not None or self.high is not None or self.log or self.step is not None:
                raise ValueError("options have no low, high, log or step")
            return self
        if self.low is None or self.high is None:
            raise ValueError("needs low and high, or options")
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            raise ValueError("low and high are finite numbers")
        if self.low >= self.high:
            raise ValueError(f"low ({self.low}) is not below high ({self.high})")
        if self.log and self.low <= 0:
            raise ValueError(f"a logarithmic range begins above 0, got {self.low}")
        if self.log and self.step is not None:
            raise ValueError("step and log exclude each other")
        if self.step is not None and self.step > self.high - self.low:
            raise ValueError(f"step ({self.step}) is wider than the range")
        return self

    @property
    def is_whole(self) -> bool:
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def first(self) -> Any:
        """The value that stands for the range where one is needed: the first option, or what lies
        in the middle."""
        return (
            self.options[0] if self.options else self.spread(3)[1 if self.low != self.high else 0]
        )

    def admits(self, value: Any) -> bool:
        """Whether a trial could have this value."""
        if self.options:
            return value in self.options
        if self.low is None or self.high is None or isinstance(value, bool):
            return False
        if not isinstance(value, int if self.is_whole else int | float):
            return False
        on_step = self.step is None or value in (self.values() or ())
        return self.low <= value <= self.high and on_step

    def values(self) -> list[Any] | None:
        """All values, where they can be counted: what a grid goes through."""
        if self.options:
            return list(self.options)
        if self.low is None or self.high is None:
            return None
        if self.step is not None:
            count = math.floor((self.high - self.low) / self.step + 1e-9) + 1
            return [self.low + n * self.step for n in range(count)]
        return list(range(int(self.low), int(self.high) + 1)) if self.is_whole else None

    def spread(self, count: int) -> list[Any]:
        """At most `count` values from one end to the other: a grid of a range."""
        if (known := self.values()) is not None and (self.options or len(known) <= count):
            return known
        if self.low is None or self.high is None or count < 2:
            return [self.first]
        low, high = (math.log(end) if self.log else end for end in (self.low, self.high))
        points = [low + (high - low) * n / (count - 1) for n in range(count)]
        spread = [short(math.exp(point) if self.log else point) for point in points]
        spread[0], spread[-1] = self.low, self.high  # not e to the power of a logarithm
        if known is not None:
            spread = [min(known, key=lambda value, at=point: abs(value - at)) for point in spread]
        return list(dict.fromkeys(spread))


def value_at(model: Any, place: str) -> Any:
    """What stands at a dotted place of the settings."""
    for part in place.split("."):
        model = model[int(part)] if isinstance(model, tuple | list) else dict(model)[part]
    return model


def short(value: float) -> float:
    """With six digits, which people can read and compare."""
    return float(f"{value:.6g}")


def is_there(dimension: Dimension, chosen: Mapping[str, int]) -> bool:
    """Whether the dimension belongs to what was chosen.

    Args:
        chosen: place -> the number of its option.
    """
    return dimension.when is None or chosen.get(dimension.when[0]) == dimension.when[1]


def grid_size(dimensions: Sequence[Dimension], points: int) -> int:
    """How many trials a grid has, each range at most `points` values."""
    return sum(1 for _ in grid(dimensions, points))


def grid(dimensions: Sequence[Dimension], points: int) -> Iterable[dict[str, Any]]:
    """All combinations, the last dimension changing fastest: place -> value."""

    def go(index: int, values: dict[str, Any], chosen: dict[str, int]) -> Iterable[dict[str, Any]]:
        if index == len(dimensions):
            yield dict(values)
            return
        one = dimensions[index]
        if not is_there(one, chosen):
            yield from go(index + 1, values, chosen)
            return
        for number, value in enumerate(one.spread(points)):
            own = {**chosen, one.place: number} if one.options else chosen
            yield from go(index + 1, {**values, one.place: value}, own)

    return go(0, {}, {})


def with_values(model: Model, values: Values, context: dict[str, Any] | None = None) -> Model:
    """The settings with `values` in their places; what stands inside is made anew with them.

    Args:
        context: what makes a nested strategy or part from its mapping, as `config.fill` gives it.

    Raises:
        pydantic.ValidationError: values that do not go together.
    """
    for place, value in values.items():
        model = _put(model, place.split("."), value, context)
    return model


def _put(model: Any, place: list[str], value: Any, context: dict[str, Any] | None) -> Any:
    if not place:
        return value
    head, rest = place[0], place[1:]
    if isinstance(model, Settings):
        inside = dict(model)
        inside[head] = _put(inside.get(head), rest, value, context)
        return type(model).model_validate(inside, context=context)
    if isinstance(model, tuple | list):
        items = list(model)
        items[int(head)] = _put(items[int(head)], rest, value, context)
        return type(model)(items)
    return {**(model or {}), head: _put((model or {}).get(head), rest, value, context)}
