import pytest

from assay.data.reading.cloze_options import unfold_blanks
from helpers.raw_tables import raw_table

THREE = ["at noon", "in May", "by car"]


@pytest.mark.parametrize(
    ("passage", "marks"),
    [
        ("We came [BLANK1] and left [BLANK2].", ["[BLANK1]", "[BLANK2]"]),
        ("We came <blank 1> and left <blank 2>.", ["<blank 1>", "<blank 2>"]),
        ("We came __1__ and left __2__.", ["__1__", "__2__"]),
        ("We came (1) and left (2), or (1).", ["(1)", "(2)"]),
    ],
)
@pytest.mark.parametrize("answers", [[2, 0], ["C", "A"], ["by car", "at noon"]])
def test_a_row_a_blank_with_the_options_of_all(passage, marks, answers):
    rows = [{"id": n, "context": passage, "choices": THREE, "answers": answers} for n in range(3)]
    made = unfold_blanks(raw_table(rows), set())
    assert [row.fields["question"] for row in made.rows[:2]] == marks
    assert [row.fields["answer"] for row in made.rows[:2]] == answers
    assert made.rows[1].fields == {
        "id": 0,
        "context": passage,
        "question": marks[1],
        "choices": THREE,
        "answer": answers[1],
    }
    assert made.roles == {
        "question": "question",
        "choices": "choices",
        "answer": "answer",
        "context": "context",
        "group": "context",
    }


@pytest.mark.parametrize("blank", ["_", "____", "[MASK]"])
def test_blanks_that_are_alike_are_numbered_and_may_have_their_own_options(blank):
    row = {
        "article": f"We came {blank} and left {blank} .",
        "options": [["at noon", "in May"], ["by car", "on foot"]],
        "answers": ["B", "A"],
    }
    made = unfold_blanks(raw_table([row]), set())
    assert made.rows[1].fields == {
        "article": "We came [1] and left [2] .",
        "question": "[2]",
        "choices": ["by car", "on foot"],
        "answer": "A",
    }


def test_a_row_whose_answers_do_not_fit_is_left_out_and_counted():
    good = {"context": "We came [1] and left [2].", "choices": THREE, "answers": [2, 0]}
    made = unfold_blanks(raw_table([good] * 11 + [{**good, "answers": [1]}]), set())
    assert len(made.rows) == 22 and "1 row whose answers do not fit" in made.notes[-1]


@pytest.mark.parametrize(
    "row",
    [
        {"question": "Which two?", "choices": THREE, "answers": [0, 2]},
        {"question": "When, [1]?", "choices": THREE, "answers": [1]},  # one blank is a question
        {"context": "Came [1], left [2].", "choices": THREE, "answer": 1},
        {"context": "Came [1], left [2].", "choices": "a, b", "answers": [1, 0]},
        {"context": "Came [1], left [2].", "answers": ["at noon", "by car"]},
        {"context": "Came [1], left [2].", "choices": [THREE], "answers": [1, 0]},
    ],
)
def test_other_rows_stay(row):
    table = raw_table([row] * 3)
    assert unfold_blanks(table, set()) is table


def test_fields_that_the_project_names_stay_unless_it_was_begun_from_the_blanks():
    rows = [{"context": "Came [1], left [2].", "choices": THREE, "answers": [2, 0]}] * 3
    table = raw_table(rows)
    assert unfold_blanks(table, {"context", "choices"}) is table
    begun = {"context", "choices", "question", "answer"}
    assert len(unfold_blanks(table, begun).rows) == 6
