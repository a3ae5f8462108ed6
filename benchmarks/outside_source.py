"""What a set of outside.py is: its rows, its split, its metric."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
MOST, TEST, SEED = 1500, 600, 0


@dataclass(frozen=True)
class Source:
    """A set as it comes. `rows`: all of them, or those to learn from where `test` holds the
    official others."""

    kind: str
    metric: str
    rows: Sequence[Row]
    test: Sequence[Row] = ()
    group: str = ""  # the field that keeps rows together
    columns: dict[str, str] = field(default_factory=dict)
    # name -> text, of sets that are answered with documents
    documents: dict[str, str] = field(default_factory=dict)
    val: Sequence[Row] = ()
    most: int = MOST
    asked: int = TEST


def drawn(rows: Sequence[Row], most: int) -> list[Row]:
    """At most so many rows, in an order drawn with the seed."""
    return random.Random(SEED).sample([*rows], min(most, len(rows)))
