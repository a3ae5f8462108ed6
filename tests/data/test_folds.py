from collections import Counter
from dataclasses import replace

import pytest

from assay.core.errors import DataError, UsageError
from assay.core.types import Means
from assay.data.folds import assign_folds, fold_of, refuse_folds, split_words
from assay.data.leak_audit import audit
from assay.data.pipeline import run
from assay.data.split import Split
from helpers.problems import problem

FIVE = Split(folds=5)


def folds_of(rows, settings=FIVE, seed=0):
    return assign_folds(rows, settings, stratify=True, seed=seed)


def test_every_row_has_one_fold_and_labels_their_share_in_each(make, sentences):
    rows = make([(text, "aab"[at % 3]) for at, text in enumerate(sentences(150))])
    folds = folds_of(rows)
    assert folds.keys() == {row.id for row in rows}
    assert Counter(folds.values()) == dict.fromkeys(range(5), 30)
    for label, share in (("a", 20), ("b", 10)):
        found = Counter(folds[row.id] for row in rows if row.target == label)
        assert all(abs(found[fold] - share) <= 1 for fold in range(5))
    assert folds_of(list(reversed(rows))) == folds != folds_of(rows, seed=1)


def test_copies_and_groups_are_in_one_fold(make, sentences):
    texts = sentences(60)
    rows = make(
        [(text, "a", f"group {at % 12}") for at, text in enumerate(texts)]
        + [(text + "q", "a") for text in texts[:20]]
    )
    folds = folds_of(rows)
    for fold in range(5):
        inside = [row for row in rows if folds[row.id] == fold]
        outside = [row for row in rows if folds[row.id] != fold]
        assert inside and not audit(outside, [], inside).pairs


def test_labels_with_fewer_rows_than_folds_are_spread(make, sentences):
    texts = sentences(100)
    rows = make([(text, f"rare {at // 2}" if at < 40 else "a") for at, text in enumerate(texts)])
    folds = folds_of(rows)
    rare = Counter(folds[row.id] for row in rows[:40])
    assert all(abs(rare[fold] - 8) <= 1 for fold in range(5))


def test_too_few_rows(make, sentences):
    with problem(DataError, "D059", "split.folds", "4 rows", "5 folds"):
        folds_of(make([(text, "a") for text in sentences(4)]))


def test_a_question_made_of_a_row_is_in_its_fold(make):
    row, other = make([("one", "a"), ("two", "a")])
    folds = {row.id: 3}
    assert fold_of(row, folds) == 3
    changed = row.with_text("other words")
    assert fold_of(changed, folds) == 3 and fold_of(other, folds) is None


@pytest.mark.parametrize(
    ("id", "fold"),
    [
        ("a", 0),
        ("a~typos", 0),
        ("a~typos~0", 0),
        ("a~1", 1),
        ("a~1~typos", 1),
        ("a~1~typos~0", 1),
        ("b", None),
        ("b~typos", None),
    ],
)
def test_a_changed_question_has_the_fold_of_its_row_whatever_signs_the_id_has(make, id, fold):
    (row,) = make([("one", "a")])
    assert fold_of(replace(row, id=id), {"a": 0, "a~1": 1}) == fold


@pytest.mark.parametrize(
    ("given", "augmented", "named"),
    [(["val", "test"], False, "test file"), ([], True, "augment")],
)
def test_what_makes_no_sense_with_folds(given, augmented, named):
    refuse_folds(Split(), given, augmented)
    refuse_folds(FIVE, ["val"], augmented=False)
    with problem(UsageError, "C073", "split.folds", named):
        refuse_folds(FIVE, given, augmented)


def test_rows_that_are_not_val_are_trained_on_and_tested(make, sentences):
    rows = make([(text, "ab"[at % 2]) for at, text in enumerate(sentences(100))])
    given = {"official": False, "steps": (), "split": FIVE, "task_kind": "classify", "seed": 0}
    found = run(rows, [], [], **given, means=Means(), tell=lambda event: None)
    assert found.test == found.train and len(found.val) == 10
    assert found.folds.keys() == {row.id for row in found.train}
    assert not {row.id for row in found.val} & found.folds.keys()
    assert found.counts["kept"] == {"train": 90, "val": 10, "test": 90}
    counts = {"train": 90, "val": 10, "test": 90}
    assert split_words(counts) == "90 train, 10 val, 90 test"
    assert split_words(counts | {"folds": 5}) == "90 in 5 folds, 10 val"
