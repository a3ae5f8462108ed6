import pytest

from assay.core.types import Example, Message
from assay.data.augment.selection import choose_rows, draw_for

ROWS = [Example(str(i), (Message("user", f"text {i}"),), "ab"[i % 2]) for i in range(50)]


@pytest.mark.parametrize(("share", "count"), [(0, 0), (0.001, 1), (0.3, 15), (1, 50)])
def test_a_share_of_the_rows_is_chosen_and_one_at_least(share, count):
    chosen = choose_rows(ROWS, share, "noise", 3)
    assert len(chosen) == count
    assert chosen == [row for row in ROWS if row in chosen]  # in input order


def test_a_smaller_share_is_a_part_of_a_larger_one_whatever_the_order_of_the_rows():
    some, more = (choose_rows(ROWS, share, "noise", 3) for share in (0.2, 0.6))
    assert {row.id for row in some} < {row.id for row in more}
    turned = choose_rows(ROWS[::-1], 0.2, "noise", 3)
    assert {row.id for row in turned} == {row.id for row in some}
    assert choose_rows([], 0.5, "noise", 3) == []


def test_a_row_has_draws_of_its_own_for_each_seed_kind_and_copy():
    def first(row, kind, seed, copy):
        return draw_for(row, kind, seed, copy).random()

    asked = [(ROWS[0], "noise", 1, 0), (ROWS[1], "noise", 1, 0), (ROWS[0], "balance", 1, 0),
             (ROWS[0], "noise", 2, 0), (ROWS[0], "noise", 1, 1)]  # fmt: skip
    assert len({first(*one) for one in asked}) == len(asked)
    # The text and the target decide, not the id: files may number their rows anew.
    again = Example("other", ROWS[0].messages, ROWS[0].target)
    assert first(again, "noise", 1, 0) == first(*asked[0])
