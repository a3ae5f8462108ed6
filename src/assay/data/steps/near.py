"""Drop near copies: rows that differ from an earlier one by a few letters or words, naming the row
that is kept.

How         bands of MinHash digests and shared segments propose pairs; each is then measured
            exactly (data/dedup/). By embedding, all pairs are compared: it also finds the same
            question in other words, and costs rows squared
Which stay  the first row of a group of copies, or the longest; a row is compared with kept rows
            only, so no chain of small steps can drop a row that is unlike every kept one, and a
            second pass drops nothing
Watch out   texts made from one template with other numbers are near copies too
Defaults    threshold 0.8 by text: see text_similarity.py for what it finds and what it lets
            through. 0.92 by embedding: of 3,000 rows of banking77, 99.1 % of the 814 pairs above it
            have one label, 98.4 % of 1,281 above 0.9, 95.8 % of 3,408 above 0.85
            (all-MiniLM-L6-v2)
"""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from assay.core.errors import DataError, Problem
from assay.core.types import Changed, Dropped, Example, Means, SetStep
from assay.data.dedup.near_duplicates import stand_ins
from assay.data.dedup.search import THRESHOLD, NearDuplicateSearch
from assay.data.dedup.semantic import stand_ins_by_meaning
from assay.data.text_similarity import key_of, same_target

THRESHOLDS = {"text": THRESHOLD, "embedding": 0.92}


class Near(SetStep):
    kind: Literal["near"] = "near"
    needs: ClassVar[tuple[str, ...]] = ("embed",)
    VERSION = 2
    # What is compared: letters, or sentence vectors.
    by: Literal["text", "embedding"] = "text"
    # Similarity from which a row is a near copy: see text_similarity.py; by embedding, the cosine.
    # None: 0.8, 0.92 by embedding.
    threshold: float | None = Field(default=None, ge=0.5, le=1)
    # A near copy with another label: `drop` it and say so; `keep` both; `derive` keeps both where
    # targets are free text, because another answer means another question, and drops where targets
    # are labels that repeat.
    conflicts: Literal["derive", "drop", "keep"] = "derive"
    # Which row of a group of copies stays: the first in the file, or the longest (of two alike, the
    # first).
    keep: Literal["first", "longest"] = "first"

    def wants(self) -> tuple[str, ...]:
        return self.needs if self.by == "embedding" else ()

    def apply(
        self, examples: Sequence[Example], means: Means
    ) -> Iterator[Example | Changed | Dropped]:
        apart = self.conflicts == "keep" or (
            self.conflicts == "derive" and not targets_repeat(examples)
        )
        rows = list(examples)
        order = list(range(len(rows)))
        if self.keep == "longest":
            order.sort(key=lambda row: -len(rows[row].text))
        found = self._representatives([rows[row] for row in order], apart, means)
        kept = {row: order[place] for row, place in zip(order, found, strict=True) if place >= 0}
        for row, example in enumerate(rows):
            if row not in kept:
                yield example
            else:
                first = rows[kept[row]]
                same = same_target(first, example)
                yield Dropped(
                    example, "near copy" if same else "near copy, different labels", kept=first.id
                )

    def _representatives(self, rows: Sequence[Example], apart: bool, means: Means) -> list[int]:
        """The place of the row that stands for each one, or -1."""
        keys = [key_of(row) for row in rows]
        # as text.same_target
        targets = [(row.target or "").strip().casefold() if apart else "" for row in rows]
        threshold = THRESHOLDS[self.by] if self.threshold is None else self.threshold
        if self.by == "text":
            return stand_ins(
                NearDuplicateSearch(keys, threshold, means.seed),
                _number_names(targets) if apart else None,
            ).tolist()
        if means.embed is None:
            problem = Problem(
                "D065",
                "rows are to be compared by embedding, but there is no embedder here",
                "prepare",
                help="leave `by: embedding` out, or hand in Means(embed=...)",
            )
            raise DataError(problem)
        scopes = [f"{key.scope}\t{target}" for key, target in zip(keys, targets, strict=True)]
        return stand_ins_by_meaning(
            means.embed([row.text for row in rows]), threshold, _number_names(scopes)
        ).tolist()


def targets_repeat(examples: Sequence[Example]) -> bool:
    """Are the targets labels? They are when the rows have each target twice or more on average."""
    return len({example.target for example in examples}) * 2 <= len(examples)


def _number_names(names: Sequence[str]) -> Any:
    """The same number for the same name."""
    import numpy as np

    number: dict[str, int] = {}
    return np.fromiter(
        (number.setdefault(name, len(number)) for name in names), dtype=np.int64, count=len(names)
    )
