import pytest

from assay.data.reading.odd_rows import allowed, odd_rows
from helpers.raw_tables import raw_table


def groups_of(odd, share=0.05):
    regular = {
        "id": 1,
        "question": {"stem": "Which?", "choices": [{"text": "a", "label": "A"}] * 2},
        "scores": {"x": 1, "y": 0},
    }
    rows = [{**regular, "scores": {f"x{n}": 1, f"y{n}": 0}} for n in range(12)]
    rows[7] = odd(rows[7])
    return odd_rows(raw_table(rows).rows, share)


@pytest.mark.parametrize(
    ("odd", "named"),
    [
        (lambda row: {**row, "question": None}, "'question' is not an object"),
        (lambda row: {**row, "question": "Which?"}, "'question' is not an object"),
        (lambda row: {"id": 1, "scores": row["scores"]}, "'question' is not an object"),
        (
            lambda row: {**row, "question": {**row["question"], "stem": " "}},
            "'question.stem' is not a text",
        ),
        (
            lambda row: {**row, "question": {"stem": "x", "choices": []}},
            "'question.choices.*' is not an object",
        ),
        (
            lambda row: {**row, "question": {"stem": "x", "choices": [{"text": "a"}]}},
            "'question.choices.*",
        ),
        (lambda row: {**row, "scores": {"x7": None, "y7": 0}}, "'scores.*' is not as in"),
    ],
)
def test_a_row_that_is_built_otherwise_is_found_with_the_reason(odd, named):
    ((group),) = groups_of(odd)
    assert [*group] == [7] and group[7].text.startswith(named) and group[7].code == "D025"


@pytest.mark.parametrize(
    "even",
    [
        lambda row: row,
        lambda row: {**row, "id": 2.5},
        lambda row: {**row, "more": None},  # most rows are without it
        lambda row: {**row, "scores": {"x9": 0, "z": 1}},
    ],
)
def test_other_values_and_fields_beside_are_not_odd(even):
    assert groups_of(even) == []


def test_of_few_rows_none_is_odd_and_nothing_may_be_where_that_is_said():
    assert groups_of(lambda row: {"id": 1}, share=0.0) == []
    assert odd_rows(raw_table([{"a": {"b": 1}}] * 8 + [{"a": None}]).rows, 0.05) == []
    assert [allowed(9, 0.05), allowed(10, 0.05), allowed(100, 0.05)] == [pytest.approx(0.45), 1, 5]
