"""Drop rows that are mostly symbols: drawings, tables of dashes, cut-out code.

Rule        characters that are no letters, digits or emoji make more than `max_share` of the row,
            spaces apart
Good when   rows are prose or tickets. Rows of fewer than `min_chars` stay: `:-)` is an answer
Measured    see docs/steps.md: between 0 and 1 of 1,000 rows of eight clean sets
"""

from typing import Literal

from pydantic import Field

from assay.core.types import Changed, Dropped, Example, Means, RowStep
from assay.data.text_statistics import symbols


class Symbols(RowStep):
    kind: Literal["symbols"] = "symbols"
    max_share: float = Field(default=0.6, ge=0, le=1)  # real rows reach 0.4, drawings begin at 0.7
    min_chars: int = Field(default=10, ge=1)  # spaces apart

    def one(self, example: Example, means: Means) -> Example | Changed | Dropped:
        text = example.text
        if len("".join(text.split())) >= self.min_chars and symbols(text) > self.max_share:
            return Dropped(example, "too many symbols")
        return example
