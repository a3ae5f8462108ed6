from collections import Counter

from assay.core.types import Dropped, Made, Means
from assay.data.augment.balance import Balance


def labels(rows, results):
    gone = {r.example.id for r in results if isinstance(r, Dropped)}
    kept = [row for row in rows if row.id not in gone]
    return Counter(
        row.target for row in [*kept, *(r.example for r in results if isinstance(r, Made))]
    )


def rows_of(make, sentences, a, b, c):
    return make(
        [
            (text, label)
            for text, label in zip(sentences(a + b + c), "a" * a + "b" * b + "c" * c, strict=True)
        ]
    )


def test_every_label_gets_as_many_rows_as_the_most_frequent_one(make, sentences):
    rows = rows_of(make, sentences, 40, 10, 4)
    assert labels(rows, list(Balance().make(rows, Means()))) == {"a": 40, "b": 40, "c": 40}


def test_a_row_is_copied_so_often_at_most(make, sentences):
    rows = rows_of(make, sentences, 40, 10, 2)
    assert labels(rows, list(Balance(most_copies=3).make(rows, Means()))) == {
        "a": 40,
        "b": 40,
        "c": 8,
    }


def test_a_number_fills_up_and_caps(make, sentences):
    rows = rows_of(make, sentences, 40, 20, 4)
    assert labels(rows, list(Balance(to=20).make(rows, Means()))) == {"a": 40, "b": 20, "c": 20}
    capped = list(Balance(to=20, cap=True).make(rows, Means()))
    assert labels(rows, capped) == {"a": 20, "b": 20, "c": 20}
    assert {r.reason for r in capped if isinstance(r, Dropped)} == {
        "more than 20 rows of its label"
    }


def test_copies_differ_from_their_rows_and_each_other(make, sentences):
    rows = rows_of(make, sentences, 60, 30, 10)
    made = [r.example.text for r in Balance().make(rows, Means())]
    assert len({*made, *(row.text for row in rows)}) == len(made) + len(rows)
