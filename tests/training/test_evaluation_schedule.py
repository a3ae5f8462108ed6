"""Where val is looked at, and what is said of a curve: rules of docs/watching.md, on curves drawn
by hand."""

import math
import mmap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.training.evaluation_schedule import (
    FEWEST,
    GAP,
    LEARN,
    LOOK,
    MOST,
    SHARE,
    fit_words,
    points,
    resident,
)
from helpers.lines import named

# --- when -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "epochs", "tokens", "held", "at"),
    [
        (10, 3, 1000, 100, {10, 20, 30}),  # short epochs: after each
        (99, 2, 9900, 10, {99, 198}),  # an epoch is cut from 100 steps on
        (100, 2, 9900, 10, {50, 100, 150, 200}),
        (101, 1, 9900, 10, {51, 101}),
        (1000, 1, 10**6, 10, {50 * i for i in range(1, 21)}),  # 20 at most
        (
            1000,
            3,
            10**6,
            10,
            {1000 * e + at for e in range(3) for at in (167, 334, 501, 668, 835, 1000)},
        ),
        (10, 40, 1000, 10, set(range(20, 401, 20))),  # 40 epochs: after every second
        (10, 41, 1000, 10, {*range(30, 411, 30), 410}),
        # 3 x 100 x 12 / 4 = 900 val passes are a fifth; 2 x 60 are one look: 7 fit, so after every
        # second epoch.
        (10, 12, 100, 60, {20, 40, 60, 80, 100, 120}),
        (10, 3, 100, 1000, {10, 20, 30}),  # dear, but three epochs are looked at all the same
        (10, 10, 100, 1000, {20, 40, 60, 80, 100}),  # five of ten
        (1, 1, 10, 0, {1}),
    ],
)
def test_val_is_looked_at(steps, epochs, tokens, held, at):
    assert points(steps, epochs, tokens, held).at == at


def test_at_most_so_many_looks():
    assert points(3, 14, 5000, 900, most=3).at == {15, 30, 42}
    assert points(6, 7, 5000, 900, most=3).at == {18, 36, 42}
    assert points(3, 14, 5000, 900).at == {*range(3, 43, 3)}


@given(st.integers(1, 5000), st.integers(1, 200), st.integers(1, 10**7), st.integers(0, 10**6))
def test_looks_are_few_end_with_the_run_and_lie_apart(steps, epochs, tokens, held):
    found = points(steps, epochs, tokens, held)
    at = sorted(found.at)
    assert at[-1] == steps * epochs and at[0] > 0 and len(at) <= MOST
    gaps = [second - first for first, second in zip(at, at[1:], strict=False)]
    assert all(
        gap >= min(GAP, steps) or second % steps == 0
        for gap, second in zip(gaps, at[1:], strict=False)
    )
    inside = [step for step in at if step <= steps]
    assert found.an_epoch == max(1, len(inside)) and (
        found.an_epoch == 1 or at[found.an_epoch - 1] == steps
    )
    share = len(at) * LOOK * held / (len(at) * LOOK * held + LEARN * tokens * epochs)
    assert share <= SHARE + 1e-9 or len(at) <= FEWEST


# --- what is said ---------------------------------------------------------------------------------


def curve(train, val=None, *, se=0.02, every=10):
    points_ = [{"step": every * (i + 1), "train_loss": loss} for i, loss in enumerate(train)]
    for point, loss in zip(points_, val or [], strict=val is not None):
        point |= {"val_loss": loss, "val_se": se}
    return points_


def falling(start, end, n, rate=0.5):
    return [end + (start - end) * math.exp(-rate * i) for i in range(n)]


