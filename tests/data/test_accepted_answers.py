"""Several valid answers to a question: as rows that ask the same, and as a list in the target."""

from dataclasses import replace

import pytest

from assay.core.types import Answer, Changed, Checks, Document, Dropped, Means, Record, Task
from assay.data.pipeline import run
from assay.data.split import Split
from assay.data.steps.dedupe import Dedupe
from assay.evaluation.scoring import judge

CAPITALS = [
    ("What is the capital of France?", "Paris"),
    ("Who wrote Emma?", "Jane Austen"),
    ("what is the capital of france", "the city of Paris"),
    ("What is the capital of France?", "paris "),
    ("Who wrote Emma?", "Austen"),
    ("What is a noun?", "a word that names a thing"),
]


def outcome(rows, kind="answer", step=None):
    results = list((step or Dedupe()).apply(rows, Means(kind=kind)))
    on = [r.example if isinstance(r, Changed) else r for r in results if not isinstance(r, Dropped)]
    return on, [(r.example.id, r.reason, r.kept) for r in results if isinstance(r, Dropped)]


def test_rows_of_one_question_become_one_that_accepts_each_answer(make):
    rows, dropped = outcome(make(CAPITALS))
    assert [(row.id, row.target, row.also) for row in rows] == [
        ("rows-1", "Paris", ("the city of Paris",)),
        ("rows-2", "Jane Austen", ("Austen",)),
        ("rows-6", "a word that names a thing", ()),
    ]
    assert dropped == [
        ("rows-3", "another accepted answer", "rows-1"),
        # an answer that differs in case and outer space is no other one
        ("rows-4", "same text", "rows-1"),
        ("rows-5", "another accepted answer", "rows-2"),
    ]
    assert outcome(rows) == (rows, [])


def test_a_list_in_the_target_and_rows_come_to_the_same(make):
    rows = make(CAPITALS[:3])
    listed = [replace(rows[0], also=("the city of Paris",)), rows[1]]
    assert outcome(rows)[0] == outcome(listed)[0] == listed
    both, _ = outcome([listed[0], replace(rows[2], also=("Lutetia",))])
    assert both[0].also == ("the city of Paris", "Lutetia")


@pytest.mark.parametrize("kind", ["classify", "multilabel", "choose", "extract"])
def test_labels_contradict_each_other_as_they_did(make, kind):
    rows, dropped = outcome(make(CAPITALS), kind)
    assert [row.id for row in rows] == ["rows-6"]
    assert {reason for _, reason, _ in dropped} == {"same text, different labels"}


def test_worked_solutions_are_joined_that_come_to_one_number(make):
    solved = [
        ("2 + 2?", "2 and 2 make 4\n#### 4"),
        ("2 + 2?", "double 2\n#### 4"),
        ("3?", "3"),
        ("3?", "4"),
    ]
    rows, dropped = outcome(make(solved), "number")
    assert [(row.id, row.also) for row in rows] == [("rows-1", ("double 2\n#### 4",))]
    assert [reason for _, reason, _ in dropped] == [
        "another accepted answer",
        *["same text, different labels"] * 2,
    ]


def test_what_is_asked_covers_passages_options_and_tests(make):
    one, two = make([("When?", "1804"), ("When?", "1805")])
    for rows in (
        [
            replace(one, context=(Document("a", "Kant died."),)),
            replace(two, context=(Document("b", "Schiller died."),)),
        ],
        [replace(one, options=("x", "y")), replace(two, options=("x", "z"))],
        [
            replace(one, checks=Checks(("assert f(1)",))),
            replace(two, checks=Checks(("assert f(2)",))),
        ],
    ):
        assert outcome(rows) == (rows, [])
    assert [len(row.also) for row in outcome([one, two])[0]] == [1]


def test_rows_of_preferences_stay_apart(make):
    one, two, three = make([("Hello", "Hi there"), ("Hello", "Good day"), ("Hello", "Hi there")])
    rows = [replace(row, rejected="Go away") for row in (one, two, three)]
    assert outcome(rows) == (rows[:2], [("rows-3", "same text", "rows-1")])


def test_joining_may_be_asked_for_or_refused(make):
    rows = make(CAPITALS)
    assert [row.id for row in outcome(rows, step=Dedupe(conflicts="drop"))[0]] == ["rows-6"]
    assert [row.id for row in outcome(rows, step=Dedupe(conflicts="keep_first"))[0]] == [
        "rows-1",
        "rows-2",
        "rows-6",
    ]
    joined, _ = outcome(rows, "classify", Dedupe(conflicts="join"))
    assert [row.also for row in joined] == [("the city of Paris",), ("Austen",), ()]


def curated(train, test=(), official=False):
    settings = {
        "steps": (Dedupe(),),
        "split": Split(leaks="repair"),
        "task_kind": "answer",
        "seed": 0,
    }
    return run(
        train, (), test, official=official, **settings, means=Means(), tell=lambda event: None
    )


def test_no_row_goes_in_silence(make, sentences):
    """Every question three times, with three answers: all answers arrive, and it is said how many
    rows were joined."""
    asked = [(text, f"{way} {text}") for text in sentences(100) for way in ("yes", "well", "so")]
    result = curated(make(asked))
    rows = [*result.train, *result.val, *result.test]
    assert len(rows) == 100 and {answer for row in rows for answer in (row.target, *row.also)} == {
        a for _, a in asked
    }
    (warning,) = [warning for warning in result.warnings if warning["code"] == "D251"]
    assert (
        warning["count"] == 300
        and "100 questions" in warning["text"]
        and "200 rows joined" in warning["text"]
    )
    assert sum(line["reason"] == "another accepted answer" for line in result.ledger) == 200


def test_given_test_rows_stay_apart_and_accept_each_others_answers(make, sentences):
    texts = sentences(60)
    train = make([(text, "yes") for text in texts[:40]], "train")
    test = make([(text, f"{way} {text}") for text in texts[40:] for way in ("yes", "no")], "test")
    result = curated(train, test, official=True)
    assert [row.id for row in result.test] == [row.id for row in test]
    assert [row.target for row in result.test] == [row.target for row in test]
    assert all(
        row.also == ({"y": "no ", "n": "yes "}[row.target[0]] + row.text,) for row in result.test
    )
    assert "D064" not in [warning["code"] for warning in result.warnings]
    task = Task(kind="answer")
    records = [
        Record(row.question, row.target, row.also, Answer(f"no {row.text}")) for row in result.test
    ]
    assert judge(records, task).values["exact_match"] == 1.0
