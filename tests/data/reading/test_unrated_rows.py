from pathlib import Path

import pytest

from assay.data.reading.layout import RowLayout
from assay.data.reading.unrated_rows import pass_unanswered, pass_unrated
from helpers.raw_tables import raw_table


def table(goal="valence", value=lambda n: str(n % 5 - 2), rated=25, count=200, **more):
    return raw_table(
        [
            {
                "text": f"a text about the house {n}",
                goal: value(n) if n < rated else "",
                **{name: make(n) for name, make in more.items()},
            }
            for n in range(count)
        ]
    )


def passed(found, columns=(), unlabelled=False):
    ((_, _, made),) = pass_unrated([("train", Path("x"), found)], dict(columns), unlabelled)
    return made


def test_texts_without_a_number_are_passed_over():
    made = passed(table())
    assert len(made.rows) == 25
    assert "175 rows without a number in 'valence' were passed over" in made.notes[-1]
    assert len(passed(table(), {"text": "text", "label": "valence"}).rows) == 25


@pytest.mark.parametrize(
    "found",
    [
        table(rated=10),  # too few to learn from
        table(rated=195),  # single rows are at fault
        table("label", lambda n: "ab"[n % 2]),  # it may be that they are of no class
        table("length", lambda n: str(n)),
        table(sentiment=lambda n: "ab"[n % 2]),  # another column may be the target
    ],
)
def test_other_tables_stay(found):
    assert passed(found) is found


def test_what_is_to_be_annotated_and_what_another_column_asks_stay():
    found = table()
    assert passed(found, unlabelled=True) is found
    assert passed(found, {"text": "text", "label": "other"}) is found


def answered(found, kind="answer", **columns):
    columns = {"question": "text", "answer": "reply", **columns}
    ((_, _, made),) = pass_unanswered(
        [("train", Path("x"), found)], RowLayout(kind=kind, columns=columns)
    )
    return made


@pytest.mark.parametrize("nothing", ["", None, [], "  "])
def test_questions_that_nobody_has_answered_yet_are_passed_over(nothing):
    found = table("length", reply=lambda n: f"it is {n}" if n % 2 else nothing)
    made = answered(found)
    assert len(made.rows) == 100
    assert "100 rows without an answer in 'reply' were passed over" in made.notes[-1]
    assert answered(found, context="length") is found  # the passage has no answer: nor does the row
    assert answered(found, "classify") is found


def test_single_questions_without_an_answer_stay():
    found = table("length", reply=lambda n: f"it is {n}" if n % 40 else "")
    assert answered(found) is found
