"""The text is the column that is named so, or that reads most like one."""

import pytest

from assay.tasks.columns import columns_of
from assay.tasks.text_column import text_of

LONG = "The kettle {} in the kitchen has not boiled since Tuesday, though it is on."
SHORT = "Please say {} why it is so."


def rows(**cells):
    return [{name: cell.format(at) for name, cell in cells.items()} for at in range(30)]


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        ({"a": SHORT, "b": LONG}, "b"),  # of prose without a telling name the one with more words
        ({"text": SHORT, "b": LONG}, "text"),
        ({"label": "x", "b": SHORT}, "b"),
    ],
)
def test_by_name_then_by_words(cells, wanted):
    found = columns_of(rows(**cells))
    goal = next((column for column in found if column.name == "label"), None)
    column, why = text_of(found, goal, {"label"})
    assert column.name == wanted and f"'{wanted}'" in why


def test_prose_behind_the_target_says_why():
    found = columns_of(rows(before=SHORT, answer="x{}", after=LONG))
    column, _ = text_of(found, found[1], set())
    assert column.name == "before"


def test_what_has_a_role_and_numbers_are_no_text():
    found = columns_of(rows(a=LONG, n="{}"))
    assert text_of(found, None, {"a"}) is None


def test_in_a_table_without_names_what_stands_far_behind_the_first_text_says_why():
    rows = [
        {
            "field1": ("true", "false")[n % 2],
            "field2": f"the river was {n} feet deep then",
            "field3": "abc"[n % 3],
            "field4": f"{n * 7 % 11}",
            "field5": f"{n * 5 % 13}",
            "field6": f"a book of the year {1900 + n} says that it was deeper than that then",
        }
        for n in range(60)
    ]
    found = columns_of(rows)
    assert text_of(found, found[0], set())[0].name == "field2"


def test_a_claim_that_is_judged_is_the_text_and_not_the_question_that_it_came_from():
    made = [
        {
            "question": f"What is known of kettle {n % 20}?",
            "claim": f"The kettle {n} is old",
            "evidence": LONG.format(n),
            "label": ("true", "false")[n % 2],
        }
        for n in range(60)
    ]
    found = columns_of(made)
    assert text_of(found, found[-1], set())[0].name in ("claim", "evidence")
