import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from assay.core.types import Answer, Checks, Document, Example, Message
from assay.evaluation.held_out_test import Exam


def example(name, target="yes", source="test.csv:1"):
    return Example(
        id=name, messages=(Message("user", name),), target=target, also=("ja",), source=source
    )


def test_questions_give_nothing_away_and_records_have_everything():
    exam = Exam([example("a"), example("b", "no")])
    assert all(question.target is None and question.also == () for question in exam.questions)
    records = exam.records([Answer("yes"), Answer(None)])
    assert [(record.target, record.also, record.answer.text) for record in records] == [
        ("yes", ("ja",), "yes"),
        ("no", ("ja",), None),
    ]
    hints = {"rejected": "no", "found_in": ("notes.md",), "checks": Checks(("assert f() == 1",))}
    (question,) = Exam([replace(example("a"), **hints)]).questions
    # Of a pair both texts, in an order that does not say which was chosen.
    pair = Example("a", (Message("user", "a"),), source="test.csv:1", compared=("no", "yes"))
    assert question == pair
    swapped = replace(example("a", "no"), **hints | {"rejected": "yes"})
    assert Exam([swapped]).questions == (pair,)
    with pytest.raises(ValueError, match="2 questions have 1 answers"):
        exam.records([Answer("yes")])


def test_the_hash_is_of_what_is_asked_not_of_where_it_lay():
    assert Exam([example("a")]).hash == Exam([example("a", source="other.csv:9")]).hash
    assert Exam([example("a")]).hash != Exam([example("a", "no")]).hash
    # What else is accepted decides on a score, too.
    assert Exam([example("a")]).hash != Exam([replace(example("a"), also=())]).hash
    assert Exam([example("a"), example("b")]).hash != Exam([example("b"), example("a")]).hash


def test_the_hash_is_of_the_order_and_the_number_of_rows():
    # Answers are kept by place: those to the same rows in another order belong to other questions.
    a, b, c = (example(name) for name in "abc")
    hashes = [Exam(rows).hash for rows in ([a, b, c], [a, c, b], [c, b, a], [a, b], [a, b, c, c])]
    assert len(set(hashes)) == 5


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other"},
        {"messages": (Message("user", "a "),)},
        {"messages": (Message("system", "Be short."), Message("user", "a"))},
        {"target": "Yes"},
        {"also": ()},
        {"context": (Document("d", "A passage."),)},
        {"options": ("yes", "no")},
        {"group": "customer 7"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_hash_is_of_all_that_is_asked_and_counted_as_right(change):
    rows = [example("a"), example("b")]
    assert Exam([replace(rows[0], **change), rows[1]]).hash != Exam(rows).hash


@pytest.mark.slow
def test_the_same_rows_have_the_same_hash_in_another_process():
    rows = [
        replace(example("é"), context=(Document("d", "A passage."),), options=("x", "y")),
        example("b", "no"),
    ]
    code = (
        "import json, sys; from assay.core.types import Example; from"
        " assay.evaluation.held_out_test"
        " import Exam;print(Exam([Example.from_json(row) for row in json.load(sys.stdin)]).hash)"
    )
    given = json.dumps([row.to_json() for row in rows])
    environment = {**os.environ, "PYTHONHASHSEED": "1"}  # by which sets are ordered
    done = subprocess.run(
        [sys.executable, "-c", code], input=given, capture_output=True, text=True, env=environment
    )
    assert done.stdout.strip() == Exam(rows).hash


def test_every_new_look_at_the_same_rows_is_counted(tmp_path):
    book = tmp_path / "exams.jsonl"
    assert Exam([example("a")]).open(book, "first arms") == 1
    assert Exam([example("b")]).open(book, "first arms") == 1
    assert Exam([example("a")]).open(book, "more arms") == 2
    # A rerun of the same arms shows nothing new.
    assert Exam([example("a")]).open(book, "first arms") == 1
    assert Exam([example("a")]).open(book, "third") == 3


def test_a_look_that_a_full_disk_cut_off_is_counted_when_it_is_made_again(tmp_path):
    book, exam = tmp_path / "exam.jsonl", Exam([example("a")])
    assert exam.open(book, "first arms") == 1
    whole = book.read_bytes()
    book.write_bytes(whole + whole[:20])
    assert [exam.open(book, by) for by in ("second", "third", "second")] == [2, 3, 2]


def test_a_test_row_needs_a_target():
    with pytest.raises(ValueError, match="without a target: a"):
        Exam([example("a", None)])
