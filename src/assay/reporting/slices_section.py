"""The part of the report on slices: where the recommended arm is weakest."""

from __future__ import annotations

from collections.abc import Sequence

from assay.presentation import section_spec as spec
from assay.reporting import figures, view
from assay.reporting.report_view import ReportView


def section(seen: ReportView) -> spec.Section:
    return spec.Section("slices", "Slices", _blocks(seen))


def _blocks(seen: ReportView) -> Sequence[spec.Block]:
    names, metric = view.slices(seen.data), seen.metric
    if not names:
        return []  # how to ask for them is among what was not measured
    chosen = next(card for card in seen.ranked if card.name == seen.recommended)
    slices = seen.arm(chosen.index)["slices"]
    worst = slices[names[0]][metric]
    said: spec.Words = f"Every slice has fewer than {view.FEW} test rows: too few to say anything."
    if worst.value["n"] >= view.FEW:
        value, ends = worst.and_interval("score")
        said = (
            *(f"{chosen.name} is weakest where {names[0]}: ", value, " (", ends, ") on "),
            worst.number("count", "n"),
            " rows. Among several slices one is the lowest by chance alone: look at its interval.",
        )
    rows = [
        (
            name,
            slices.number("count", name, metric, "n"),
            *(
                seen.arm(card.index).number("score", "slices", name, metric, "value")
                for card in seen.ranked
            ),
        )
        for name in names
    ]
    caption = (
        f"{seen.metric_words.capitalize()} by slice. Slices with fewer than {view.FEW} rows are too"
        " small to judge."
    )
    columns = ("slice", "n", *(card.name for card in seen.ranked))
    table = spec.Table(caption, columns, rows, wide=False)
    return [
        spec.Paragraph(said),
        spec.Figure(figures.slice_dots(names, chosen, seen.data)),
        spec.Details("All strategies by slice", (table,), printed=True),
    ]
