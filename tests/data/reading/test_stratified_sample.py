from assay.core.types import Example, Message
from assay.data.reading.stratified_sample import apportion, sample_stratified


def test_seats_by_the_largest_remainder():
    # The usual example of Hamilton's method: 47,000 16,000 15,900 12,000 6,000 3,100 votes, ten
    # seats.
    assert apportion([47_000, 16_000, 15_900, 12_000, 6_000, 3_100], 10) == [5, 2, 1, 1, 1, 0]


def test_a_sample_does_not_depend_on_the_order_of_the_rows():
    rows = [
        Example(f"r-{i}", (Message("user", f"text {i}"),), "ab"[i % 3 == 0]) for i in range(300)
    ]
    drawn, turned = sample_stratified(rows, 60, 1), sample_stratified(rows[::-1], 60, 1)
    assert {row.id for row in drawn} == {row.id for row in turned}
    assert sum(row.target == "b" for row in drawn) == 20
    assert {row.id for row in sample_stratified(rows, 60, 2)} != {row.id for row in drawn}


def test_every_slice_is_drawn_by_its_share_and_rows_stay_in_order():
    rows = [
        Example(f"r-{i}", (Message("user", f"text {i}"),), "a", slices=(("shop", "ns"[i < 40]),))
        for i in range(100)
    ]
    drawn = sample_stratified(rows, 10, 1)
    assert sum(row.slices == (("shop", "s"),) for row in drawn) == 4
    assert drawn == [row for row in rows if row in drawn]
    assert sample_stratified(rows, 100, 1) == rows
    assert sample_stratified(rows, 0, 1) == []


def test_a_row_that_is_added_changes_which_others_are_drawn_by_one_at_most():
    rows = [Example(f"r-{i}", (Message("user", f"text {i}"),), f"answer {i}") for i in range(200)]
    fewer, more = sample_stratified(rows[:-1], 50, 1), sample_stratified(rows, 50, 1)
    assert len({row.id for row in fewer} - {row.id for row in more}) <= 1
