"""What every listed step promises. A new one is held to it by being listed."""

import json
from functools import cache

import pytest

from assay.config import make_step
from assay.core.store import to_json
from assay.core.types import Changed, Dropped, Example, Means, Message, RowStep
from assay.data.steps import STEPS
from helpers import unusual


def kind_of(cls):
    return cls.model_fields["kind"].default


TEXTS = [
    ("My card was stolen in a taxi last night, what now?", "card"),
    ("my card was stolen in a taxi last night what now", "card"),
    ("My card was stolen in a taxi last nigth, what now?", "card"),
    ("  Where   is my refund for the shoes that I sent back? ", "refund"),
    ("Where is my refund for the shoes that I sent back?", "card"),
    ("Ich habe meine Karte gestern Abend im Taxi verloren, was soll ich jetzt tun?", "card"),
    ("The cafÃ© charged me twice, please send the money back", "refund"),
    ("", "card"),
    ("x" * 9000, "card"),
    ("Please close my account today", "refund"),
    ("ok", "card"),
    ("?!", "refund"),
    ("Write to ann.berg@acme.com about card 4111 1111 1111 1111", "card"),
]
ROWS = [
    Example(f"r{i}", (Message("user", text),), label, source=f"a.csv:{i + 2}")
    for i, (text, label) in enumerate(TEXTS)
]


def rows_for(cls):
    """ROWS, and what the step needs beside them to have something to do."""
    return ROWS + [
        Example(f"m{i}", (Message("user", text),), label, source=f"b.csv:{i + 2}")
        for i, (text, label) in enumerate(unusual.ROWS.get(kind_of(cls), []))
    ]


# A spelling dictionary is loaded for gibberish, a network for names.
DEAR = ("gibberish", "anonymise")
steps = pytest.mark.parametrize(
    "cls",
    [pytest.param(cls, marks=pytest.mark.slow if kind_of(cls) in DEAR else ()) for cls in STEPS],
    ids=kind_of,
)


def apply(step, rows):
    means = Means(seed=3, key=b"k" * 32)
    return (
        [step.one(row, means) for row in rows]
        if isinstance(step, RowStep)
        else list(step.apply(rows, means))
    )


@cache
def first(cls):
    """What a step makes of its rows, taken once for all questions."""
    return apply(cls(), rows_for(cls))


def left(results):
    return [
        r.example if isinstance(r, Changed) else r for r in results if not isinstance(r, Dropped)
    ]


@pytest.mark.slow
@steps
def test_every_row_comes_out_of_a_step_once_in_order(cls):
    rows, results = rows_for(cls), first(cls)
    assert [r.example.id if isinstance(r, Changed | Dropped) else r.id for r in results] == [
        row.id for row in rows
    ]
    kept = {row.id for row in left(results)}
    for result in results:
        if isinstance(result, Dropped):
            assert result.reason
            assert result.kept == "" or result.kept in kept
        if isinstance(result, Changed):
            assert result.reason
            assert result.example != next(row for row in rows if row.id == result.example.id)


@pytest.mark.slow
@steps
def test_a_step_does_something_here_and_nothing_the_second_time(cls):
    once = left(first(cls))
    assert once != rows_for(cls)
    assert apply(cls(), once) == once


@pytest.mark.slow
@steps
def test_a_step_gives_the_same_twice_and_leaves_the_rows_alone(cls):
    rows = rows_for(cls)
    before = [row.to_json() for row in rows]
    assert apply(cls(), rows) == first(cls)
    assert [row.to_json() for row in rows] == before


def test_a_step_takes_no_rows(subtests):
    for cls in STEPS:
        with subtests.test(kind_of(cls)):
            assert apply(cls(), []) == []


def test_settings_of_a_step_come_back_from_json(subtests):
    for cls in STEPS:
        with subtests.test(kind_of(cls)):
            written = json.loads(to_json({"kind": kind_of(cls), **cls().model_dump(mode="json")}))
            assert make_step(written) == cls() == make_step({"kind": kind_of(cls)})
