"""Plots of a search: marks where trials are, what is kept, scales of what is no number."""

import pytest

from assay.presentation.search_plots import (
    parallel_settings,
    setting_slices,
    show_value,
    trial_curves,
    trial_history,
)
from helpers.drawn import of_class, svg


def trial(number, rate, kind, score, state="complete", curve=()):
    values = {"rate": rate, "kind": kind}
    return {
        "number": number,
        "values": values,
        "state": state,
        "score": score,
        "seconds": 2.0,
        "curve": [list(point) for point in curve],
    }


TRIALS = [
    trial(0, 1e-4, "a", 0.5, curve=[(25, 0.2), (50, 0.4)]),
    trial(1, 1e-3, "b", 0.7, curve=[(25, 0.3), (50, 0.6)]),
    trial(2, 1e-2, "a", 0.1, "pruned", [(25, 0.1)]),
    trial(3, 3e-3, "b", None, "failed"),
]


def test_the_history_has_a_dot_a_trial_and_the_best_so_far():
    plot = trial_history("k", TRIALS, 1, metric="accuracy")
    dots, kept = of_class(plot, "circle", "mark"), of_class(plot, "rect", "mark")
    assert len(dots) == 2 and len(kept) == 1
    assert [one.get("fill-opacity") for one in dots] == [None, "0"]  # a ring: ended early
    (line,) = of_class(plot, "polyline", "curve")
    heights = [float(point.split(",")[1]) for point in line.get("points").split()]
    assert heights == sorted(heights, reverse=True)  # the best so far never falls
    assert plot.rows[3] == ("4", "rate 0.003, kind b", "–", "failed", "2.00 s")


def test_a_rate_is_spread_by_its_logarithm():
    plot = setting_slices("k", TRIALS, 1, {"rate": 0.75, "kind": 0.25}, metric="accuracy")
    marks = of_class(plot, "circle", "mark") + of_class(plot, "rect", "mark")
    assert len(marks) == 6  # three scored trials, two settings
    low, high, middle = (
        float(one.get("cx") or float(one.get("x")) + 5) for one in (marks[0], marks[1], marks[4])
    )
    assert middle - low == pytest.approx(high - middle, abs=0.3)
    assert plot.rows == [("rate", "75 %"), ("kind", "25 %")]
    assert "75 % of the differences" in plot.svg


def test_a_line_a_trial_and_the_kept_one_in_another_colour():
    plot = parallel_settings("k", TRIALS, 1, metric="accuracy")
    assert len(of_class(plot, "polyline", "curve")) == 3
    assert len(of_class(plot, "polyline", "m1")) == 1
    assert plot.rows[0][0] == "2"  # the best first


def test_curves_of_trials_that_were_looked_at_more_than_once():
    plot = trial_curves("k", TRIALS, 1, metric="accuracy")
    assert len(of_class(plot, "polyline", "curve")) == 2
    assert len(of_class(plot, "polyline", "m1")) == 1


@pytest.mark.parametrize("draw", [trial_history, trial_curves, parallel_settings])
def test_what_cannot_be_drawn_is_left_out(draw):
    assert draw("k", TRIALS[3:], 0, metric="accuracy") is None


def test_foreign_text_is_escaped():
    hostile = [trial(n, 0.1, "<script>x</script>", 0.1 * n) for n in range(4)]
    for draw in (trial_history, parallel_settings):
        assert "<script>" not in draw("k", hostile, 0, metric="<b>").svg
    assert svg(setting_slices("k", hostile, 0, {}, metric="<b>")) is not None


@pytest.mark.parametrize(
    "value, words",
    [(True, "true"), (None, "–"), (3, "3"), (0.0123456, "0.0123"), ({"kind": "x"}, '{"kind":"x"}')],
)
def test_values_in_words(value, words):
    assert show_value(value).replace(" ", "") == words.replace(" ", "")
