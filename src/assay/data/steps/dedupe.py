"""Drop rows whose text stands in another row, naming the row that is kept.

Same text   equal after NFKC, lower case, and every run of non-word characters made one space
            (text_similarity.py)
Which stays the first of them, or the longest as it was written: the one with its punctuation
Labels      a text that stands with two labels teaches neither, and nobody can tell which is right:
            all its rows go
Answers     a question that stands with two written answers has two: its rows become one that
            accepts both (accepted_answers.py)
"""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from assay.core.types import Changed, Dropped, Example, Means, SetStep
from assay.data.accepted_answers import (
    FURTHER,
    JOINED,
    Asked,
    answer_key,
    answers_of,
    has_preferences,
    may_join,
    merge_answers,
    question_key,
)
from assay.data.text_similarity import same_target


class Dedupe(SetStep):
    kind: Literal["dedupe"] = "dedupe"
    VERSION: ClassVar[int] = 2
    # One text with two targets. `drop` all its rows, `keep_first` of them, `keep` one row for each,
    # or `join` them into one row that accepts each; `derive` joins where answers are written freely
    # and drops where they are labels.
    conflicts: Literal["derive", "join", "drop", "keep_first", "keep"] = "derive"
    # Which row of a text stays: the first in the file, or the longest (of two alike, the first).
    keep: Literal["first", "longest"] = "first"

    def apply(
        self, examples: Sequence[Example], means: Means
    ) -> Iterator[Example | Changed | Dropped]:
        asked: dict[Asked, list[Example]] = {}
        for example in self._in_order(examples):
            asked.setdefault(question_key(example), []).append(example)
        done: dict[str, Changed | Dropped] = {}
        for rows in asked.values():
            if len(rows) > 1:
                done.update(
                    self._merge_rows(rows) if self._join(rows, means.kind) else self._apart(rows)
                )
        for example in examples:
            yield done.get(example.id, example)

    def _in_order(self, examples: Sequence[Example]) -> Sequence[Example]:
        """The row that stays comes before those that it stands for."""
        return (
            examples
            if self.keep == "first"
            else sorted(examples, key=lambda example: -len(example.text))
        )

    def _join(self, rows: Sequence[Example], kind: str) -> bool:
        if self.conflicts == "join":
            return not has_preferences(rows)
        return self.conflicts == "derive" and may_join(rows, kind)

    def _merge_rows(self, rows: Sequence[Example]) -> Iterator[tuple[str, Changed | Dropped]]:
        """One row stands for all that ask the same, with their answers."""
        first, one = rows[0], merge_answers(rows)
        if one is not first:
            yield first.id, Changed(one, FURTHER)
        known = {answer_key(answer) for answer in answers_of(rows[:1])}
        for row in rows[1:]:
            own = {answer_key(answer) for answer in answers_of([row])}
            yield row.id, Dropped(row, "same text" if own <= known else JOINED, kept=first.id)
            known |= own

    def _apart(self, rows: Sequence[Example]) -> Iterator[tuple[str, Dropped]]:
        """Every target by itself; of rows of preferences every pair of answers."""
        keep = self.conflicts == "keep" or (self.conflicts == "derive" and has_preferences(rows))
        conflicting = any(not same_target(rows[0], row) for row in rows)
        if conflicting and not keep and self.conflicts != "keep_first":
            yield from ((row.id, Dropped(row, "same text, different labels")) for row in rows)
            return
        kept: list[Example] = []
        for row in rows:
            same = next((other for other in kept if self._same(other, row)), None)
            if same is not None:
                yield row.id, Dropped(row, "same text", kept=same.id)
            elif kept and not keep:
                yield row.id, Dropped(row, "same text, different labels", kept=kept[0].id)
            else:
                kept.append(row)

    def _same(self, first: Example, second: Example) -> bool:
        return same_target(first, second) and (
            self.conflicts != "derive" or first.rejected == second.rejected
        )
