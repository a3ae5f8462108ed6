import pytest

from assay.tasks.options import (
    LETTERS,
    meaning,
    options_in,
    options_of,
    question_with_options,
    right,
    shuffle_options,
)


def test_the_right_option_by_letter_place_and_text():
    three = ["red", "blue", "green"]
    for values, how in (
        (["A", "c", "(B)"], "letter"),
        ([0, 2, 1], "from 0"),
        (["1", "3", "2"], "from 1"),
        (["red", "green", "blue"], "text"),
    ):
        assert meaning((value, three) for value in values) == how
        assert [right(value, three, how) for value in values] == ["A", "C", "B"]
    assert right("mauve", three, "text") is None
    assert right("D", three, "letter") is None
    # Options that are numbers: 2 is a place where all answers are, and a text where all are texts.
    numbers = ["2", "0", "7"]
    assert meaning([(1, numbers), (2, three)]) == "from 0"
    assert meaning([("7", numbers), ("2", numbers)]) == "text"
    assert right("7", numbers, "text") == "C"


def test_options_in_each_form():
    assert (
        options_of([["a", "b"]])
        == options_of(["a", "b", None])
        == options_of(['["a", "b"]'])
        == ["a", "b"]
    )
    assert (
        options_of(["a; b"], ";")
        == options_of([{"text": ["a", "b"], "label": ["A", "B"]}])
        == ["a", "b"]
    )
    for bad in (
        ["a"],
        [["a", ""]],
        ["", "a", "b"],
        [[f"{i}" for i in range(len(LETTERS) + 1)]],
        [["a", ["b"]]],
    ):
        with pytest.raises(ValueError):
            options_of(bad)


def test_a_question_shows_the_options_it_was_made_of():
    assert options_in(question_with_options("Which?", ("red", "A. blue"))) == ("red", "A. blue")
    assert options_in("Which?\nA. red") == () == options_in("A. red or B. blue?")


def test_one_wrong_row_in_twenty_does_not_change_what_the_others_mean():
    rows = [("B", ["red", "blue"])] * 19 + [("mauve", ["red", "blue"])]
    assert meaning(rows) == "letter"
    assert meaning([("blue", ["red", "blue"])] * 19 + [("mauve", ["red", "blue"])]) == "text"


def test_shuffled_options_keep_which_one_is_right():
    options = ("red", "blue", "green", "grey")
    orders = set()
    for key in (f"question {i}" for i in range(20)):
        shuffled, letters = shuffle_options(options, ("B", "D"), key)
        assert [shuffled[LETTERS.index(letter)] for letter in letters] == ["blue", "grey"]
        assert sorted(shuffled) == sorted(options)
        # Whatever order a file has them in, the question has the same one.
        assert shuffle_options(options[::-1], (), key)[0] == shuffled
        orders.add(shuffled)
    assert len(orders) > 10  # of 24: each question has its own
