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
