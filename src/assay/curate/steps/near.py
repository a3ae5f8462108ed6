"""Drop near copies: rows that differ from an earlier one by a few letters or words, naming the row that is kept.

How         bands of MinHash digests and shared segments propose pairs; each is then measured exactly (curate/copies/)
Which stay  the first row of a group of copies, or the longest; a row is compared with kept rows only, so no chain of
            small steps can drop a row that is unlike every kept one, and a second pass drops nothing
Watch out   texts made from one template with other numbers are near copies too
Defaults    threshold 0.8: see text.py for what it finds and what it lets through
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from pydantic import Field

from assay.curate.copies.groups import stand_ins
from assay.curate.copies.search import THRESHOLD, Search
from assay.curate.text import key_of, same_target
from assay.nouns import Changed, Dropped, Example, Means, SetStep


class Near(SetStep):
    kind: Literal["near"] = "near"
    VERSION = 2
    # Similarity from which a row is a near copy (see text.py).
    threshold: float = Field(default=THRESHOLD, ge=0.5, le=1)
    # A near copy with another label: `drop` it and say so; `keep` both; `derive` keeps both where targets are free
    # text, because another answer means another question, and drops where targets are labels that repeat.
    conflicts: Literal["derive", "drop", "keep"] = "derive"
    # Which row of a group of copies stays: the first in the file, or the longest (of two alike, the first).
    keep: Literal["first", "longest"] = "first"

    def apply(self, examples: Sequence[Example], means: Means) -> Iterator[Example | Changed | Dropped]:
        apart = self.conflicts == "keep" or (self.conflicts == "derive" and not targets_repeat(examples))
        rows = list(examples)
        order = list(range(len(rows)))
        if self.keep == "longest":
            order.sort(key=lambda row: -len(rows[row].text))
        search = Search([key_of(rows[row]) for row in order], self.threshold, means.seed)
        found = stand_ins(search, _classes([rows[row] for row in order]) if apart else None).tolist()
        kept = {row: order[place] for row, place in zip(order, found, strict=True) if place >= 0}
        for row, example in enumerate(rows):
            if row not in kept:
                yield example
            else:
                first = rows[kept[row]]
                same = same_target(first, example)
                yield Dropped(example, "near copy" if same else "near copy, different labels", kept=first.id)


def targets_repeat(examples: Sequence[Example]) -> bool:
    """Are the targets labels? They are when the rows have each target twice or more on average."""
    return len({example.target for example in examples}) * 2 <= len(examples)


def _classes(examples: Sequence[Example]) -> Any:
    """The same number for rows with the same target (text.same_target)."""
    import numpy as np

    number: dict[str, int] = {}
    folded = ((example.target or "").strip().casefold() for example in examples)
    return np.fromiter((number.setdefault(text, len(number)) for text in folded), dtype=np.int64, count=len(examples))
