"""The parts of the report on the data and on leaks: what was read and dropped, what a model sees,
which test rows stand elsewhere too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay.presentation import section_spec as spec
from assay.presentation.number_format import score, shorten
from assay.reporting import figures, leak_sentences, view
from assay.reporting.report_view import ReportView

LABELS = 200  # that the page has
LEAKS = 50
FOLDED = 3  # pairs of leaks that stand open, and on paper
SHORT = 20  # pairs of leaks in report.md
EXAMPLES = 5  # rows of each reason


def section(seen: ReportView) -> spec.Section:
    extra = seen.report.extra
    rows = seen.place["rows"]
    read, dropped, kept, train, val, test = rows.numbers(
        "count", "read", "dropped", "kept", "train", "val", "test"
    )
    made = (
        (" ", rows.number("count", "made"), " of the training rows were made.")
        if rows.value.get("made")
        else ()
    )
    head = (read, " rows were read; ", dropped, " were dropped and ", kept, " kept. ")
    uses: tuple[spec.Inline, ...] = (train, " are for training, ", val, " for validation, ", test)
    uses = (*uses, " for the test.")
    if rows.value.get("folds"):
        tested = " folds: each is tested once, by a fit of the other folds, and what is kept has"
        uses = (train, " are in ", rows.number("count", "folds"), tested, " learnt from all of")
        uses = (*uses, " them. ", val, " are for validation.")
    ledger = extra.get("ledger") or []
    blocks = [
        spec.Paragraph((*head, *uses, *made)),
        spec.Figure(figures.funnel(seen.data)),
        spec.SectionHeading("What was dropped or changed, and why"),
        _ledger(ledger),
        *(_ledger_examples(one) for one in ledger),
        *_labels(extra.get("labels") or {}),
        spec.SectionHeading("Lengths"),
        spec.Figure(figures.lengths(extra)),
        *example_blocks(extra.get("rendered")),
    ]
    return spec.Section("data", "Data", blocks)


def _ledger(ledger: Sequence[dict[str, Any]]) -> spec.Table:
    rows = [
        (
            *(shorten(one["reason"], 120), one["step"], one["action"]),
            spec.FormattedNumber(one["count"], "count"),
        )
        for one in ledger
    ]
    caption = "Every row that did not pass unchanged, by reason."
    return spec.Table(caption, ("reason", "step", "what", "rows"), rows, wide=False)


def _ledger_examples(one: dict[str, Any]) -> spec.Details:
    """The first rows that were dropped or changed for a reason."""
    items = [
        spec.Item(_where(row), (row["text"],) if row.get("text") else ())
        for row in one["examples"][:EXAMPLES]
    ]
    summary = f"{shorten(one['reason'], 120)}: examples"
    return spec.Details(summary, (spec.ItemList(items, width=500),))


def _where(row: dict[str, Any]) -> str:
    if not row.get("file"):
        return str(row["id"])
    return f"{row['id']}, {row['file']}" + (f":{row['line']}" if row.get("line") else "")


def _labels(labels: dict[str, dict[str, int]]) -> Sequence[spec.Block]:
    """How many rows have each label."""
    if not labels:
        return ()
    names = view.label_names(labels)
    rows = [
        (
            spec.Verbatim(name),
            *(spec.FormattedNumber(labels[split].get(name, 0), "count") for split in labels),
        )
        for name in names[:LABELS]
    ]
    left = len(names) - LABELS
    table = spec.Table("Rows per label, most frequent first.", ("label", *labels), rows, wide=False)
    more = spec.Paragraph(f"{left} more labels are left out here." if left > 0 else "", "note")
    return (
        spec.SectionHeading("Labels"),
        spec.Paragraph(
            f"{len(names)} labels. The most frequent has {view.label_share(labels):.1f} % of the"
            " rows."
        ),
        spec.Details("Rows per label and split", (table, more), printed=True),
    )


def example_blocks(told: dict[str, Any] | None) -> Sequence[spec.Block]:
    """One training example as the model sees it."""
    if not told:
        return ()
    learnt, tokens = (spec.FormattedNumber(told[key], "count") for key in ("learnt", "tokens"))
    parts = tuple(
        spec.Verbatim(shorten(part["text"], 4000), part["learnt"]) for part in told["parts"]
    )
    return (
        spec.SectionHeading("One training example, as the model sees it"),
        spec.Paragraph((learnt, " of ", tokens, " tokens are learnt from. They are marked.")),
        spec.ListingBlock(parts, wrapped=True),
    )


def leaks_section(seen: ReportView) -> spec.Section:
    extra, conflicting = seen.report.extra, ()
    if seen.data["audit"]["conflicting_labels"]:
        number = seen.place.number("count", "audit", "conflicting_labels")
        head = " Texts that carry different labels in different rows: "
        conflicting = (head, number, ".")
    pairs = extra.get("leaks") or []
    items = [_pair(pair) for pair in pairs[:LEAKS]]
    printed, left = len(items) > FOLDED, len(pairs) - LEAKS
    three = f"Three of {len(pairs)} pairs are printed; the page has them all."
    said = (*leak_sentences.answer_leak_sentences(extra), *(extra.get("doubts") or []))
    blocks = [
        spec.Paragraph((leak_sentences.leak_sentence(seen.data), *conflicting)),
        *(spec.Paragraph(line) for line in said),
        spec.ItemList(items[:FOLDED], SHORT, width=600),
        spec.Details(
            f"{len(items) - FOLDED} more pairs",
            (spec.ItemList(items[FOLDED:], SHORT - FOLDED, width=600),),
        )
        if len(items) > FOLDED
        else spec.Paragraph(""),
        spec.Paragraph(three if printed else "", "note on-paper"),
        spec.Paragraph(f"{left} more pairs are left out here." if left > 0 else "", "note"),
    ]
    return spec.Section("leaks", "Leaks", blocks)


def _pair(pair: dict[str, Any]) -> spec.Item:
    """A test row and the other that it stands in."""
    similar = pair.get("similarity")
    alike = "" if similar is None else f", similarity {score(similar)}"
    where = (spec.Strong(pair["id"]), f": {pair['kind']}{alike}. Decision: {pair['decision']}.")
    sides = [
        spec.Item(f"{side['split']}: {side['id']}, {side['source']}", (side["text"],))
        for side in (pair["first"], pair["second"])
    ]
    return spec.Item(where, beside=sides)
