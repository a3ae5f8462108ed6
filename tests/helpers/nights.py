"""Which of a test's parameters are tried every day; the others are tried at night."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import pytest


def nightly_but(daily: Collection[Any], values: Iterable[Any]) -> list[Any]:
    """The values as parameters, marked `nightly` where they are not among the `daily` ones."""
    return [
        pytest.param(*_many(one), marks=() if one in daily else pytest.mark.nightly)
        for one in values
    ]


def _many(value: Any) -> Sequence[Any]:
    return value if isinstance(value, tuple) else (value,)
