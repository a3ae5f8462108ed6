"""Points lost against minutes, a panel a set: docs/race-measured.svg, from benchmarks/race.jsonl.

pip install matplotlib
python benchmarks/race_curve.py
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
from matplotlib.ticker import NullLocator

from race import PAGE, lost, results

COLUMNS, TICKS = 5, (2, 5, 10, 30, 60)


def main() -> None:
    rows = results()
    whole = {row["set"]: row for row in rows if row["way"] == "whole"}
    limited = [row for row in rows if row["way"] != "whole" and row["set"] in whole]
    some = {row["set"] for row in limited if row["way"] != "race"}
    names = [name for name in whole if name in some]
    plt.rcParams |= {"svg.hashsalt": "assay", "svg.fonttype": "none", "font.size": 8}
    high = -(-len(names) // COLUMNS)
    shape = {"figsize": (10, 1.9 * high), "sharex": True, "sharey": True, "layout": "constrained"}
    figure, panels = plt.subplots(high, COLUMNS, squeeze=False, **shape)
    for panel, name in zip(panels.flat, names, strict=False):
        draw(panel, name, whole[name], [row for row in limited if row["set"] == name])
    for panel in panels.flat[len(names) :]:
        panel.set_axis_off()
    figure.supxlabel(
        "minutes given (hollow: the race ended by itself; dashed: the whole comparison)"
    )
    figure.supylabel("points lost")
    figure.savefig(PAGE.with_suffix(".svg"), metadata={"Date": None})
    print(f"{PAGE.with_suffix('.svg')} written")


def draw(panel: Any, name: str, whole: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    """A point a limit; the last one, hollow, is where the race ended by itself."""
    limits = sorted(row["way"] for row in rows if row["way"] != "race")
    there = {row["way"]: row for row in rows}
    points = [(one, lost(whole, there[one])) for one in limits]
    end = [(row["seconds"] / 60, lost(whole, row)) for row in rows if row["way"] == "race"]
    panel.plot(*zip(*points, *end, strict=True), marker="o", color="#0072b2")
    panel.plot(*zip(*end, strict=True), marker="o", color="#0072b2", markerfacecolor="white")
    panel.axvline(whole["seconds"] / 60, color="#777777", linestyle="--", linewidth=1)
    panel.axhline(0, color="#cccccc", linewidth=0.8, zorder=0)
    panel.set_xscale("log")
    panel.xaxis.set_minor_locator(NullLocator())
    panel.set_xticks(TICKS, [f"{one}" for one in TICKS])
    panel.set_title(name, fontsize=8)


if __name__ == "__main__":
    main()
