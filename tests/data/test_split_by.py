import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import DataError, UsageError
from assay.core.types import Example, Means, Message
from assay.data.leak_audit import audit
from assay.data.pipeline import run
from assay.data.split import Split
from assay.data.split_by import by_hash, by_time, fraction
from helpers.problems import problem

SHARES = {"train": 0.8, "val": 0.1, "test": 0.1}
NAMES = ("train", "val", "test")


def at(rows, times):
    return [replace(row, time=float(when)) for row, when in zip(rows, times, strict=True)]


def curated(rows, **settings):
    return run(
        rows,
        [],
        [],
        official=False,
        steps=(),
        split=Split(**settings),
        task_kind="classify",
        seed=0,
        means=Means(),
        tell=lambda event: None,
    )


def text(draw):
    return "".join(draw.choices("bcdfghklmnprstvw", k=30))


# --- by time --------------------------------------------------------------------------------------


def test_the_oldest_rows_train_and_the_newest_test(make, sentences):
    whens = random.Random(2).sample(range(1000), 100)
    rows = at(make([(text, "a") for text in sentences(100)]), whens)
    parts, moved = by_time(rows, SHARES, near=0.8)
    assert [len(parts[name]) for name in NAMES] == [80, 10, 10] and not moved
    order = sorted(whens)
    assert {row.time for row in parts["train"]} == set(order[:80])
    assert {row.time for row in parts["test"]} == set(order[90:])


def test_a_family_stands_where_its_newest_row_stands(make, sentences):
    texts = sentences(100)
    rows = at(make([(text, "a") for text in texts]), range(100))
    # A copy of the third oldest row is written last: both must be tested on, or the copy would be
    # known.
    rows.append(
        replace(rows[2], id="copy", messages=(Message("user", texts[2].upper()),), time=100.0)
    )
    result = curated(rows, by="time", time="when")
    assert {"rows-3", "copy"} <= {row.id for row in result.test}
    assert not result.after.pairs
    moved = [line for line in result.ledger if line["action"] == "moved"]
    assert [(line["id"], line["reason"], line["kept"]) for line in moved] == [
        ("rows-3", "stands with a newer row of its family", "copy")
    ]
    assert len(result.train) + len(result.val) + len(result.test) == 101


@pytest.mark.slow
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12)), min_size=40, max_size=80),
    st.integers(0, 5),
)
def test_no_future_in_train_and_ties_and_groups_together(rows, seed):
    draw = random.Random(seed)
    made = [
        Example(
            f"r{n}",
            (Message("user", text(draw)),),
            "a",
            group=f"g{group}" if group else None,
            time=float(when),
        )
        for n, (when, group) in enumerate(rows)
    ]
    try:
        parts, _ = by_time(made, SHARES, near=0.8)
    except DataError as error:
        assert error.problems[0].code == "D093"
        return
    assert sorted(row.id for part in parts.values() for row in part) == sorted(
        row.id for row in made
    )
    where = {row.id: name for name, part in parts.items() for row in part}
    newest: dict[str, float] = {}
    for row in made:
        family = row.group or row.id
        newest[family] = max(newest.get(family, row.time), row.time)
    ranks = [(newest[row.group or row.id], NAMES.index(where[row.id])) for row in made]
    for when, rank in ranks:
        # order, and ties together
        assert all(other <= rank for before, other in ranks if before <= when)
    last = max(row.time for row in parts["train"])
    assert all(last < newest[row.group or row.id] for row in parts["test"])


def test_one_time_for_all_rows_is_an_error(make, sentences):
    rows = at(make([(text, "a") for text in sentences(50)]), [7] * 50)
    with problem(DataError, "D093", "split.time", "val", "test"):
        by_time(rows, SHARES, near=0.8)
    with problem(UsageError, "C072", "split.time"):
        Split(by="time")


# --- by hash --------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 20), min_size=2, max_size=60), st.integers(1, 59), st.integers(0, 3))
def test_rows_that_are_added_move_no_row(groups, cut, seed):
    draw = random.Random(seed)
    pool = [text(draw) for _ in range(10)]  # copies are frequent
    rows = [
        Example(
            f"r{n}",
            (Message("user", draw.choice(pool) if n % 3 else text(draw)),),
            group=str(g) if g > 12 else None,
        )
        for n, g in enumerate(groups)
    ]
    before, after = (by_hash(some, SHARES, seed=seed) for some in (rows[:cut], rows))
    for name in NAMES:
        assert {row.id for row in before[name]} <= {row.id for row in after[name]}


def test_with_the_audit_nothing_moves_between_splits_and_no_test_row_goes(make, sentences):
    texts = sentences(300)
    first = make([(text, "ab"[n % 2]) for n, text in enumerate(texts)], "first")
    # near copies
    later = make([(text[:-1] + "x", "ab"[n % 2]) for n, text in enumerate(texts[:150])], "later")
    one, two = (curated(rows, by="hash") for rows in (first, [*first, *later]))
    assert not two.after.pairs
    place = {row.id: name for name in NAMES for row in getattr(two, name)}
    gone = {line["id"] for line in two.ledger if line["action"] == "dropped"}
    for name in NAMES:
        for row in getattr(one, name):
            assert place.get(row.id) == name or (row.id in gone and name != "test")
    assert 0 < len(gone) < 100


def test_shares_are_met_as_by_coins(make, sentences):
    rows = make([(text, "a") for text in sentences(2000)])
    parts = by_hash(rows, SHARES, seed=0)
    # Three standard deviations of a binomial: 3 * sqrt(2000 * .1 * .9) = 40, of train 54.
    assert abs(len(parts["test"]) - 200) <= 40 and abs(len(parts["train"]) - 1600) <= 54
    wider = by_hash(rows, {"train": 0.7, "val": 0.1, "test": 0.2}, seed=0)
    assert {row.id for row in parts["test"]} <= {row.id for row in wider["test"]}
    assert by_hash(rows, SHARES, seed=1)["test"] != parts["test"]


def test_a_group_goes_by_its_name_alone(make, sentences):
    rows = make([(text, "a", f"customer {n % 40}") for n, text in enumerate(sentences(200))])
    assert len({fraction(row, 0) for row in rows}) == 40
    parts = by_hash(rows, SHARES, seed=0)
    assert not audit(parts["train"], parts["val"], parts["test"]).straddling
