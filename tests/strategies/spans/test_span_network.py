"""A network that weighs runs: shares add to one, and it learns what makes a run right."""

import numpy as np
import pytest
import torch

from assay.strategies.spans.span_network import EPOCHS, Lines, SpanNetwork, train_network

pytestmark = pytest.mark.usefixtures("one_thread")


def lines(count, seed=0):
    """Four runs a question; the one with a 1 in its first column is the answer."""
    draw = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        columns = draw.standard_normal((4, 3)).astype(np.float32)
        columns[:, 0] = np.eye(4)[draw.integers(4)]
        asked = draw.standard_normal(2).astype(np.float32)
        made.append(Lines(asked, columns, columns[:, 0].copy()))
    return made


def test_shares_of_a_question_s_runs_add_to_one():
    torch.manual_seed(0)
    (one,) = lines(1)
    shares = SpanNetwork(2, 3).eval().shares(one.asked, one.columns)
    assert shares.sum() == pytest.approx(1, abs=1e-6) and (shares > 0).all()


def test_runs_of_several_questions_are_scored_as_each_alone():
    torch.manual_seed(0)
    network, rows = SpanNetwork(2, 3).eval(), lines(3)
    asked = torch.from_numpy(np.stack([row.asked for row in rows]))
    every = torch.from_numpy(np.concatenate([row.columns for row in rows]))
    with torch.no_grad():
        scores = network(asked, every, torch.arange(3).repeat_interleave(4)).reshape(3, 4)
    for row, own in zip(rows, scores, strict=True):
        assert torch.softmax(own, 0).numpy() == pytest.approx(
            network.shares(row.asked, row.columns), abs=1e-6
        )


@pytest.mark.slow
def test_it_learns_which_runs_are_right_and_the_same_from_the_same_seed():
    told = []
    network = train_network(lines(160), 1, lambda *at: told.append(at))
    assert told == [(epoch, EPOCHS) for epoch in range(1, EPOCHS + 1)]
    for row in lines(20, seed=1):
        assert network.shares(row.asked, row.columns).argmax() == row.worth.argmax()
    again = train_network(lines(160), 1, lambda *at: None)
    for name, weight in network.state_dict().items():
        assert torch.equal(weight, again.state_dict()[name])
