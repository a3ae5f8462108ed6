"""Texts and tables as people have them in Python: a text, a list, an array, a Series, a DataFrame.

What it is for   questions go in as they lie there; answers to a frame come out as a frame with the
                 same index
Watch out        pandas is not needed: a frame can only come from somebody who has imported it
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.core import store
from assay.core.errors import Problem, UsageError
from assay.core.project_paths import PROJECT
from assay.core.types import Answer, Example

if TYPE_CHECKING:
    import numpy as np

    from assay.config import Project
    from assay.runtime.data_stage.prepare import Prepared


def is_frame(value: Any) -> bool:
    """Whether it is a DataFrame of pandas."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame)


def target_of(value: Any) -> Path:
    """The path that a project begins with; the rows of a frame are written into a folder of this
    one, `frame-<hash>/`: the same rows are the same project.

    Raises:
        UsageError: C210, the frame has two columns of one name.
    """
    if not is_frame(value):
        return Path(value)
    if not value.columns.is_unique:
        name = value.columns[value.columns.duplicated()][0]
        told = f"the frame has several columns called {name}"
        raise UsageError(Problem("C210", told, help="rename them: frame.columns = [...]"))
    rows = _rows_of(value)
    folder = Path(f"frame-{store.digest(rows)[:8]}")
    store.write_lines(folder / f"{folder.name}.jsonl", rows)
    return folder if (folder / PROJECT).exists() else folder / f"{folder.name}.jsonl"


def _rows_of(frame: Any) -> list[dict[str, Any]]:
    """Through pandas' own JSON: what is no number becomes null, dates become text."""
    return json.loads(frame.to_json(orient="records", date_format="iso", force_ascii=False))


def texts_of(value: Any) -> list[str]:
    """The texts of a list, an array, a Series or a frame of one column.

    Raises:
        UsageError: C210, it is one text, has several columns, or holds what is no text.
    """
    if isinstance(value, str):
        raise UsageError(
            Problem(
                "C210",
                "one text stands where several are expected",
                help="write it in a list: [text]",
            )
        )
    if is_frame(value):
        if value.shape[1] != 1:
            told = f"the frame has {value.shape[1]} columns, and a row is one text"
            raise UsageError(Problem("C210", told, help="name the column: frame['text']"))
        value = value.iloc[:, 0]
    found = []
    for number, one in enumerate(value):
        if not isinstance(one, str):
            raise UsageError(
                Problem("C210", f"row {number} is no text but {type(one).__name__}: {one!r}"[:200])
            )
        found.append(f"{one}")
    return found


def questions_of(
    frame: Any, prepared: Prepared, project: Project
) -> tuple[list[Example], list[int]]:
    """The rows of a frame as the project's questions, read as a file of new questions is; and the
    number of each row.

    Raises:
        DataError: as `questions.read_questions`.
    """
    from assay.deployment.questions import read_questions

    rows = _rows_of(frame)
    with tempfile.TemporaryDirectory(prefix="assay-") as place:
        file = Path(place) / "frame.jsonl"
        store.write_lines(file, rows)
        found = read_questions(prepared, project, file)
    return found, [int(one.source.rpartition(":")[2]) - 1 for one in found]


def frame_of(frame: Any, numbers: Sequence[int], answers: Sequence[Answer]) -> Any:
    """A frame of answers with the index of the one that was asked: answer, confidence, note, and
    passages where an answer has some. A row that could not be asked has no answer, and the note
    says so."""
    import pandas

    from assay.deployment.answer_table import answer_note

    by_row = dict(zip(numbers, answers, strict=True))
    rows = [by_row.get(number) for number in range(len(frame))]
    columns: dict[str, Any] = {
        "answer": [None if one is None else one.text for one in rows],
        "confidence": [None if one is None else one.confidence for one in rows],
        "note": ["not asked" if one is None else answer_note(one) for one in rows],
    }
    if any(one is not None and one.passages for one in rows):
        columns["passages"] = [[] if one is None else list(one.passages) for one in rows]
    return pandas.DataFrame(columns, index=frame.index)


def shares(answers: Sequence[Answer], labels: Sequence[str], several: bool = False) -> np.ndarray:
    """The share of each label in each answer, shape (answers, labels): of the scores that the
    strategy gave to the labels, as its confidence is.

    Args:
        several: an answer has any number of labels; each has a probability of its own, and rows do
            not add up to 1.

    Raises:
        UsageError: C211, an answer has no scores of its labels.
    """
    import numpy as np

    if any(len(one.scores) != len(labels) for one in answers):
        told = "this strategy does not say how likely each label is"
        raise UsageError(
            Problem("C211", told, "predict_proba", help="assay explain C211 names those that do")
        )
    scores = np.asarray([one.scores for one in answers], dtype=np.float64).reshape(
        len(answers), len(labels)
    )
    if several:
        return np.exp(scores)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
    return weights / weights.sum(axis=1, keepdims=True)
