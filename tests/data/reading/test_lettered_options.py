import pytest

from assay.data.reading.lettered_options import cut_options, letter, shown
from helpers.raw_tables import raw_table

SHOWN = {
    "(A) lines": "Which?\n(A) red one\n(B) blue",
    "A) lines": "Which?\nA) red one\nB) blue",
    "A. with a head": "Which?\n\nChoices:\n A. red one\n B. blue",
    "bold": "Which?\n**A.** red one\n**B.** blue",
    "small": "Which?\na) red one\nb) blue",
    "brackets": "Which? [A] red one [B] blue",
    "one line": "Which? (A) red one, (B) blue",
    "one line, dots": "Which? A. red one B. blue",
    "more behind": "Which?\nA: red one\nB: blue\nAnswer:",
    "a paragraph behind": "Which?\nA: red one\nB: blue\n\nReply with a letter.",
    "an example before": "Which?",
}


@pytest.mark.parametrize("form", SHOWN)
def test_the_options_at_the_end_of_a_question_are_told(form):
    text = SHOWN[form]
    before = ""
    if form == "an example before":
        before = "Where?\nA. here\nB. there\nAnswer: A\n\n"
        text = f"{before}Which?\nA. red one\nB. blue"
    assert shown(text) == (f"{before}Which?", ["red one", "blue"])


@pytest.mark.parametrize(
    "text",
    [
        "Which?",
        "Which?\nA. red",
        "Which?\nA. red\nC. blue",
        "Which?\nB. red\nC. blue",
        "A. red\nB. blue",  # nothing is asked
        "Which?\nA. red\nB. red",
        "Vitamin A. is red",
        ["Which?\nA. red\nB. blue"],
        None,
    ],
)
def test_other_texts_show_none(text):
    assert shown(text) is None


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("B", "B"),
        (" (B)", "B"),
        ("b.", "B"),
        ("B) blue", "B"),
        ("blue", "B"),
        ("The answer is B.", "B"),
        ("C", ""),
        ("B) red one", ""),
        ("because", ""),
        (None, ""),
    ],
)
def test_the_answer_is_a_letter_an_option_or_both(value, named):
    assert letter(value, ["red one", "blue"]) == named


def rows_of(*goals):
    return [
        {"question": f"Which of {n}?\n(A) red {n}\n(B) blue"}
        | {goal: f" ({'AB'[(n + at) % 2]})" for at, goal in enumerate(goals)}
        for n in range(8)
    ]


def test_the_options_become_a_list_and_the_question_goes_without_them():
    made = cut_options(raw_table(rows_of("not_matching", "matching")), set())
    assert made.rows[0].fields == {
        "question": "Which of 0?",
        "not_matching": " (A)",
        "matching": "B",
        "choices": ["red 0", "blue"],
    }
    assert made.roles == {"question": "question", "choices": "choices", "answer": "matching"}


def test_an_instruction_stays_before_the_question():
    pairs = [(row["question"], row["a"]) for row in rows_of("a")]
    rows = [{"instruction": "Choose.", "input": one, "output": two} for one, two in pairs]
    made = cut_options(raw_table(rows), set())
    assert (made.roles["question"], made.roles["input"]) == ("instruction", "input")


def test_a_row_or_two_without_options_stay_as_they_are():
    rows = rows_of("a") * 3
    rows[5] = {"question": "Which?", "a": "red"}
    made = cut_options(raw_table(rows), set())
    assert made.rows[5].fields == {"question": "Which?", "a": None, "choices": None}


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        (rows_of(), set()),  # no letter
        ([row | {"a": "A"} for row in rows_of("a")], set()),  # the same in all
        ([row | {"a": ["late", "early"][n % 2]} for n, row in enumerate(rows_of("a"))], set()),
        ([row | {"choices": ["x", "y"]} for row in rows_of("a")], set()),
        (rows_of("a"), {"question", "a"}),  # named as a text and its label
        ([], set()),
    ],
)
def test_other_tables_stay(rows, named):
    table = raw_table(rows)
    assert cut_options(table, named) is table


def test_a_project_that_was_begun_from_the_options_is_read_so_again():
    made = cut_options(raw_table(rows_of("a")), {"question", "a", "choices"})
    assert "choices" in made.names
