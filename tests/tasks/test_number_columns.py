import pytest

from assay.tasks.columns import columns_of
from assay.tasks.number_columns import counts_classes, counts_rows, marks_rows, measures


def column(values):
    return columns_of([{"n": str(value)} for value in values])[0]


def test_rows_are_counted_or_marked():
    assert counts_rows(column(range(100, 130)))
    assert counts_rows(column([*range(15, 30), *range(15)]))
    assert not counts_rows(column([3, 1, 900]))
    assert marks_rows(column([7 * at * at + 1 for at in range(30)]))
    assert not marks_rows(column([at % 9 for at in range(30)]))


@pytest.mark.parametrize(
    ("values", "said"), [(["0.31", "2"], True), (["1.5", "2.0"], False), (["1", "2"], False)]
)
def test_what_is_measured_has_decimals(values, said):
    assert measures(column(values)) is said


def test_classes_count_from_zero():
    assert counts_classes(column([0, 2, 1, 1]))
    assert not counts_classes(column([1, 2, 3]))
