"""What the report says of a search: how many trials, what is kept, what val said of it and of the
method's own defaults, what it took."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.presentation import search_plots
from assay.presentation import section_spec as spec
from assay.presentation.number_format import apart, count, duration, score


def search_blocks(
    index: int, found: Mapping[str, Any], metric: str, tested: float | None
) -> list[spec.Block]:
    """
    Args:
        index: the arm's place in the report. found: its `search`. tested: the score on test rows.
    """
    trials, best = found["trials"], found["best"]
    key, shares = f"search-{index}", found.get("importance") or {}
    plots = [
        search_plots.trial_history(f"{key}-history", trials, best, metric=metric),
        search_plots.setting_slices(f"{key}-slices", trials, best, shares, metric=metric),
        search_plots.parallel_settings(f"{key}-parallel", trials, best, metric=metric),
        search_plots.trial_curves(f"{key}-curves", trials, best, metric=metric),
    ]
    told = [one for one in trials if one.get("text")]
    return [
        spec.Paragraph(" ".join(search_sentences(found, metric, tested))),
        spec.Details(
            f"{count(len(trials))} trials",
            (
                *(spec.Figure(plot) for plot in plots),
                spec.Bullets([_say_trial(one) for one in told]),
            ),
        ),
    ]


def _say_trial(one: Mapping[str, Any]) -> str:
    """Why it failed, or whose weights it took over."""
    how = " failed" if one["state"] == "failed" else ""
    return f"Trial {one['number'] + 1}{how}: {one['text']}"


def search_sentences(found: Mapping[str, Any], metric: str, tested: float | None) -> list[str]:
    """The search in words."""
    trials = found["trials"]
    kept = trials[found["best"]]
    ended = sum(one["state"] == "pruned" for one in trials)
    failed = sum(one["state"] == "failed" for one in trials)
    rest = [f"{count(ended)} ended early"] * bool(ended) + [f"{count(failed)} failed"] * bool(
        failed
    )
    took = duration(sum(one["seconds"] for one in trials))
    asked = f" of {count(found['planned'])}" if found["planned"] != len(trials) else ""
    values = ", ".join(
        f"{place} {search_plots.show_value(value)}" for place, value in found["values"].items()
    )
    said = [
        f"Searched: {count(len(trials))}{asked} trials in {took}"
        f"{' (' + ', '.join(rest) + ')' if rest else ''};"
        f" trial {kept['number'] + 1} is kept: {values}."
    ]
    if trials[0]["state"] == "complete" and kept["number"]:
        gain = kept["score"] - trials[0]["score"]
        said.append(
            f"On {count(found['rows'])} val rows it has {metric} {score(kept['score'])}, the first"
            f" trial {score(trials[0]['score'])}: {apart(gain)} points."
        )
    else:
        said.append(f"On {count(found['rows'])} val rows it has {metric} {score(kept['score'])}.")
    if tested is not None:
        said.append(
            "The best of several trials flatters itself on val; on test rows, which no trial saw,"
            f" it has {score(tested)}."
        )
    return said


def ranges_in_words(settings: Mapping[str, Any]) -> str:
    """The ranges of a search: `learning_rate 1e-05 to 0.001, by the logarithm; rank 4, 8`."""
    said = []
    for one in settings["ranges"]:
        show = search_plots.show_value
        if one.get("options"):
            said.append(f"{one['place']} {', '.join(map(show, one['options']))}")
            continue
        step = f" in steps of {show(one['step'])}" if one.get("step") else ""
        log = ", by the logarithm" if one.get("log") else ""
        said.append(f"{one['place']} {show(one['low'])} to {show(one['high'])}{step}{log}")
    return "; ".join(said)
