"""Remove lines that stand in many rows: signatures, disclaimers, headers of a mailing list.

Rule        a line of `min_chars` and more that stands in `min_rows` rows, or in `min_share` of them
            if that is more, goes from each of them; digits count as equal, so dates and phone
            numbers do not hide it. A row that has nothing else left is dropped
Not asked   rows of one line: the same question twice is a matter for `dedupe`. A line that is most
            of the rows' text elsewhere (a form's field) is short and stays
Source      as in the boilerplate filters of web corpora, e.g. Pomikálek (2011), Removing
            Boilerplate and Duplicate Content from Web Corpora, is.muni.cz/th/45523/fi_d
Watch out   it changes texts of training rows only; a question that carries the same footer is asked
            with it. Footers that all rows carry are better cut before they come here
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from typing import ClassVar, Literal, NamedTuple

from pydantic import Field

from assay.core.types import Changed, Dropped, Example, Means, SetStep
from assay.data.outliers import settle

_DIGITS = re.compile(r"\d+")
_NOT_WORD = re.compile(r"[\W_]+")


class Boilerplate(SetStep):
    kind: Literal["boilerplate"] = "boilerplate"
    VERSION: ClassVar[int] = 2
    min_rows: int = Field(default=5, ge=2)
    min_share: float = Field(default=0.01, ge=0, le=1)
    # Letters and digits of a line. `Thanks, Ann` has nine; a sentence of a disclaimer has more than
    # thirty.
    min_chars: int = Field(default=30, ge=1)

    def apply(
        self, examples: Sequence[Example], means: Means
    ) -> Iterator[Example | Changed | Dropped]:
        rows = [
            [_Line(line, _key(line)) for line in example.messages[-1].content.split("\n")]
            for example in examples
        ]
        common: set[str] = set()

        def find(left: Sequence[int]) -> dict[int, str]:
            # Rows that go, or of which one line is left, make the share of each line among the
            # others larger, so count again.
            while found := self._common([_remainder(rows[at], common) for at in left]):
                common.update(found)
            return {at: "nothing but boilerplate" for at in left if _only(rows[at], common)}

        gone = settle(len(rows), find)
        for at, example in enumerate(examples):
            if at in gone:
                yield Dropped(example, gone[at])
                continue
            kept = _remainder(rows[at], common)
            if len(kept) == len(rows[at]):
                yield example
            else:
                text = re.sub(r"\n{3,}", "\n\n", "\n".join(line.text for line in kept))
                yield Changed(example.with_text(text), "boilerplate removed")

    def _common(self, rows: Sequence[Sequence["_Line"]]) -> set[str]:
        many = [{line.key for line in row} for row in rows if len(row) > 1]
        counts = Counter(key for row in many for key in row if len(key) >= self.min_chars)
        least = max(self.min_rows, self.min_share * len(many))
        return {key for key, n in counts.items() if n >= least}


class _Line(NamedTuple):
    text: str
    key: str


def _remainder(row: Sequence[_Line], common: Set[str]) -> Sequence[_Line]:
    """A row of several lines without those that are common, and without empty lines around the
    rest."""
    kept = [line for line in row if line.key not in common]
    if len(row) == 1 or len(kept) == len(row):
        return row
    there = [at for at, line in enumerate(kept) if line.text]
    return kept[there[0] : there[-1] + 1] if there else []


def _only(row: Sequence[_Line], common: Set[str]) -> bool:
    return (
        len(row) > 1
        and any(line.key in common for line in row)
        and not any(line.key and line.key not in common for line in row)
    )


def _key(line: str) -> str:
    """Letters in lower case, each number a 0, nothing else: what is left of a line when it is
    compared."""
    return _NOT_WORD.sub("", _DIGITS.sub("0", line.lower()))
