"""A curve with its band: where it was measured, and where it is only drawn on."""

from assay.presentation.band_plot import band
from helpers.drawn import of_class, places, svg


def point(rows, score, half=0.02):
    return {"rows": rows, "score": score, "low": score - half, "high": score + half}


def drawn(until=400):
    points = [point(100, 0.6), point(200, 0.7), point(400, 0.8)]
    curve = [*points, point(800, 0.85)]
    return band(
        "k",
        points,
        curve,
        mark=1,
        until=until,
        unit="rows",
        axis="accuracy",
        title="<t>",
        about="a",
        caption="c",
    )


def test_beyond_what_was_measured_the_line_is_dashed_and_said_so():
    plot = drawn()
    known, beyond = of_class(plot, "polyline", "curve")
    assert known.get("stroke-dasharray") is None and beyond.get("stroke-dasharray")
    assert len(places(known.get("points"))) == 3
    # The dashed part goes on from the last known point.
    assert places(beyond.get("points"))[0] == places(known.get("points"))[-1]
    assert "not measured" in plot.svg and "not measured" not in drawn(until=800).svg


def test_more_rows_stand_further_right_and_a_better_score_higher():
    points = places(of_class(drawn(), "polyline", "curve")[0].get("points"))
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert [y for _, y in points] == sorted((y for _, y in points), reverse=True)
    # twice the rows from 0, twice as far from the left edge
    (first, _), (second, _), _ = points
    assert abs((second - 64) - 2 * (first - 64)) < 0.2


def test_the_table_has_what_was_measured_and_the_curve_beyond():
    plot = drawn()
    assert plot.rows[0] == ("100", "0.600", "0.580", "0.620")
    assert [row[0] for row in plot.rows][-1] == "800, curve"
    assert svg(plot).find("title").text == "<t>"


def test_a_point_without_an_interval_has_no_whisker():
    alone = [{"rows": 100, "score": 0.6, "low": None, "high": None}]
    plot = band(
        "k", alone, alone, mark=0, until=100, unit="", axis="", title="", about="", caption=""
    )
    assert of_class(plot, "line", "whisker") == [] and of_class(plot, "polygon", "m0") == []
    assert plot.rows[0][1:] == ("0.600", "–", "–")
