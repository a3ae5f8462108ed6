import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.core.errors import UsageError
from assay.core.sampling import hash_rank
from assay.core.types import Example, Message
from assay.data.leak_audit import audit
from assay.data.split import Split, draw, shares_for, split
from helpers.problems import problem

SHARES = {"train": 0.8, "val": 0.1, "test": 0.1}
NAMES = ("train", "val", "test")


def divided(examples, shares=SHARES, stratify=True, seed=0):
    parts, rare = split(examples, shares, near=0.8, stratify=stratify, seed=seed)
    assert sorted(e.id for part in parts.values() for e in part) == sorted(e.id for e in examples)
    return parts, rare


@pytest.mark.slow
@settings(max_examples=30)
@given(
    st.lists(st.integers(3, 40), min_size=1, max_size=8),
    st.sampled_from([(0.8, 0.1, 0.1), (0.7, 0.15, 0.15), (0.5, 0.25, 0.25), (0.34, 0.33, 0.33)]),
    st.integers(0, 3),
)
def test_shares_hold_to_within_a_row(sizes, shares, seed):
    # Numbers far apart in words, so that no two rows are near and every row is a family of its own.
    draw = random.Random(seed)
    examples = [
        Example(
            f"{label}-{n}",
            (Message("user", "".join(draw.choices("bcdfghklmnprstvw", k=30))),),
            str(label),
        )
        for label, size in enumerate(sizes)
        for n in range(size)
    ]
    parts, rare = divided(examples, dict(zip(NAMES, shares, strict=True)), seed=seed)
    assert not rare
    for name, share in zip(NAMES, shares, strict=True):
        assert abs(len(parts[name]) - share * len(examples)) <= 1
        by_label = Counter(example.target for example in parts[name])
        for label, size in enumerate(sizes):
            # two ends of a stretch, 0.75 each (Tijdeman 1980)
            assert abs(by_label[str(label)] - share * size) <= 1.5


def test_the_order_of_the_file_does_not_matter(make, sentences):
    rows = make([(text, "ab"[at % 2]) for at, text in enumerate(sentences(200))])
    shuffled = random.Random(1).sample(rows, len(rows))
    one, two = divided(rows)[0], divided(shuffled)[0]
    for name in NAMES:
        assert {e.id for e in one[name]} == {e.id for e in two[name]}
        assert one[name] == [row for row in rows if row in one[name]]  # input order
    assert divided(rows, seed=1)[0] != one


@pytest.mark.parametrize("stratify", [True, False])
def test_families_do_not_depend_on_the_order_of_the_file_or_of_its_names(make, sentences, stratify):
    # Groups, copies and near copies of several labels, of many equal sizes.
    texts = sentences(120)
    draw = random.Random(0)
    rows = make(
        [(text, draw.choice("abcde"), f"g{at // 4}") for at, text in enumerate(texts[:60])]
        + [(text, draw.choice("abcde")) for text in texts[60:]]
        + [(text + "q", draw.choice("abcde")) for text in texts[60:90]]
        + [(text, draw.choice("abcde")) for text in texts[60:80]]
    )
    one = divided(rows, stratify=stratify)[0]
    where = {row.id: name for name in NAMES for row in one[name]}
    for seed in range(5):
        order = random.Random(seed).sample(rows, len(rows))
        parts = divided(order, stratify=stratify)[0]
        assert {row.id: name for name in NAMES for row in parts[name]} == where
    # Names of groups say who belongs together, and nothing else.
    other = [replace(row, group=row.group and f"{hash_rank(1, row.group)}") for row in rows]
    parts = divided(other, stratify=stratify)[0]
    assert {row.id: name for name in NAMES for row in parts[name]} == where


def test_a_group_is_never_divided(make, sentences):
    texts = sentences(300)
    draw = random.Random(0)
    rows = make([(text, draw.choice("ab"), f"customer {draw.randrange(60)}") for text in texts])
    parts, _ = divided(rows)
    groups = {name: {e.group for e in part} for name, part in parts.items()}
    assert (
        not groups["train"] & groups["val"]
        and not groups["train"] & groups["test"]
        and not groups["val"] & groups["test"]
    )
    # The biggest group has about ten rows; no share may be further off than one group.
    for name, share in SHARES.items():
        assert abs(len(parts[name]) - share * 300) <= 10
    assert not audit(parts["train"], parts["val"], parts["test"]).pairs


