"""The test rows, kept apart from every arm: questions go out, answers come in, records come back.

Why it exists    an arm that could see targets could learn them; and rows that are looked at again
                 and again wear out, so every opening of the same rows is counted (`looks`) and
                 printed
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from assay.core.corrupt_files import Tell, silent
from assay.core.store import digest
from assay.core.types import Answer, Example, Record
from assay.evaluation.test_set_uses import record_look


class Exam:
    """`hash` names the rows: the same questions and targets, in the same order, have the same
    hash."""

    def __init__(self, examples: Sequence[Example]):
        missing = [example.id for example in examples if example.target is None]
        if missing:
            raise ValueError(f"test rows without a target: {', '.join(missing[:5])}")
        self._examples = tuple(examples)
        # Where a row was read from is not what it asks.
        rows = [
            {key: v for key, v in example.to_json().items() if key != "source"}
            for example in self._examples
        ]
        self.hash = digest(rows)[:16]
        self._order = sorted(range(len(rows)), key=lambda at: digest([self.hash, at]))

    def __len__(self) -> int:
        return len(self._examples)

    @property
    def questions_in_order(self) -> tuple[Example, ...]:
        """`questions` in the order in which arms are asked: drawn, so that the first of them are
        like all of them."""
        return tuple(self._examples[at].question for at in self._order)

    def records_in_order(self, answers: Sequence[Answer]) -> list[Record]:
        """`records` of answers in the order of `questions_in_order`."""
        place = {at: number for number, at in enumerate(self._order)}
        return self.records([answers[place[at]] for at in range(len(answers))])

    def first(self, answers: Sequence[Answer]) -> dict[int, Record]:
        """The records of the first questions `questions_in_order`, by the place of the test row."""
        return self.records_by_place(dict(enumerate(answers)))

    def records_by_place(self, answers: Mapping[int, Answer]) -> dict[int, Record]:
        """The same of answers by the place of their question in `questions_in_order`."""
        return {self._order[n]: self._record(self._order[n], one) for n, one in answers.items()}

    @property
    def questions(self) -> tuple[Example, ...]:
        """The rows without anything that gives the answer away."""
        return tuple(example.question for example in self._examples)

    def records(self, answers: Sequence[Answer]) -> list[Record]:
        """One record per test row; `answers` in the order of `questions`.

        Raises:
            ValueError: there are not as many answers as questions.
        """
        if len(answers) != len(self._examples):
            raise ValueError(f"{len(self._examples)} questions have {len(answers)} answers")
        return [self._record(at, answer) for at, answer in enumerate(answers)]

    def _record(self, at: int, answer: Answer) -> Record:
        row = self._examples[at]
        return Record(
            row.question, row.target or "", row.also, answer, row.found_in, checks=row.checks
        )

    def open(self, book: Path, by: str, copy: Path | None = None, tell: Tell = silent) -> int:
        """Note in `book` that these rows are looked at; how often they have been opened, this time
        too.

        Args:
            by: what is looked at: the same arms with the same answers show nothing new, so a rerun
                is not counted.
            copy, tell: see `looks`.
        """
        return record_look(book, self.hash, by, copy, tell)
