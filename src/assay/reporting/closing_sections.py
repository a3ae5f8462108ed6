"""The last parts of the report: what was not measured, what this report cannot say, how to make it
again."""

from __future__ import annotations

from assay.audits.registry import SECTIONS
from assay.presentation import section_spec as spec
from assay.reporting import view
from assay.reporting.report_view import ReportView


def unmeasured_section(seen: ReportView) -> spec.Section:
    absent = [part for part in SECTIONS if part.KEY not in seen.data]
    pairs: list[tuple[spec.Words, spec.Words]] = [
        (part.TITLE, spec.Code(part.HOW)) for part in absent if part.HOW
    ]
    if not view.slices(seen.data):
        pairs.insert(0, ("Slices", spec.Code("task: {slices: [FIELD]}")))
    return spec.Section("unmeasured", "Not measured", [spec.Facts(pairs)])


def limits_section(seen: ReportView) -> spec.Section:
    return spec.Section("limits", "Limits", [spec.Bullets(view.limits(seen.report))])


def reproduce_section(seen: ReportView) -> spec.Section:
    data, extra = seen.data, seen.report.extra
    exam = data["exam"]
    facts = [
        ("seed", str(data["seed"])),
        ("test rows, hash", str(exam.get("hash", ""))),
        ("test rows, opened", str(exam.get("opened", ""))),
        *(extra.get("hashes") or {}).items(),
        *view.environment(data),
    ]
    project = spec.ListingBlock(extra.get("project_yaml") or "", "yaml")
    blocks = [
        spec.ListingBlock("\n".join(extra.get("commands") or []), "sh"),
        spec.Paragraph(
            "The same seed, files and versions give the same report; only times, memory and this"
            " list of versions may differ."
        ),
        spec.Facts(facts),
        spec.Details("project.yaml", (project,), printed=True, opened=True),
    ]
    return spec.Section("reproduce", "How to reproduce", blocks)
