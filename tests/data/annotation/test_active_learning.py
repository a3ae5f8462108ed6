import numpy as np

from assay.core.types import Example, Message
from assay.data.annotation.active_learning import choose, informative, uncertainty


def row(id, text, label=None):
    return Example(id, (Message("user", text),), label)


KNOWN = [
    row(f"k{i}", text, label)
    for i, (text, label) in enumerate([("money back", "refund"), ("late parcel", "post")] * 4)
]


def test_the_margin_of_the_two_likeliest_is_what_is_uncertain():
    # 1 - (0.5 - 0.4), 1 - (0.9 - 0.1), 1 - 0
    assert np.allclose(
        uncertainty(np.array([[0.5, 0.4, 0.1], [0.9, 0.1, 0.0], [0.5, 0.5, 0.0]])), [0.9, 0.2, 1.0]
    )


def test_a_row_between_two_labels_comes_before_clear_ones():
    open_ = [row("a", "money back"), row("b", "money parcel"), row("c", "late parcel")]
    assert choose(KNOWN, open_, 2)[0].id == "b"


def test_of_two_alike_only_one_is_taken_first():
    matrix = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert informative(np.array([0.9, 0.89, 0.5]), matrix, 2) == [0, 2]
    assert informative(np.array([0.9, 0.89, 0.5]), matrix, 9) == [0, 2, 1]


def test_before_there_are_labels_rows_are_drawn_with_the_seed():
    open_ = [row(f"r{i}", f"text {i}") for i in range(60)]
    for known in ([], [row("k", "text", "one")]):
        taken = choose(known, open_, 5, seed=1)
        assert taken == choose(known, open_, 5, seed=1) != choose(known, open_, 5, seed=2)
        assert len({r.id for r in taken}) == 5


def test_labels_that_stand_once_each_are_labels_and_no_numbers():
    known = [row(f"k{i}", f"word{i} more", f"label{i}") for i in range(30)]
    open_ = [row(f"r{i}", f"word{i} again") for i in range(30)]
    assert len(choose(known, open_, 5)) == 5


def test_each_row_is_taken_once_and_no_more_than_there_are():
    open_ = [row(f"r{i}", "same text") for i in range(7)]
    assert sorted(r.id for r in choose(KNOWN, open_, 50)) == sorted(r.id for r in open_)
    assert sorted(r.id for r in choose([], open_, 50)) == sorted(r.id for r in open_)
    assert choose(KNOWN, [], 3) == []
