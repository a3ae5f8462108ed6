"""Reward and metric stand beside each other, step by step, with the step that is kept in each
panel."""

from assay.presentation.reward_plot import reward_curves

CURVE = [
    {"step": 0, "score": 0.2, "val_reward": 0.1, "val_length": 9.0},
    {"step": 10, "score": 0.5, "val_reward": 0.4, "val_length": 7.0, "kl": 0.2, "kept": True},
    {"step": 20, "score": 0.1, "val_reward": 0.9, "val_length": 3.0, "kl": 4.5, "kept": False},
]


def plot(curve):
    return reward_curves("k", curve, metric="exact_match", title="t", caption="c")


def test_every_panel_has_its_line_and_the_kept_step():
    found = plot(CURVE)
    assert found.svg.count("<polyline") == 4
    assert found.svg.count('class="reference"') == 4
    assert "exact_match on val" in found.svg
    assert found.header[0] == "step" and found.rows[1] == ("10", "0.400", "0.500", "0.200", "7.00")


def test_one_look_is_no_curve():
    assert plot(CURVE[:1]) is None


def test_what_was_never_seen_has_no_panel():
    bare = [{"step": n, "val_reward": 0.1 * n, "score": 0.0} for n in range(3)]
    assert plot(bare).svg.count("<polyline") == 2