# (verdict as a person gives it, loss before training, training losses, val losses or None)
CURVES = [
    ("learning", 3.0, falling(2.0, 0.5, 10, 0.2), falling(1.9, 0.6, 10, 0.2)),
    # level at the end, far below the start
    ("learning", 3.0, falling(2.0, 0.5, 10, 2.0), falling(1.9, 0.6, 10, 2.0)),
    ("learning", 5.4, [4.2], [3.9]),  # one look
    ("learning", 5.4, [4.2, 3.1], [3.9, 3.0]),
    ("learning", 5.4, [1.2, 0.4, 0.2], [0.60, 0.50, 0.52]),  # a rise within the noise
    # one look only is above: it may be chance
    ("learning", 5.4, [1.2, 0.4, 0.2], [0.60, 0.50, 0.70]),
    (
        "learning",
        2.0,
        falling(1.9, 0.3, 12, 0.4),
        [*falling(1.8, 0.4, 6, 0.6), 0.6, *falling(0.5, 0.38, 5, 0.6)],
    ),  # a bump
    # text, slowly
    ("learning", 3.2, [3.15, 3.1, 3.07, 3.05, 3.04, 3.03], [3.18, 3.14, 3.1, 3.08, 3.07, 3.06]),
    ("learning", 0.05, [0.05, 0.04, 0.03], [0.06, 0.05, 0.04]),  # was good to begin with
    ("learning", 4.0, falling(3.0, 1.0, 6), None),
    ("learning", 4.0, [2.5], None),
    ("overfitting since 10", 5.4, [1.0, 0.2, 0.05], [0.5, 0.7, 0.9]),
    ("overfitting since 20", 5.4, [1.0, 0.4, 0.2, 0.1], [0.6, 0.5, 0.6, 0.7]),
    (
        "overfitting since 40",
        3.0,
        falling(2.0, 0.01, 12),
        [1.5, 1.0, 0.8, 0.7, 0.72, 0.75, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3],
    ),
    (
        "overfitting since 30",
        1.0,
        falling(0.9, 0.001, 8, 1.0),
        [0.9, 0.8, 0.7, 0.8, 1.0, 2.0, 3.0, 4.5],
    ),  # over 3 x start
    # the rate is too low
    ("flat", 4.0, [3.99, 3.98, 3.97, 3.97, 3.96, 3.96], [3.99, 3.98, 3.98, 3.97, 3.97, 3.97]),
    # hovers above the start
    ("flat", 4.0, [4.3, 4.2, 4.25, 4.2, 4.22, 4.2], [4.1, 4.12, 4.11, 4.1, 4.1, 4.1]),
    ("flat", 4.0, [3.99, 3.98, 3.98, 3.98], None),
    ("flat", 0.7, [0.72], [0.71]),
    ("diverged", 2.0, [1.8, 1.5, 9.0], [1.7, 1.6, 8.0]),
    ("diverged", 2.0, [1.8, float("nan")], [1.7, 1.6]),
    ("diverged", 2.0, [1.8, 1.7], [1.7, float("inf")]),
    ("diverged", 0.2, [4.0, 6.0, 6.5], [5.0, 6.0, 6.0]),
    ("diverged", 3.0, [20.0, 30.0], None),
    # 3 x the start, but nothing that matters
    ("learning", 0.02, [0.03, 0.08, 0.07], [0.03, 0.03, 0.03]),
    ("nothing learnt", 4.2, [4.3, 4.1, 4.2], [4.2, 4.2, 4.2000004]),
    ("nothing learnt", 4.2, [4.2, 4.2, 4.2], None),
]


@pytest.mark.parametrize(
    ("word", "start", "train", "val"),
    CURVES,
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_words_are_those_of_a_person(word, start, train, val):
    fit = fit_words(curve(train, val), start)
    assert fit.word == word
    assert fit.text.endswith(".") and "nan" not in fit.text
    if word != "learning":
        assert any(way in fit.text for way in ("learning_rate", "epochs"))


def test_noise_in_the_val_loss_is_not_overfitting():
    train, val = falling(2.0, 0.1, 8), [1.0, 0.8, 0.6, 0.63, 0.62, 0.64, 0.63, 0.65]
    assert fit_words(curve(train, val, se=0.03), 3.0).word == "learning"
    assert fit_words(curve(train, val, se=0.005), 3.0).word == "overfitting since 30"


def test_a_run_of_six_looks_needs_three_above():
    val = [1.0, 0.8, 0.6, 0.61, 0.9, 0.9]
    assert fit_words(curve(falling(2.0, 0.1, 6), val), 3.0).word == "learning"
    assert fit_words(curve(falling(2.0, 0.1, 7), [*val, 0.9]), 3.0).word == "overfitting since 30"


def test_what_to_change_depends_on_how_it_ended():
    assert "More epochs" in fit_words(curve([2, 1, 0.5], [2, 1, 0.5]), 3.0).text
    assert named(fit_words(curve([2, 1, 0.5], [2, 1, 1.01]), 3.0).text, "step 20")


def test_before_any_look_nothing_is_claimed():
    assert fit_words([], 3.0).word == "learning" and "no evaluation" in fit_words([], None).text


def test_memory_in_use_is_that_of_this_process():
    before = resident()
    with mmap.mmap(-1, 64 << 20) as block:  # unlike memory of the heap it is given back at once
        block[:] = b"x" * len(block)
        held = resident()
        assert held - before > 32 << 20
    assert held - resident() > 32 << 20
