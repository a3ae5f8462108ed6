"""Dimensions, grids, and a trial's values in their places."""

import pytest
from pydantic import ValidationError

from assay.config import make_strategy
from assay.search.search_space import Dimension, grid, grid_size, with_values

RATE = Dimension(place="learning_rate", low=1e-5, high=1e-3, log=True)


def test_a_logarithmic_range_is_spread_by_its_logarithm():
    assert RATE.spread(5) == [1e-5, pytest.approx(10**-4.5, rel=1e-5), 1e-4, 3.16228e-4, 1e-3]


def test_whole_numbers_and_steps_have_all_their_values():
    assert Dimension(place="k", low=1, high=4).values() == [1, 2, 3, 4]
    assert Dimension(place="d", low=0.0, high=0.3, step=0.1).values() == pytest.approx(
        [0, 0.1, 0.2, 0.3]
    )
    assert RATE.values() is None


def test_a_range_admits_what_a_trial_could_have():
    k = Dimension(place="k", low=2, high=8, step=2)
    assert [one for one in (1, 2, 3, 8, 9, 4.0, True, None) if k.admits(one)] == [2, 8]
    assert RATE.admits(2e-4) and not RATE.admits(2e-3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"low": 1, "high": 1},
        {"low": 2, "high": 1},
        {"low": 0, "high": 1, "log": True},
        {"low": 1},
        {},
        {"low": 1, "high": 9, "log": True, "step": 2},
        {"low": 1, "high": 9, "step": 20},
        {"options": (1, 2), "low": 1},
        {"low": float("nan"), "high": 1.0},
    ],
)
def test_what_is_no_range_is_refused(wrong):
    with pytest.raises(ValidationError):
        Dimension(place="x", **wrong)


def test_a_grid_has_all_combinations_and_leaves_out_what_was_not_chosen():
    space = (
        Dimension(place="embed", options=("as it is", "tuned")),
        Dimension(place="embed.rate", low=1, high=3, when=("embed", 1)),
        Dimension(place="k", options=(2, 5)),
    )
    found = list(grid(space, 4))
    assert found[:2] == [{"embed": "as it is", "k": 2}, {"embed": "as it is", "k": 5}]
    assert found[2] == {"embed": "tuned", "embed.rate": 1, "k": 2}
    assert grid_size(space, 4) == 2 + 3 * 2


def test_values_reach_what_stands_inside_and_are_checked_there():
    rag = make_strategy({"kind": "rag", "inner": {"kind": "lora"}}, {})
    assert with_values(rag, {"inner.rank": 4, "top": 2}).non_defaults() == {
        "inner": {"kind": "lora", "rank": 4},
        "top": 2,
    }
    both = make_strategy({"kind": "stack", "inners": [{"kind": "probe"}, {"kind": "tfidf"}]}, {})
    assert [one.non_defaults() for one in with_values(both, {"inners.1.c": 3.0}).inners] == [
        {},
        {"c": 3.0},
    ]
    with pytest.raises(ValidationError):
        with_values(rag, {"inner.rank": 0})
