"""The test rows, kept apart from every arm: questions go out, answers come in, records come back.

Why it exists    an arm that could see targets could learn them; and rows that are looked at again and again wear out,
                 so every opening of the same rows is counted (`looks`) and printed
"""

from collections.abc import Sequence
from pathlib import Path

from assay.damage import Tell, silent
from assay.nouns import Answer, Example, Record
from assay.store import digest
from assay.validate.looks import booked


class Exam:
    """`hash` names the rows: the same questions and targets, in the same order, have the same hash."""

    def __init__(self, examples: Sequence[Example]):
        missing = [example.id for example in examples if example.target is None]
        if missing:
            raise ValueError(f"test rows without a target: {', '.join(missing[:5])}")
        self._examples = tuple(examples)
        # Where a row was read from is not what it asks.
        rows = [{key: v for key, v in example.to_json().items() if key != "source"} for example in self._examples]
        self.hash = digest(rows)[:16]

    def __len__(self) -> int:
        return len(self._examples)

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
        return [
            Record(
                example.question,
                example.target or "",
                example.also,
                answer,
                example.found_in,
                checks=example.checks,
            )
            for example, answer in zip(self._examples, answers, strict=True)
        ]

    def open(self, book: Path, by: str, copy: Path | None = None, tell: Tell = silent) -> int:
        """Note in `book` that these rows are looked at; how often they have been opened, this time too.

        Args:
            by: what is looked at: the same arms with the same answers show nothing new, so a rerun is not counted.
            copy, tell: see `looks`.
        """
        return booked(book, self.hash, by, copy, tell)
