"""Orders of the examples: which is used, and what is said of how much they move the score."""

import pytest

from assay.strategies.prompting.example_order import Orders, score_orders

SCORES = {(0, 1, 2): 0.5, (2, 1, 0): 0.75, (1, 0, 2): 0.75, (0, 2, 1): 0.6}


def tried(best):
    told = []
    found = score_orders([*SCORES], SCORES.__getitem__, 9, best=best, tell=told.append)
    return found, told


def test_the_best_order_is_used_of_equals_the_first():
    found, _ = tried(best=True)
    assert found.used == 1 and found.scores == (0.5, 0.75, 0.75, 0.6)


def test_the_order_that_was_set_stays_where_that_is_asked_for():
    found, _ = tried(best=False)
    assert found.used == 0 and found.sentence.endswith("the one that is set is used.")


def test_progress_is_told_before_each_order_and_at_the_end():
    _, told = tried(best=True)
    assert [(event["done"], event["total"]) for event in told] == [(n, 4) for n in range(5)]


def test_the_numbers_and_the_sentence_say_how_far_the_orders_are_apart():
    found, _ = tried(best=True)
    numbers = found.to_json()
    assert (numbers["low"], numbers["high"], numbers["spread"]) == (0.5, 0.75, 0.25)
    assert numbers["mean"] == pytest.approx((0.5 + 0.75 + 0.75 + 0.6) / 4)
    assert numbers["tried"][1] == {"order": [2, 1, 0], "score": 0.75}
    assert found.sentence == (
        "Orders of the examples: 0.50 to 0.75 on 9 val rows, 4 orders, mean 0.65; the best one is"
        " used."
    )


def test_where_the_order_that_was_set_is_the_best_it_is_said_so():
    assert "the best one is used" in Orders(((0, 1), (1, 0)), (0.8, 0.7), 9, 0).sentence