@pytest.mark.slow
@settings(max_examples=20)
@given(
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 2)), min_size=30, max_size=60),
    st.integers(0, 3),
)
def test_with_groups_labels_keep_their_shares_to_within_two_groups(groups, seed):
    draw = random.Random(seed)
    examples = [
        Example(
            f"{n}-{k}",
            (Message("user", "".join(draw.choices("bcdfghklmnprstvw", k=30))),),
            str(label),
            group=f"g{n}",
        )
        for n, (size, label) in enumerate(groups)
        for k in range(size)
    ]
    parts, rare = divided(examples, seed=seed)
    where = {name: {e.group for e in part} for name, part in parts.items()}
    assert not (
        where["train"] & where["val"]
        or where["train"] & where["test"]
        or where["val"] & where["test"]
    )
    largest = max(size for size, _ in groups)
    for label in {str(label) for _, label in groups} - set(rare):
        total = sum(e.target == label for e in examples)
        for name, share in SHARES.items():
            assert abs(sum(e.target == label for e in parts[name]) - share * total) <= 2 * largest


def test_copies_stay_together(make, sentences):
    texts = sentences(150)
    rows = make(
        [
            (text, "a")
            for text in [*texts, *(t.upper() for t in texts), *(t[:-1] + "x" for t in texts)]
        ]
    )
    parts, _ = divided(rows)
    assert not audit(parts["train"], parts["val"], parts["test"]).pairs
    assert [len(parts[name]) for name in NAMES] == [360, 45, 45]


def test_rare_labels_go_to_train(make, sentences):
    texts = sentences(40)
    rows = make([(text, "common") for text in texts[:38]] + [(text, "rare") for text in texts[38:]])
    parts, rare = divided(rows)
    assert rare == ["rare"]
    assert sum(e.target == "rare" for e in parts["train"]) == 2


def test_a_label_of_one_text_is_rare_however_often_it_stands(make, sentences):
    texts = sentences(40)
    parts, rare = divided(
        make([(text, "common") for text in texts[:36]] + [(texts[36], "copied")] * 4)
    )
    assert rare == ["copied"] and sum(e.target == "copied" for e in parts["train"]) == 4


def test_free_answers_are_not_labels(make, sentences):
    parts, rare = divided(make([(text, text[::-1]) for text in sentences(100)]), stratify=False)
    assert not rare
    assert [len(parts[name]) for name in NAMES] == [80, 10, 10]


def test_shares_must_add_to_one():
    with problem(UsageError, "C074", "split", "1.1"):
        Split(train=0.8, val=0.15, test=0.15)
    with problem(UsageError, "C074", "split", "1.8"):
        Split(val=0.5, test=0.5)  # nothing is left to learn from


def test_train_takes_what_val_and_test_leave():
    assert Split(test=0.25).train == 0.65
    assert Split(val=0.15, test=0.05).train == 0.8
    assert Split() == Split(train=0.8, val=0.1, test=0.1)


def test_with_folds_there_is_no_share_of_test_rows():
    folds = Split(folds=5, test=0.25)
    assert (folds.train, folds.val, folds.test) == (0.9, 0.1, 0.0)
    assert shares_for(folds, [], "classify") == pytest.approx({"train": 0.9, "val": 0.1})
    assert shares_for(folds, ["val"], "classify") == {"train": 1.0}
    for own in ({"by": "hash"}, {"by": "time", "time": "day"}, {"manifest": "splits.csv"}):
        with problem(UsageError, "C073", "split.folds", f"split.{next(iter(own))}"):
            Split(folds=5, **own)


def test_given_files_leave_the_other_shares_in_proportion():
    assert shares_for(Split(), ["test"], "classify") == pytest.approx(
        {"train": 8 / 9, "val": 1 / 9}
    )
    assert shares_for(Split(), ["val", "test"], "classify") == {"train": 1.0}
    assert shares_for(Split(train=0.9, val=0.1, test=0), ["test"], "classify") == pytest.approx(
        {"train": 0.9, "val": 0.1}
    )
    with problem(UsageError, "C074", "split.test"):
        shares_for(Split(train=0.9, val=0.1, test=0), [], "classify")
    with problem(UsageError, "C073", "split.rows_per_label"):
        shares_for(Split(rows_per_label=8), [], "answer")


def test_draws_of_more_rows_contain_those_of_fewer(make, sentences):
    rows = make([(text, "abc"[at % 3]) for at, text in enumerate(sentences(90))])
    few, aside = draw(rows, 8, seed=0)
    more, _ = draw(rows, 16, seed=0)
    assert Counter(e.target for e in few) == {"a": 8, "b": 8, "c": 8}
    assert set(few) <= set(more)
    assert len(few) + len(aside) == 90
    assert draw(rows, 8, seed=1)[0] != few


def test_with_folds_a_named_share_of_train_gives_way_to_what_val_leaves():
    made = Split(folds=5, train=0.6, val=0.2, test=0.3)
    assert (made.train, made.val, made.test) == (pytest.approx(0.8), 0.2, 0.0)
