"""The part of the report on what more labelled rows would bring."""

from functools import partial
from typing import Any

from assay.presentation import section_spec as spec
from assay.presentation.band_plot import band
from assay.presentation.json_place import Place
from assay.presentation.number_format import apart, between, count, score
from assay.presentation.svg import Plot

KEY = "learning_curve"
TITLE = "More labels"
HOW = "evaluate: {learning_curve: true}"
WORDS = {"rises": "more rows help", "flat": "more rows do not help", "open": "cannot be told"}
FEW = 100  # test rows under which an interval says little


def first(found: dict[str, Any]) -> dict[str, Any]:
    """The arm that the section speaks of first: the best one with all rows."""
    return min(found["arms"], key=lambda arm: _behind(found, arm))


def _behind(found: dict[str, Any], arm: dict[str, Any]) -> float:
    """The score with all rows, so that less is better."""
    value = arm["points"][-1]["score"]
    return -value if found.get("higher_is_better", True) else value


def shape(found: dict[str, Any]) -> str:
    """How a gain is written on the page."""
    return "three" if found.get("unit") else "points"


def sentence(found: dict[str, Any], arm: dict[str, Any] | None = None) -> str:
    """What more labels would bring an arm, the first one when None."""
    if not found["arms"]:
        return "No point of the learning curve could be taken."
    arm = arm or first(found)
    more, furthest = arm["more"], arm["furthest"]
    if more is None:
        return (
            f"{arm['name']}: the curve ends at the rows that there are, so it says nothing of more."
        )
    unit = found.get("unit", "")
    name = f"{unit} less" if unit and not found["higher_is_better"] else unit or "points"
    ends = f"{100 * found['level']:g} %, n = {count(found['rows']['test'])}"

    if arm["word"] == "flat":
        return (
            f"More labels will not help {arm['name']}: {count(furthest['rows'])} more would bring"
            f" {_gain(furthest, unit)} {name} ({_ends(furthest, unit)}, {ends})."
        )
    said = (
        f"Label {count(more['rows'])} more: about {_gain(more, unit)} {name} for {arm['name']}"
        f" ({_ends(more, unit)}, {ends}), {count(furthest['rows'])} more: {_gain(furthest, unit)}"
        f" ({_ends(furthest, unit)})."
    )
    return said + (
        "" if arm["word"] == "rises" else " Whether more labels help cannot be told from this."
    )


def how(found: dict[str, Any]) -> str:
    """What was done, and what the numbers do not say."""
    laws = {arm["law"] for arm in found["arms"]}
    power = "a power law (error = a + b n^-c, which never gets worse with more rows)"
    line = "a straight line in the logarithm of the rows, as there are fewer than four sizes"
    curve = " or ".join(words for law, words in (("power", power), ("line", line)) if law in laws)
    once = [
        arm["name"] for arm in found["arms"] if all(point["draws"] == 1 for point in arm["points"])
    ]
    named = "" if len(once) == len(found["arms"]) else f" of {', '.join(once)}"
    drawn = (
        f"Each size{named} was drawn once, so the"
        f" intervals{named and ' there'} do not say how much it matters which rows are labelled."
        if once
        else "Intervals are over test rows and over which rows are labelled."
    )
    few = " With so few test rows the intervals say little." if found["rows"]["test"] < FEW else ""
    return (
        f"Each strategy was fitted on nested parts of the {count(found['rows']['train'])}"
        " training rows"
        f" and asked the same test rows. The curve is {curve}; it is drawn to {found['reach']:g}"
        f" times the rows that there are and would mislead past that. {drawn}{few}"
    )


def plot(found: dict[str, Any], index: int, mark: int) -> Plot:
    """An arm's curve. `index`: of the arm in the section; `mark`: its place in the report."""
    arm, metric = found["arms"][index], found["metric"].replace("_", " ")
    return band(
        f"labels-{index}",
        arm["points"],
        arm["curve"],
        mark=mark,
        until=found["rows"]["train"],
        unit="labelled rows",
        axis=metric,
        title=f"{metric} of {arm['name']} by labelled rows",
        about="Points are measured, with their intervals; the line is the fitted curve."
        f" {sentence(found, arm)}",
        caption=f"{arm['name']}: points"
        " are measured, line and band are fitted; dashed where nothing was measured.",
    )


def arms_in_order(data: dict[str, Any]) -> list[tuple[int, int, dict[str, Any]]]:
    """(place in the section, place in the report, arm), the best one first."""
    places = {one["name"]: i for i, one in enumerate(data["strategies"])}
    found = data[KEY]["arms"]
    order = sorted(range(len(found)), key=lambda i: _behind(data[KEY], found[i]))
    return [(i, places.get(found[i]["name"], i), found[i]) for i in order]


def blocks(report: Place) -> list[spec.Block]:
    found = report.value[KEY]
    ranked = arms_in_order(report.value)
    of = "" if found.get("unit") else f" of {found['metric'].replace('_', ' ')}"
    caption = f"What more labelled rows would bring, in {found.get('unit') or 'points'}{of}."
    columns = ("strategy", "verdict", "last step: from", "gain", *("more rows", "gain") * 2)
    return [
        spec.Paragraph(sentence(found)),
        spec.Paragraph(how(found), "note"),
        *(spec.Figure(plot(found, i, mark), by_rows(arm)) for i, mark, arm in ranked),
        spec.Table(caption, columns, [_row(report, i, mark) for i, mark, _ in ranked]),
        spec.Paragraph(omission_sentence(found) if found["left_out"] else "", "note"),
    ]


def _row(report: Place, index: int, mark: int) -> spec.TableRow:
    """An arm: what its last step brought, and what more rows would."""
    found, arm = report.value[KEY], report[KEY]["arms"][index]
    name = arm.value["name"]
    cells: list[spec.Cell] = [(spec.Badge(mark), name), WORDS[arm.value["word"]]]
    for key, rows in (("last", "from"), ("more", "rows"), ("furthest", "rows")):
        gain = arm[key]
        cells += (
            [gain.number("count", rows), gain.with_interval(shape(found), "gain")]
            if gain.value
            else [None, None]
        )
    return spec.TableRow(cells, "chosen" if name == report.value["verdict"]["recommended"] else "")


def by_rows(arm: dict[str, Any]) -> str:
    """An arm's measured points in words."""
    points = [f"{count(point['rows'])}: {score(point['score'])}" for point in arm["points"]]
    return f"{arm['name']}, score by labelled rows: {', '.join(points)}."


def _gain(gain: dict[str, Any], unit: str) -> str:
    """Without a plus where the unit is named, and what is better of it."""
    return apart(gain["gain"], unit).lstrip("+" if unit else "")


def _ends(gain: dict[str, Any], unit: str) -> str:
    return between(gain["low"], gain["high"], partial(apart, unit=unit))


def omission_sentence(found: dict[str, Any]) -> str:
    """What was not taken, and why."""
    gone = found["left_out"]
    arms = ", ".join(dict.fromkeys(one["arm"] for one in gone))
    return (
        f"Fits left out: {count(len(gone))} ({arms}). First: {gone[0]['rows']:,} rows,"
        f" {gone[0]['why']}."
    )
