"""Labels that are imbalanced, and what is said where accuracy would decide over them."""

import pytest

from assay.core.types import Task
from assay.tasks.label_balance import dominant_label, warn_of_accuracy


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ({"ham": 80, "spam": 20}, ("ham", 0.8)),
        ({"spam": 1, "ham": 9}, ("ham", 0.9)),
        ({"ham": 79, "spam": 21}, None),
        ({"a": 3, "b": 3, "c": 3}, None),
        ({"ham": 7}, None),  # there is nothing to tell it from
        ({}, None),
    ],
)
def test_a_label_with_four_fifths_of_the_rows(rows, found):
    assert dominant_label(rows) == found


def test_it_is_said_where_nobody_said_what_decides():
    rows = {"ham": 93, "spam": 7}
    (said,) = warn_of_accuracy(Task(kind="classify"), rows)
    assert said["code"] == "D254"
    assert "'ham' has 93% of the rows" in said["text"] and "macro_f1" in said["text"]
    assert warn_of_accuracy(Task(kind="classify", metric="accuracy"), rows) == []
    assert warn_of_accuracy(Task(kind="multilabel"), rows) == []
    assert warn_of_accuracy(Task(kind="classify"), {"ham": 5, "spam": 5}) == []
    (said,) = warn_of_accuracy(Task(kind="classify"), {"\x1b[31mham": 93, "spam": 7})
    assert "\x1b" not in said["text"]
