"""A place in report.json: a value that knows where it stands, so that a number on a page can be
traced to the report.

What it is for   sections walk it as they would the dict, `report["bias"]["arms"][name]`, and take
                 numbers and intervals from it, which carry their JSON pointer (RFC 6901)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from assay.presentation.section_spec import Ends, FormattedNumber, Stacked

Key = str | int


def pointer(*keys: Key) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys)


@dataclass(frozen=True, slots=True)
class Place:
    """The report, or a part of it. `why`: what leaves the report without intervals, where
    something does."""

    value: Any
    keys: tuple[Key, ...] = ()
    why: str = ""

    def __getitem__(self, key: Key) -> Place:
        return Place(self.value[key], (*self.keys, key), self.why)

    def __iter__(self) -> Iterator[Place]:
        """The elements of a list, the values of a dict."""
        keys = self.value if isinstance(self.value, dict) else range(len(self.value))
        return (self[key] for key in keys)

    def at(self, *keys: Key) -> Place:
        """A place further in."""
        here = self
        for key in keys:
            here = here[key]
        return here

    def number(self, shape: str, *keys: Key) -> FormattedNumber:
        """The number at `keys` from here. `shape`: a key of `number_format.FORMATS`."""
        place = self.at(*keys)
        return FormattedNumber(place.value, shape, pointer(*place.keys))

    def numbers(self, shape: str, *names: Key) -> tuple[FormattedNumber, ...]:
        """Several numbers that stand beside each other."""
        return tuple(self.number(shape, name) for name in names)

    def ends(self, shape: str, *keys: Key) -> Ends:
        """The interval at `keys` from here: its `low` and `high`."""
        place = self.at(*keys)
        return Ends(place.number(shape, "low"), place.number(shape, "high"), self.why)

    def and_interval(self, shape: str, name: Key = "value") -> tuple[FormattedNumber, Ends]:
        """The number `name` and the interval that stands beside it, for a cell each."""
        return self.number(shape, name), self.ends(shape)

    def with_interval(self, shape: str, name: Key = "value") -> Stacked:
        """The number `name` above the interval that stands beside it, for one cell."""
        return Stacked(*self.and_interval(shape, name))
