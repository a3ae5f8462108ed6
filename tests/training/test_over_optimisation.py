"""When a training on rewards is called over-optimised."""

import pytest

from assay.training.over_optimisation import moved, over_optimised, verdict


def curve(*pairs):
    return [
        {"step": 10 * at, "val": val, "val_reward": reward}
        for at, (val, reward) in enumerate(pairs)
    ]


def test_a_reward_that_rises_while_the_metric_falls():
    flawed = curve((0.2, 0.1), (0.5, 0.3), (0.4, 0.6), (0.1, 0.9))
    assert over_optimised(flawed)["step"] == 10
    found = verdict(flawed, "exact_match")
    assert found.word == "over-optimised since 10"
    for number in ("0.3", "0.9", "0.5", "0.1"):
        assert number in moved(flawed, "exact_match") and number in found.text


@pytest.mark.parametrize(
    ("points", "word"),
    [
        (curve((0.2, 0.1), (0.5, 0.3), (0.6, 0.4)), "learning"),
        # Both fell: the model got worse at what is rewarded, too.
        (curve((0.2, 0.1), (0.5, 0.3), (0.4, 0.2)), "learning"),
        # The metric stayed and the reward rose: that is a better look.
        (curve((0.2, 0.1), (0.2, 0.3)), "learning"),
        (curve((0.2, 0.1), (0.2, 0.1)), "nothing learnt"),
        (curve((0.2, 0.1)), "learning"),
        ([{"step": 10, "reward": 0.3}], "learning"),
    ],
)
def test_what_is_not_over_optimised(points, word):
    assert over_optimised(points) is None
    assert verdict(points, "exact_match").word == word
