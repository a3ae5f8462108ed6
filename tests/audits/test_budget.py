"""How many rows fit into minutes, by hand-made costs."""

from types import SimpleNamespace

import pytest

from assay.audits.budget import FEWEST, START, rows_within, seconds_of
from assay.core.types import Example, Message
from assay.decision.finished_arm import Arm
from assay.evaluation.held_out_test import Exam


def rows(n, characters):
    return [Example(f"r{i}", (Message("user", "x" * characters),), "label") for i in range(n)]


@pytest.fixture
def seen():
    slow = Arm("slow", "lora", cost={"seconds_per_answer": 0.5, "tokens_per_answer": 50.0})
    floor = Arm("floor", "tfidf", cost={"seconds_per_answer": 0.001, "tokens_per_answer": 0.0})
    return SimpleNamespace(complete_arms=(slow, floor), exam=Exam(rows(10, 100)))


def test_a_longer_question_takes_as_much_more_as_it_has_more_tokens(seen):
    assert seconds_of(seen, "slow", rows(4, 100)) == pytest.approx(2)
    # four characters are about a token
    assert seconds_of(seen, "slow", rows(4, 100 + 4 * 50)) == pytest.approx(4)
    # words are no tokens of a model
    assert seconds_of(seen, "floor", rows(4, 4000)) == pytest.approx(0.004)


def test_rows_are_as_many_as_fit_and_thirty_at_least(seen):
    asked = rows(1000, 100)  # ten questions of each of a hundred rows: 500 s of the slow arm
    assert rows_within(seen, ["slow"], asked, 100, 500 + START) == 100
    assert rows_within(seen, ["slow"], asked, 100, 250 + START) == 50
    assert rows_within(seen, ["slow", "slow"], asked, 100, 500 + 2 * START) == 50
    assert rows_within(seen, ["slow"], asked, 100, 1) == FEWEST == 30
    assert rows_within(seen, ["slow"], rows(200, 100), 20, -5) == 20  # there are no more
