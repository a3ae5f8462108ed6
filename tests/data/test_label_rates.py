"""How frequent labels are: kept by a draw for speed, told where they are balanced, known to the
floor in any case."""

from collections import Counter

import pytest

from assay.core.errors import UsageError
from assay.core.types import Lesson, Means, Task
from assay.data.augment.balance import Balance
from assay.data.pipeline import run
from assay.data.split import Split, draw_alike
from assay.strategies.baselines.majority import Majority
from helpers.problems import problem

TASK = Task(kind="classify", labels=("no", "yes"))


@pytest.fixture
def skewed(make, sentences):
    """500 texts of random words, 80 % yes, sorted by label as files often are."""
    return make([(text, "yes" if at < 400 else "no") for at, text in enumerate(sentences(500))])


def curated(rows, split, kind="classify", augment=()):
    settings = {
        "official": False,
        "steps": (),
        "split": split,
        "task_kind": kind,
        "seed": 0,
        "augment": augment,
    }
    return run(rows, (), (), **settings, means=Means(), tell=lambda event: None)


def constant(result):
    """What is always answered, and its accuracy on the test rows."""
    lesson = Lesson(TASK, train=result.train, base_rates=result.base_rates)
    said = Majority().fit(lesson).target
    return said, sum(row.target == said for row in result.test) / len(result.test)


def test_rows_drawn_for_speed_keep_the_shares(skewed):
    result = curated(skewed, Split(train_rows=50))
    assert Counter(row.target for row in result.train) == {"yes": 40, "no": 10}
    assert {line["reason"] for line in result.ledger if line["action"] == "set aside"} == {
        "more than 50 training rows"
    }
    assert [warning["code"] for warning in result.warnings] == ["D060"]
    assert constant(result) == ("yes", 0.8)


@pytest.mark.parametrize("n", [1, 7, 80, 499])
def test_every_label_has_its_share_of_a_draw_to_within_a_row(skewed, n):
    taken, aside = draw_alike(skewed, n, seed=3)
    assert len(taken) == n and len(taken) + len(aside) == 500
    assert abs(sum(row.target == "yes" for row in taken) - 0.8 * n) <= 1
    # It hangs on texts and seed alone, so the order of the file does not matter; and a small draw
    # is part of a large.
    again, _ = draw_alike(skewed[::-1], n, seed=3)
    assert {row.id for row in again} == {row.id for row in taken}
    assert {row.id for row in taken} <= {row.id for row in draw_alike(skewed, n + 1, seed=3)[0]}


def test_written_answers_are_drawn_from_the_whole_file(make, sentences):
    rows = make([(text, text.upper()) for text in sentences(300)])
    taken, _ = draw_alike(rows, 60, seed=0)
    # Of 60 drawn at random from 300, the first half has 30 ± 3.5; below 15 it would be four
    # deviations away.
    assert 15 < sum(int(row.id.partition("-")[2]) <= 150 for row in taken) < 45


@pytest.mark.parametrize("balanced", [Split(rows_per_label=30), Balance()])
def test_balance_is_told_and_the_floor_answers_by_what_came(skewed, balanced):
    if isinstance(balanced, Split):
        result = curated(skewed, balanced)
        assert Counter(row.target for row in result.train) == {"yes": 30, "no": 30}
    else:
        result = curated(skewed, Split(), augment=(balanced,))
        counts = Counter(row.target for row in result.train)
        assert counts["no"] > 300 and counts["yes"] == 320
    assert result.base_rates == {"no": 80, "yes": 320}
    (warning,) = [warning for warning in result.warnings if warning["code"] == "D250"]
    assert "'yes' has 50.0 %" in warning["text"] and "had 80.0 % of 400" in warning["text"]
    assert constant(result) == ("yes", 0.8)


def test_without_balance_nothing_is_said_or_kept(skewed):
    result = curated(skewed, Split())
    assert not result.base_rates and [warning["code"] for warning in result.warnings] == ["D060"]
    assert not curated(skewed, Split(train_rows=50), kind="answer").base_rates


def test_one_draw_not_two():
    with problem(UsageError, "C073", "split", "split.train_rows", "split.rows_per_label"):
        Split(train_rows=10, rows_per_label=5)
