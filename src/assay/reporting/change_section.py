"""The part of the report on what would change the decision: volume, prices, limits, guards."""

from __future__ import annotations

from collections.abc import Sequence

from assay.decision import decision_table
from assay.presentation import section_spec as spec
from assay.reporting import figures
from assay.reporting.report_view import ReportView

RANGES = (
    ("volume", "count", "answers a month", "By the number of answers a month."),
    ("price", "three", "an hour", "By the price of a machine hour."),
    (
        *("limit", "three", "ms"),
        "By the time that an answer may take: 95 in 100, asked alone. A limit below the first line"
        " leaves no strategy.",
    ),
)


def section(seen: ReportView) -> spec.Section:
    return spec.Section("change", "Sensitivity", _blocks(seen))


def _blocks(seen: ReportView) -> Sequence[spec.Block]:
    if not seen.ranked:
        return [spec.Paragraph("No strategy was finished.")]
    found, place = seen.data["change"], seen.place["change"]
    lifted: list[spec.Words] = [
        (
            f"Without {one.value['name'].replace('_', ' ')}: {one.value['arm']}, with"
            f" {seen.metric_words} ",
            *(one.number("score", "value"), "."),
        )
        for one in place["lifted"]
    ]
    return [
        spec.Paragraph(found["sentence"] or ""),
        *(spec.Paragraph(line) for line in decision_table.slight_savings(seen.data)),
        spec.Figure(figures.lines(seen.ranked, seen.data)),
        *(_ranges(seen, *each) for each in RANGES),
        spec.SectionHeading("What limits and guards cost"),
        spec.Bullets(lifted),
        spec.SectionHeading("What a better score costs"),
        spec.Table(
            "Strategies that score better than the recommended one. Whether they are better may be"
            " chance: see the table of differences.",
            ("strategy", "points better", f"{decision_table.cost_name(seen.data)}, for each point"),
            [
                (one.value["arm"], *one.numbers("three", "points", "price_per_point"))
                for one in place["worth"]
            ],
            wide=False,
        ),
        spec.Details("Break-even of each two strategies", (_break_even(seen),)),
        spec.Details("Recommended at each volume, limit and machine price", _grid(seen)),
        spec.Paragraph(
            "Scores and times stay as measured here; only prices, volume and limits are changed. At"
            " many answers a month one machine of this kind may not do.",
            "source",
        ),
    ]


def _ranges(seen: ReportView, key: str, shape: str, unit: str, caption: str) -> spec.Table:
    """Who is recommended from where to where; nothing where it is one arm throughout."""
    ranges = list(seen.place["change"][key])
    rows = [
        spec.TableRow(
            (
                one.number(shape, "from"),
                "any" if one.value["to"] is None else one.number(shape, "to"),
                one.value["arm"] or "no strategy",
            ),
            "chosen" if one.value["arm"] == seen.recommended else "",
        )
        for one in ranges
    ]
    columns = (f"from, {unit}", "to", "recommended")
    return spec.Table(caption, columns, rows if len(rows) > 1 else [], wide=False)


def _break_even(seen: ReportView) -> spec.Table:
    rows = [
        (
            *(one.value["first"], one.value["second"]),
            "never" if one.value["answers"] is None else one.number("three", "answers"),
            decision_table.break_even_words(one.value),
        )
        for one in seen.place["change"]["break_even"]
    ]
    caption = "Answers a month at which two strategies cost the same."
    columns = ("strategy", "and", "answers a month", "which is cheaper")
    return spec.Table(caption, columns, rows, wide=False)


def _grid(seen: ReportView) -> list[spec.Block]:
    """A table a price: who is recommended at each volume and limit."""
    place, found = seen.place.at("change", "grid"), seen.data["change"]
    volumes = [place.number("count", "volumes", v) for v in range(len(found["grid"]["volumes"]))]
    tables: list[spec.Block] = []
    for p, arms in enumerate(found["grid"]["arms"]):
        price = spec.text_of(place.number("three", "prices", p))
        money = f"A machine hour costs {price}. " if found["money"] else ""
        rows = [
            (
                "any" if limit is None else place.number("three", "limits", i),
                *(name or "no strategy" for name in arms[i]),
            )
            for i, limit in enumerate(found["grid"]["limits"])
        ]
        caption = (
            f"{money}Columns: answers a month. Rows: milliseconds that an answer may take (95 in"
            " 100)."
        )
        tables.append(spec.Table(caption, ("ms", *volumes), rows, wide=False, right=0))
    return tables
