"""Drop rows without text, too short or too long to learn from.

Defaults    at least 1 character: one word can be a fair question; at most 8,000 characters: about
            2,000 tokens of English, the context that small models are trained with
"""

from typing import Literal

from pydantic import Field

from assay.core.types import Changed, Dropped, Example, Means, RowStep


class Length(RowStep):
    kind: Literal["length"] = "length"
    min_chars: int = Field(default=1, ge=1)
    max_chars: int = Field(default=8000, ge=1)

    def one(self, example: Example, means: Means) -> Example | Changed | Dropped:
        length = len(example.text.strip())
        if length == 0:
            return Dropped(example, "empty")
        if length < self.min_chars:
            return Dropped(example, "too short")
        if length > self.max_chars:
            return Dropped(example, "too long")
        return example
