"""The answers of a report as arrays: what they hold, and what is wrong with damaged files."""

import numpy as np
import pytest

from assay.core.store import read_json, read_lines
from assay.web.row_matrix import read_matrix


@pytest.fixture(scope="module")
def told(sample_project):
    """(report.json, its rows, how far reading was told to be)."""
    data, shares = read_json(sample_project / "report" / "report.json"), []
    return data, read_matrix(data, sample_project / "report", shares.append), shares


def test_every_row_and_answer_is_there(told, sample_project, report):
    data, matrix, shares = told
    done = [one["name"] for one in data["strategies"] if one["status"] == "done"]
    assert matrix.names == done and len(matrix) == data["rows"]["test"]
    assert shares[-1] == 1.0
    for column, name in enumerate(done):
        lines = list(read_lines(sample_project / "report" / "predictions" / f"{name}.jsonl"))
        assert [matrix.line(row, column) for row in (0, 7, 263)] == [lines[i] for i in (0, 7, 263)]
        arm = next(arm for arm in report.arms if arm.name == name)
        scores = arm.scores_by(report.task)
        assert np.array_equal(matrix.right[:, column], scores.right("accuracy"))
        assert [one["answer"] is None for one in lines] == list(matrix.said[:, column] == -1)
    assert matrix.lines([3, 1], [1, 0]) == [
        [matrix.line(3, 1), matrix.line(3, 0)],
        [matrix.line(1, 1), matrix.line(1, 0)],
    ]


def test_equal_answers_have_equal_numbers(told):
    _, matrix, _ = told
    texts = [[line["answer"] for line in lines] for lines in matrix.lines(range(40), [0, 1])]
    same = matrix.said[:40, 0] == matrix.said[:40, 1]
    assert list(same) == [one == other for one, other in texts]


def test_texts_are_found_in_capitals_or_not(told):
    _, matrix, _ = told
    word = matrix.questions[5].split()[0]
    assert matrix.holds(word.upper())[5] and matrix.holds(matrix.ids[5])[5]
    assert not matrix.holds("no row has this").any()


def test_a_strategy_without_a_file_is_left_out(sample_project, tmp_path):
    data = read_json(sample_project / "report" / "report.json")
    assert read_matrix(data, tmp_path) is None


def test_files_of_other_rows_are_no_matrix(told, sample_project, tmp_path):
    data, matrix, _ = told
    folder = tmp_path / "predictions"
    folder.mkdir()
    for file in (sample_project / "report" / "predictions").iterdir():
        lines = file.read_bytes().splitlines(keepends=True)
        kept = lines[:-1] if file.stem == matrix.names[0] else lines
        (folder / file.name).write_bytes(b"".join(kept))
    with pytest.raises(ValueError, match="same rows"):
        read_matrix(data, tmp_path)
