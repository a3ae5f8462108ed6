"""What answers are judged by: a row with its answer, and a number over such rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assay.core.answers import Answer
from assay.core.examples import Checks, Example
from assay.core.task import Task


@dataclass(frozen=True, slots=True)
class Record:
    """What a metric reads: one test row with its answer."""

    question: Example
    target: str
    also: tuple[str, ...]
    answer: Answer
    # ids of the documents that hold the answer, where a person has noted them
    found_in: tuple[str, ...] = ()
    # cosine of answer and nearest accepted answer; None where no encoder was asked
    alike: float | None = None
    checks: Checks | None = None  # what the answer is run with, where the task is code


class Metric(ABC):
    """A number over test rows. `rows` gives one line of columns per record; `total` turns column
    sums into the value, so that bootstrap draws and slices of any metric are one matrix product."""

    name: str
    about: str  # one sentence
    higher_is_better: bool = True
    # of the value; a metric from 0 to 1 is a score, and its differences are told in points
    low: float = 0.0
    high: float = 1.0
    unit: str = ""  # of a metric that is no score
    decides: bool = True  # False: it is shown beside others, and no arm can be chosen by it
    reads_scores: bool = False  # of answers, and not their text alone

    @abstractmethod
    def rows(self, records: Sequence[Record], task: Task) -> Any:
        """float64 array, shape (records, columns)."""

    @abstractmethod
    def total(self, sums: Any, n: Any) -> Any:
        """The value from column sums (..., columns) over n rows (...,). Vectorised over leading
        axes."""

    def each(self, rows: Any) -> Any:
        """The value of each row by itself, (n,): what a list of best and worst rows is sorted
        by."""
        import numpy as np

        return np.asarray(self.total(rows, np.ones(len(rows))), dtype=np.float64)
