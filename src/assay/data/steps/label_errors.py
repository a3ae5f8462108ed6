"""Find rows whose label is likely wrong, and mark or drop them.

Source      confident learning (Northcutt, Jiang and Chuang 2021, arxiv.org/abs/1911.00068), as in
            annotation/confident_learning.py
Good when   labels were given by many hands, or by a rule
Watch out   `drop` also drops hard rows with right labels, and a model trained without them is worse
            on such rows; look at the list first: `assay annotate PROJECT --errors`. Rows of
            official val and test files are never dropped
Default     `warn`: the ledger has a line for each such row, and the row goes on with the slice
            `likely_error`
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar, Literal

from pydantic import Field

from assay.core.types import Changed, Dropped, Example, Means, SetStep
from assay.data.annotation.confident_learning import Doubt, doubts

SLICE = "likely_error"


class LabelErrors(SetStep):
    kind: Literal["label_errors"] = "label_errors"
    VERSION: ClassVar[int] = 1
    action: Literal["warn", "drop"] = "warn"
    # Folds of the cross-validation: a row is judged by a model that learnt from the others.
    folds: int = Field(default=5, ge=2, le=20)
    # Rows that a label must have before one of its rows is judged.
    fewest: int = Field(default=3, ge=2)

    def apply(
        self, examples: Sequence[Example], means: Means
    ) -> Iterator[Example | Changed | Dropped]:
        rows = Counter(example.target for example in examples)
        judged = [
            example
            for example in examples
            if example.target and rows[example.target] >= self.fewest
        ]
        found = {
            d.id: d for d in doubts(judged, folds=self.folds, seed=means.seed) if d.likely_error
        }
        for example in examples:
            doubt = found.get(example.id)
            if doubt is None:
                yield example
            elif self.action == "drop":
                yield Dropped(example, _reason(doubt))
            else:
                marked = _mark_row(example)
                yield example if marked == example else Changed(marked, _reason(doubt))


def _reason(doubt: Doubt) -> str:
    return f"likely label error: {doubt.label}, rather {doubt.other}"


def _mark_row(example: Example) -> Example:
    return replace(example, slices=tuple(sorted({*example.slices, (SLICE, "yes")})))
