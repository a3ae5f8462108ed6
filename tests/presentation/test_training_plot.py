"""The plot of a training: every step's loss, val, and the score that decides."""

from assay.presentation.training_plot import curves

SAID = {"title": "t", "about": "a", "caption": "c"}


def test_a_curve_of_one_point_is_no_curve():
    assert curves("k", [{"step": 1, "train": 0.4}], **SAID) is None
    assert (
        curves(
            "k",
            [{"step": 1}, {"step": 2, "train": float("nan")}],
            title="t",
            about="a",
            caption="c",
        )
        is None
    )


def test_the_losses_of_all_steps_are_drawn_and_the_looks_are_the_table():
    looks = [{"step": 10, "train": 1.5, "val": 1.2}, {"step": 20, "train": 1.0, "val": 1.1}]
    losses = [(step, 2 / step) for step in range(1, 21)]
    plot = curves("k", looks, losses=losses, **SAID)
    assert plot.svg.count("<polyline") == 2 and "on val" not in plot.svg
    (drawn,) = [part for part in plot.svg.split("<polyline") if 'class="curve train"' in part]
    assert len(drawn.split('"')[1].split()) == 20
    assert plot.rows == [("10", "1.50", "1.20"), ("20", "1.00", "1.10")]


def test_the_score_that_decides_has_a_panel_of_its_own():
    looks = [{"step": 10, "train": 1.5, "score": 0.4}, {"step": 20, "train": 1.0, "score": 0.6}]
    looks[1]["kept"] = True
    plot = curves("k", looks, metric="accuracy", **SAID)
    assert "accuracy on val" in plot.svg and "kept" in plot.svg
    assert plot.header == ("step", "train", "accuracy on val")
    assert plot.rows[1] == ("20", "1.00", "0.600")
