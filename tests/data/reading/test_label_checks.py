import pytest

from assay.core.errors import DataError
from assay.core.types import Example, Message
from assay.data.reading.label_checks import (
    check_answers,
    check_label_sets,
    check_labels,
    check_row_order,
    kinds_of_values,
    order_field,
)
from assay.data.reading.load import load
from helpers.lines import named


def rows(*pairs, **more):
    return [
        Example(f"r{at}", (Message("user", text),), target, source=f"a.csv:{at}", **more)
        for at, (text, target) in enumerate(pairs, 2)
    ]


def codes(train, test=(), listed=(), check=check_labels, raw=None):
    problems, warnings = check({"train": train, "val": [], "test": list(test)}, raw or {}, listed)
    return [one.code for one in problems], [(one["code"], one["count"]) for one in warnings]


PLAIN = rows(*((f"text {n}", "ab"[n % 2]) for n in range(8)))


def test_labels_that_are_in_order_have_neither_problems_nor_warnings():
    assert codes(PLAIN, PLAIN[:4]) == ([], [])
    assert codes(PLAIN, PLAIN[:4], check=check_label_sets) == ([], [])


@pytest.mark.parametrize(
    ("train", "test", "listed", "problems", "warnings"),
    [
        (rows(("x", "a"), ("y", "a"), ("z", "a")), [], (), ["D032"], []),
        (PLAIN, [], ("a", "c"), ["D030"], []),
        (PLAIN, rows(("x", "c"), ("y", "c")), (), [], [("D030", 2)]),
        ([*PLAIN, *rows(("once", "c"))], [], (), [], [("D033", 1)]),
        ([*PLAIN, *rows(("TEXT  1", "a"))], [], (), [], [("D034", 1)]),
        ([*PLAIN, *rows(("a", "Pay"), ("b", "pay"))], [], ("a", "b", "Pay", "pay"), [], None),
        (rows(("p", "1,5"), ("q", "2"), ("r", "2"), ("s", "1,5"), ("t", "1,5")), [], (), [], None),
    ],
    ids=["one label", "not listed", "unseen", "rare", "two labels", "listed alike", "commas"],
)
def test_what_is_odd_about_labels_is_told(train, test, listed, problems, warnings):
    found, told = codes(train, test, listed)
    assert found == problems
    assert warnings is None or told == warnings


def test_a_number_and_its_text_are_one_label():
    raw = kinds_of_values([(1, "a.csv:2"), ("1", "a.csv:3"), (True, "a.csv:4"), (None, "a.csv:5")])
    assert raw == {
        "1": {"number": "a.csv:2", "text": "a.csv:3"},
        "true": {"true or false": "a.csv:4"},
    }
    assert codes(PLAIN, raw=raw) == ([], [("D029", 1)])


def test_sets_are_looked_at_label_by_label():
    sets = rows(("x", "a | b"), ("y", "b"), ("z", "none"), ("v", "a"), ("u", "a | b"))
    assert codes(sets, rows(("w", "c | a")), check=check_label_sets) == ([], [("D030", 1)])
    assert codes(rows(("x", "none")), check=check_label_sets)[0] == ["D032"]


def test_rows_that_are_sorted_are_told_from_mixed_ones():
    # 40 rows, half of them a: mixed ones change about 40 (1 - 1/2) = 20 times, sorted ones once.
    pairs = [(f"text {n}", "ab"[n >= 20]) for n in range(40)]
    mixed = [pairs[n * 7 % 40] for n in range(40)]
    assert (order_field(rows(*pairs), "classify"), order_field(rows(*mixed), "classify")) == (
        "label",
        "",
    )
    assert order_field(rows(*pairs), "answer") == ""  # written answers are no order
    halves = [
        *rows(*mixed[:20], slices=(("shop", "n"),)),
        *rows(*mixed[20:], slices=(("shop", "s"),)),
    ]
    assert order_field(halves, "classify") == "shop"
    notes, warnings = check_row_order(rows(*pairs), "classify", cut=False)
    assert (len(notes), warnings) == (1, [])
    notes, warnings = check_row_order(rows(*pairs), "classify", cut=True)
    assert (notes, [one["code"] for one in warnings]) == ([], ["D235"])


@pytest.mark.parametrize(
    ("train", "codes"),
    [
        (rows(*((f"q {n}", "the same answer") for n in range(10))), ["D232"]),
        (rows(*((f"q {n}", "A" if n else "B") for n in range(10)), options=("x", "y")), ["D232"]),
        (rows(*((f"q {n}", f"answer {n}") for n in range(10))), []),
        (rows(("it lies in the great hall", "in the great hall"), ("b", "c")), ["D046"]),
        (rows(("it lies in the hall", "hall"), ("b", "c")), []),  # a short one may, by chance
    ],
    ids=["one answer", "one letter", "answers", "in the text", "short"],
)
def test_answers_that_need_no_reading_are_told(train, codes):
    assert [one["code"] for one in check_answers({"train": train})] == codes


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (("a;b", "b;c", "a;c", "a;b;c", "b"), "of 3 in all"),
        (("a,b", "b,c", "a,c", "a,b,c"), "of 3 in all"),
        # parts that come once are names with a separator in them
        (("bad, not mine", "lost, stolen", "cancel, refund", "other"), ""),
        (("a;b", "b;c", "c"), ""),  # two may be chance
        (("a", "b", "c"), ""),
    ],
)
def test_labels_that_are_joined_of_others_are_told(labels, said):
    train = rows(*((f"q {n} {label}", label) for n, label in enumerate(labels * 4)))
    problems, warnings = check_labels({"train": train, "val": (), "test": ()}, {}, ())
    told = [one["text"] for one in warnings if one["code"] == "D214"]
    assert not problems and len(told) == bool(said) and all(said in text for text in told)


def codes_of(error):
    return [problem.code for problem in error.problems]


def test_listed_labels(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("text,label\nWhere is it,IT\nHere it is,it\nWho is it,refnd\n")
    with pytest.raises(DataError) as caught:
        load({"data": [path]}, base=tmp_path, labels=("IT", "it", "refund"))
    # Both spellings are listed, so they differ on purpose; 'refnd' is not listed.
    assert codes_of(caught.value) == ["D030"]
    assert named(caught.value.problems[0].help, "'refund'")
