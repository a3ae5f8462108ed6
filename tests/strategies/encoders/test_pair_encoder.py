"""A question read with each of its options: what is to be learnt of them, and the first loss."""

import random
from dataclasses import replace

import numpy as np
import pytest

from assay.core.types import Task
from assay.strategies.encoders.pair_encoder import (
    Listing,
    logs_of,
    open_reader,
    question_text,
    shares_of,
    some_of,
)
from helpers.encoder_rows import TASKS, choose, rank, row, strategy

CHOOSE, RANK = TASKS["choose"], TASKS["rank"]


def test_options_are_read_beside_the_question_and_not_in_it():
    one = choose("lost {}", "apple")
    assert "A. " in one.text and question_text(one, CHOOSE) == "lost apple"
    assert question_text(rank("lost {}", "sky"), RANK) == "lost sky"


@pytest.mark.parametrize(
    ("task", "target", "shares"),
    [
        (CHOOSE, "B", [0, 1, 0]),
        (CHOOSE, "D", [0, 0, 0]),  # a letter that the question has not
        (RANK, "2 0 1", [2 / 3, 0, 1 / 3]),
        (RANK, "0 0 0", [0, 0, 0]),
    ],
)
def test_a_softmax_is_to_give_each_option_its_share_of_the_grades(task, target, shares):
    one = row("r", "q", target, ("x", "y", "z"))
    assert shares_of(one, task) == pytest.approx(np.array(shares))


def test_at_most_so_many_options_are_read_the_right_ones_first_and_one_that_is_wrong():
    draw = random.Random(0)
    for _ in range(200):
        shares = np.array([draw.choice([0, 0, 0.5]) for _ in range(draw.randint(1, 9))])
        most = draw.randint(2, 6)
        taken = some_of(shares, most, draw)
        assert len(set(taken)) == len(taken) == min(most, len(shares))
        right = [place for place in taken if shares[place] > 0]
        assert taken[: len(right)] == right
        # All right ones, or as many as leave room for a wrong one.
        wrong = (shares <= 0).any()
        assert len(right) == min((shares > 0).sum(), most - wrong)


def test_rows_that_teach_no_order_are_passed_over(lesson):
    given = lesson("rank")
    flat = replace(given.train[0], target="0 0 0")
    alone = replace(given.train[0], options=given.train[0].options[:1], target="1")
    listing = Listing(
        strategy("encoder"), None, replace(given, train=(flat, alone, *given.train[:2])), 8
    )
    assert listing.rows == list(given.train[:2])


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("kind", ["choose", "rank"])
def test_the_first_loss_is_cross_entropy_over_the_options_of_each_question(lesson, kind):
    given, settings = replace(lesson(kind), val=()), strategy("encoder", epochs=1, batch_size=12)
    task: Task = given.task
    logs = logs_of(open_reader(settings, given), given.train, task, settings.micro_tokens)
    shares = [shares_of(one, task) for one in given.train]
    expected = -np.mean([share @ own for share, own in zip(shares, logs, strict=True)])
    loss = settings.fit(given).training["curve"][0]["train_loss"]
    assert loss == pytest.approx(expected, rel=1e-4)
