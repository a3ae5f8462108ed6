"""Lines of a log and of its feedback, as they are read."""

from pathlib import Path

import pytest

from assay.config import load
from assay.core.corrupt_files import silent
from assay.core.errors import DataError
from assay.core.types import Answer
from assay.deployment.monitoring.log_reader import read_feedback, read_log
from assay.runtime.data_stage.prepare import prepare
from helpers.problems import problem
from helpers.toy import build, write_rows

FLOOR = "compare: [{kind: majority}]\nprepare: [{kind: repair}]\n"


def test_feedback_that_is_none_is_said_line_by_line(tmp_path):
    file = tmp_path / "feedback.jsonl"
    file.write_text(
        '{"id": "a", "rating": "good"}\n{"rating": "bad"}\n{"id": "b", "rating": "purple"}\n'
        "not json\n"
    )
    with pytest.raises(DataError) as error:
        read_feedback(file)
    assert [one.place for one in error.value.problems] == [f"feedback.jsonl:{n}" for n in (2, 3, 4)]


def test_of_two_words_about_one_answer_the_newer_holds(tmp_path):
    file = tmp_path / "feedback.jsonl"
    rows = [{"id": "a", "rating": True}, {"answer_id": "b", "rating": -3}, {"id": "a"}]
    write_rows(file, [*rows, {"id": "c", "rating": "UP", "correction": "pay"}])
    found = {one.id: (one.rating, one.correction) for one in read_feedback(file)}
    assert found == {"a": (0, ""), "b": (-1, ""), "c": (1, "pay")}


# --- logs -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """`read(file)`: a log of a project of three labels."""
    folder = tmp_path_factory.mktemp("log") / "tickets"
    project = load(build(folder, Path("smollm2-135m"), FLOOR) / "project.yaml")
    prepared = prepare(project, silent)
    return lambda file: read_log(file, prepared, project)


def test_a_line_without_a_question_is_left_out_and_counted(read, tmp_path):
    row = {"id": "a", "arm": "lora", "question": "the  bill", "answer": "pay", "finish": "stop"}
    write_rows(tmp_path / "log.jsonl", [row, {**row, "question": " "}])
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('\n{"id": "b", "quest')  # a server is at work
    found = read(tmp_path / "log.jsonl")
    assert [one.question.id for one in found.entries] == ["a"] and found.left_out == 2
    assert found.entries[0].question.text == "the bill"  # repaired, as the rows were
    assert found.entries[0].question.source == "log.jsonl:1" and found.arms == ["lora"]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({"answer": " pay "}, Answer("pay", raw=" pay ")),
        ({"answer": "no label"}, Answer(None, raw="no label")),
        ({"answer": "pay", "confidence": 1}, Answer("pay", raw="pay", confidence=1.0)),
        ({"answer": "pa", "finish": "length"}, Answer(None, raw="pa", truncated=True)),
        ({"answer": "", "finish": "content_filter"}, Answer(None, refused=True)),
        ({"answer": "?", "note": "abstained"}, Answer(None, raw="?", abstained=True)),
        ({"answer": "", "finish": "error"}, None),
    ],
    ids=lambda value: (
        str(value.get("finish") or value.get("answer")) if type(value) is dict else ""
    ),
)
def test_an_answer_is_what_the_line_says(read, tmp_path, said, meant):
    row = {"id": "a", "arm": "lora", "question": "the bill", "finish": "stop"}
    write_rows(tmp_path / "log.jsonl", [{**row, **said}])
    assert read(tmp_path / "log.jsonl").entries[0].answer == meant


@pytest.mark.parametrize("at", [1_700_000_000, "2023-11-14T22:13:20+00:00"])
def test_a_time_is_a_number_of_seconds_or_a_text_of_iso_8601(read, tmp_path, at):
    row = {"id": "a", "at": at, "arm": "lora", "question": "the bill", "answer": "pay"}
    write_rows(tmp_path / "log.jsonl", [row])
    assert read(tmp_path / "log.jsonl").entries[0].at == 1_700_000_000
    (tmp_path / "new.csv").write_text(f"text,created_at\nthe bill,{at}\n")
    (alone,) = read(tmp_path / "new.csv").entries
    assert alone.answer is None and alone.question.text == "the bill"


def test_a_log_without_a_question_is_refused(read, tmp_path):
    row = {"id": "a", "arm": "lora", "question": "", "answer": "pay"}
    write_rows(tmp_path / "log.jsonl", [row])
    with problem(DataError, "D005"):
        read(tmp_path / "log.jsonl")
