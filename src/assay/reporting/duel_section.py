"""The part of the report that holds the recommended arm against the one that comes nearest, row by
row."""

from __future__ import annotations

from collections.abc import Sequence

from assay.presentation import section_spec as spec
from assay.presentation.number_format import count
from assay.reporting import view
from assay.reporting.report_view import ReportView


def section(seen: ReportView) -> spec.Section:
    return spec.Section("duel", "Head to head", _blocks(view.duel(seen.report)))


def _blocks(duel: view.Duel | None) -> Sequence[spec.Block]:
    if not duel:
        return [spec.Paragraph("There are no two finished strategies to hold against each other.")]
    rows = [(one.name, one.words, spec.FormattedNumber(one.count, "count")) for one in duel.buckets]
    columns = ("bucket", "what it holds", "rows")
    return [
        spec.Paragraph(
            f"{duel.winner}, the recommended strategy, against {duel.other}, the one that"
            " comes nearest."
            f" “Here” means {duel.winner}."
        ),
        spec.Table("Test rows by which of the two is right.", columns, rows, wide=False),
        *(_bucket(duel, one) for one in duel.buckets),
    ]


def _bucket(duel: view.Duel, bucket: view.DuelGroup) -> spec.Details:
    items = []
    for ours, theirs in bucket.rows:
        answers = ((duel.winner, ours), (duel.other, theirs))
        told = [_answer(name, row) for name, row in answers]
        facts = (spec.LabelledValue("target", ours.target), *told)
        items.append(spec.Item(ours.where, (ours.question,), facts))
    summary = f"{bucket.name}: {len(items)} of {count(bucket.count)} rows"
    return spec.Details(summary, (spec.ItemList(items),))


def _answer(name: str, row: view.RowView) -> spec.LabelledValue:
    word = "right" if row.right else "wrong"
    return spec.LabelledValue(name, "unparseable" if row.answer is None else row.answer, word, word)
