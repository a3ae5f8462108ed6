"""Test rows x strategies of a report, as numbers in memory; texts stay in their files.

How      Each file of `report/predictions/` is read once, line by line. Kept are where a line lies,
         its score, and a number for its answer; of a row its question, target and slices. A page
         of rows is then some filters over arrays, and as many lines as it shows
Memory   about 40 bytes an answer, and the questions: 100,000 rows x 12 strategies are some 150 MB
Watch    the lines of all files are in one order, that of the test rows
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from assay.evaluation import METRICS
from assay.evaluation.metrics.exact_match import normalise
from assay.evaluation.scoring import is_score

EACH = 20_000  # lines between two words of how far it is
RIGHT = 0.5  # of a metric that is a score; as `Scores.right`


@dataclass
class RowMatrix:
    """
    Attributes:
        names: of strategies, in the report's order; columns of all arrays. ids, questions, targets:
            of rows. score: (rows, strategies) of the deciding metric; NaN: none. right: likewise.
        said: likewise, equal where two answers are; -1: none could be read. sure: likewise, how
            confident the strategy was, NaN where it does not say.
        slices: field -> value of each row.
    """

    names: list[str]
    ids: list[str]
    questions: list[str]
    targets: list[str]
    score: np.ndarray
    right: np.ndarray
    said: np.ndarray
    sure: np.ndarray
    slices: dict[str, list[str]]
    _files: list[Path]
    _at: np.ndarray = field(repr=False)
    _lower: list[str] = field(default_factory=list, repr=False)

    def __len__(self) -> int:
        return len(self.ids)

    def line(self, row: int, column: int) -> dict[str, Any]:
        """The line of predictions/<arm>.jsonl."""
        with self._files[column].open("rb") as file:
            file.seek(int(self._at[row, column]))
            return json.loads(file.readline())

    def lines(self, rows: Sequence[int], columns: Sequence[int]) -> list[list[dict[str, Any]]]:
        """Of each row, one a column."""
        found: list[list[dict[str, Any]]] = [[] for _ in rows]
        for column in columns:
            with self._files[column].open("rb") as file:
                for own, row in zip(found, rows, strict=True):
                    file.seek(int(self._at[row, column]))
                    own.append(json.loads(file.readline()))
        return found

    def holds(self, text: str) -> np.ndarray:
        """Which rows have the text in id, question or target, in capitals or not."""
        if not self._lower:
            parts = zip(self.ids, self.questions, self.targets, strict=True)
            self._lower = ["\n".join(some).casefold() for some in parts]
        wanted = text.casefold()
        return np.fromiter((wanted in own for own in self._lower), bool, len(self))


def read_matrix(
    report: dict[str, Any], folder: Path, tell: Callable[[float], None] = lambda share: None
) -> RowMatrix | None:
    """The rows of a report whose files lie in `folder`; None where it has none.

    Args:
        tell: how much of the files was read, from 0 to 1.
    """
    names = [one["name"] for one in report["strategies"] if one["status"] == "done"]
    files = [folder / "predictions" / f"{name}.jsonl" for name in names]
    kept = [(name, file) for name, file in zip(names, files, strict=True) if file.is_file()]
    if not kept:
        return None
    names, files = [name for name, _ in kept], [file for _, file in kept]
    metric = report["task"]["metric"]
    by_score = any(one.name == metric and is_score(one) for one in METRICS)
    size, done = sum(file.stat().st_size for file in files), 0
    ids: list[str] = []
    questions: list[str] = []
    targets: list[str] = []
    slices: dict[str, list[str]] = {}
    columns: list[tuple[list[int], list[float], list[bool], list[int], list[float]]] = []
    for column, file in enumerate(files):
        at, scores, right, said, sure = own = ([], [], [], [], [])  # type: ignore[var-annotated]
        columns.append(own)
        place = 0
        with file.open("rb") as lines:
            for number, raw in enumerate(lines):
                row = json.loads(raw)
                at.append(place)
                place += len(raw)
                value = row["scores"].get(metric)
                scores.append(np.nan if value is None else value)
                answer = row["answer"]
                right.append(
                    value is not None and value >= RIGHT
                    if by_score
                    else answer is not None and normalise(answer) == normalise(row["target"])
                )
                said.append(-1 if answer is None else hash(answer) & 0x7FFFFFFFFFFFFFFF)
                sure.append(row.get("confidence", np.nan))
                if column == 0:
                    ids.append(row["id"])
                    questions.append(row["question"])
                    targets.append(row["target"])
                    for name, text in row["slices"].items():
                        slices.setdefault(name, [""] * number).append(str(text))
                    for values in slices.values():
                        values.extend([""] * (number + 1 - len(values)))
                if number % EACH == EACH - 1:
                    tell((done + place) / size)
        done += place
        tell(done / size)
    if len({len(at) for at, *_ in columns}) > 1:
        raise ValueError("the files of answers do not have the same rows")
    turned = list(zip(*columns, strict=True))
    at_, scores_, right_, said_, sure_ = (
        np.array(part, kind).T
        for part, kind in zip(
            turned, (np.int64, np.float32, np.bool_, np.int64, np.float32), strict=True
        )
    )
    rows = (names, ids, questions, targets, scores_, right_, said_, sure_, slices)
    return RowMatrix(*rows, files, at_)


def join_runs(matrix: RowMatrix, other: RowMatrix, name: Callable[[str], str]) -> RowMatrix | None:
    """The strategies of an earlier run beside those of this one, on the rows that both have; None
    where there are none.

    Args:
        name: what a strategy of the earlier run is called.
    """
    place = {(id, target): row for row, (id, target) in enumerate(_keys(other))}
    own = [row for row, key in enumerate(_keys(matrix)) if key in place]
    if not own:
        return None
    there = [place[key] for key in _keys(matrix) if key in place]

    def joined(one: np.ndarray, two: np.ndarray) -> np.ndarray:
        return np.concatenate([one[own], two[there]], 1)

    return RowMatrix(
        [*matrix.names, *map(name, other.names)],
        [matrix.ids[row] for row in own],
        [matrix.questions[row] for row in own],
        [matrix.targets[row] for row in own],
        joined(matrix.score, other.score),
        joined(matrix.right, other.right),
        joined(matrix.said, other.said),
        joined(matrix.sure, other.sure),
        {field: [values[row] for row in own] for field, values in matrix.slices.items()},
        [*matrix._files, *other._files],
        joined(matrix._at, other._at),
    )


def _keys(matrix: RowMatrix) -> list[tuple[str, str]]:
    """Of each row what it is known by: a row whose target was set right since is another one."""
    return list(zip(matrix.ids, matrix.targets, strict=True))
