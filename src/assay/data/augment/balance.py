"""Give each label as many training rows: copy rows of rare labels with slips of the hand, set rows
of others aside.

Source      Japkowicz and Stephen (2002), The class imbalance problem, doi.org/10.3233/IDA-2002-6504
            (both ways)
Good when   the metric is `macro_f1`, and some labels have a tenth of the rows of others
Watch out   copies add no new wording: a label with three rows stays a label with three rows. Shares
            of the labels are knowledge too, and `accuracy` may fall when they are levelled
Defaults    up to the most frequent label; slips in one word of ten, so that no copy is equal to its
            row
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar, Literal

from pydantic import Field

from assay.core.types import Augmentation, Dropped, Example, Made, Means
from assay.data.augment.selection import choose_rows, draw_for
from assay.data.augment.typos import SLIPS, add_typos

TRIES = 5  # draws for a copy that is not there yet


class Balance(Augmentation):
    kind: Literal["balance"] = "balance"
    tasks: ClassVar[tuple[str, ...]] = ("classify",)
    # Rows that a label shall have: as many as the most frequent one has, or this many.
    to: Literal["most"] | int = "most"
    # Also set aside what a label has over `to`.
    cap: bool = False
    # Share of the words of a copy that get a slip.
    rate: float = Field(default=0.1, gt=0, le=1)
    # Copies of one row at most: a label with two rows is not worth a hundred copies of them.
    most_copies: int = Field(default=10, ge=1)

    def make(self, examples: Sequence[Example], means: Means) -> Iterator[Made | Dropped]:
        by_label: dict[str, list[Example]] = {}
        for example in examples:
            by_label.setdefault(example.target or "", []).append(example)
        wanted = max(map(len, by_label.values()), default=0) if self.to == "most" else self.to
        for label in sorted(by_label):
            rows = by_label[label]
            if len(rows) < wanted:
                yield from self._copies(rows, wanted - len(rows), means)
            elif self.cap and len(rows) > wanted:
                stay = {
                    example.id
                    for example in choose_rows(rows, wanted / len(rows), self.kind, means.seed)
                }
                for example in rows:
                    if example.id not in stay:
                        yield Dropped(example, f"more than {wanted} rows of its label")

    def _copies(self, rows: Sequence[Example], missing: int, means: Means) -> Iterator[Made]:
        seen = {example.messages[-1].content for example in rows}
        for number in range(min(missing, self.most_copies * len(rows))):
            example, copy = rows[number % len(rows)], number // len(rows) + 1
            draw = draw_for(example, self.kind, means.seed, copy)
            for _ in range(TRIES):
                text = add_typos(example.messages[-1].content, self.rate, SLIPS, draw, frozenset())
                if text.strip() and text not in seen:
                    seen.add(text)
                    made = replace(example.with_text(text), id=f"{example.id}~{self.kind}{copy}")
                    yield Made(made, (example.id,), "copy of a row of a rare label")
                    break
