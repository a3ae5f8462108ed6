import csv
import json

import pytest

from assay.core.errors import LeakError
from assay.data.leak_audit import audit, leak_error, repair

TRAIN = [
    ("Where is the card I ordered last week?", "card"),
    ("How do I reset the password of my account?", "login"),
    ("The shop has not sent my refund yet", "refund"),
    ("where is the card I ordered last week", "card"),
]
VAL = [
    ("The shop has not sent my refund yet!", "refund"),
    ("Please close my account for good", "close"),
]
TEST = [
    ("WHERE IS THE CARD I ORDERED LAST WEEK", "card"),
    ("How do I resett the pasword of my account?", "login"),
    ("Can you raise the limit of my credit card?", "limit"),
]


@pytest.fixture
def splits(make):
    return make(TRAIN, "train"), make(VAL, "val"), make(TEST, "test")


def test_each_kind_of_overlap_is_found(splits):
    found = audit(*splits)
    assert found.counts["exact"] == {"test~train": 1, "val~train": 1, "test~val": 0}
    assert found.counts["near"] == {"test~train": 1, "val~train": 0, "test~val": 0}
    first = found.of("exact")[0]
    assert first.left.ids == ("train-1", "train-4")
    assert (first.right.ids, first.right.sources, first.right.labels) == (
        ("test-1",),
        ("test.csv:2",),
        ("card",),
    )
    assert json.loads(json.dumps(found.to_json()))["counts"] == found.counts


def test_val_rows_that_stand_in_train_are_found_each_with_its_kind(make, sentences):
    texts = sentences(12)
    train = make([(text, "a", f"g{at}") for at, text in enumerate(texts[:8])], "train")
    val = make(
        [
            (texts[8], "a", "g8"),
            (f"  {texts[2].upper()}!", "a", "g9"),  # a copy but for case, space and marks
            (texts[5][:-1] + "q", "a", "g10"),  # one letter
            (texts[9], "a", "g7"),  # another text of the same group
        ],
        "val",
    )
    test = make([(texts[10], "a"), (texts[11], "a")], "test")
    found = audit(train, val, test)
    assert [
        (pair.kind, pair.left.split, pair.left.ids, pair.right.split, pair.right.ids)
        for pair in found.pairs
    ] == [
        ("exact", "train", ("train-3",), "val", ("val-2",)),
        ("near", "train", ("train-6",), "val", ("val-3",)),
        ("group", "train", ("train-8",), "val", ("val-4",)),
    ]
    for kind in ("exact", "near", "group"):
        assert found.counts[kind] == {"test~train": 0, "val~train": 1, "test~val": 0}
    assert found.straddling == 1
    assert repair(found.pairs) == {
        "train-3": ("copy of a val row", "val-2"),
        "train-6": ("near copy of a val row", "val-3"),
        "train-8": ("shares a group with a val row", "val-4"),
    }


def test_near_copies_of_val_rows_in_test_are_found(make):
    val = make([("How do I resett the pasword of my account?", "login")], "val")
    found = audit([], val, make([TRAIN[1]], "test"))
    assert found.counts["near"] == {"test~train": 0, "val~train": 0, "test~val": 1}
    assert set(repair(found.pairs)) == {"val-1"}


def test_every_row_that_leaks_is_named_however_many_are_near_to_one(make):
    text = "The parcel with the number {} has not come to my house in the village of Alder yet"
    found = audit(
        make([(text.format(0), "a")], "train"),
        [],
        make([(text.format(n), "a") for n in range(1, 9)], "test"),
    )
    assert found.counts["near"]["test~train"] == 8


def test_ids_depend_on_the_texts_alone(splits):
    train, val, test = splits
    once = {pair.id for pair in audit(train, val, test).pairs}
    assert once == {pair.id for pair in audit(train[::-1], val, test[::-1]).pairs}
    assert all(len(name) == len("leak-3fa9c1") for name in once)


def test_shared_groups_are_leaks(make):
    train = make(
        [("first question of the day", "a", "anna"), ("another thing entirely", "b", "bert")],
        "train",
    )
    test = make([("nothing like the others at all", "a", "anna")], "test")
    found = audit(train, [], test)
    assert [(pair.kind, pair.left.ids, pair.right.ids) for pair in found.pairs] == [
        ("group", ("train-1",), ("test-1",))
    ]


def test_repair_never_takes_a_test_row_and_leaves_nothing(splits):
    train, val, test = splits
    gone = repair(audit(train, val, test).pairs)
    assert gone["train-1"] == ("copy of a test row", "test-1")
    assert not {row.id for row in test} & set(gone)
    left = [[row for row in split if row.id not in gone] for split in (train, val)]
    assert not audit(*left, test).pairs


def test_the_error_names_the_first_pairs_and_the_ways_out(splits):
    found = audit(*splits)
    error = leak_error(found, found.pairs)
    assert isinstance(error, LeakError) and error.exit_code == 1
    text = str(error)
    assert text.startswith(
        "D050 split.leaks: 2 test rows also stand in train; 1 val row also stands in train"
    )
    assert "test.csv:2 ~ train.csv:2" in text
    assert "split.leaks: repair" in text and f"split.leaks: [{found.pairs[0].id}]" in text


def test_texts_with_two_labels_are_counted_once(make):
    train = make(
        [("one text", "a"), ("One text!", "b"), ("other", "a"), ("lone", "A"), ("lone", "a ")],
        "train",
    )
    found = audit(train, [], make([("one text", "c")], "test"))
    assert found.conflicting_labels == 1
    assert found.conflicts[0].labels == ("a", "b", "c")


def test_rows_without_text_share_nothing(make):
    assert not audit(make([("", "a"), ("", "b")], "train"), [], make([(" ", "a")], "test")).pairs


@pytest.mark.real
def test_the_official_split_of_banking77(shared_data, make):
    def read(name):
        with (shared_data("banking77", whole=True) / f"{name}.csv").open(
            encoding="utf-8", newline=""
        ) as file:
            return make([(row["text"], row["category"]) for row in csv.DictReader(file)], name)

    train, test = read("train"), read("test")

    def plain(text):
        return " ".join("".join(c if c.isalnum() else " " for c in text.lower()).split())

    # Counted here by other means: texts of letters and digits only, by a set.
    known = {plain(row.text) for row in train}
    assert sum(plain(row.text) in known for row in test) == 25
    found = audit(train, [], test)
    assert found.counts["exact"]["test~train"] == 25
    assert found.conflicting_labels == 2
    # Hand-checked: small changes of wording, never a whole paraphrase.
    assert 400 <= found.counts["near"]["test~train"] <= 600
