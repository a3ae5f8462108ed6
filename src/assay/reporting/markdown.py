"""The report as report.md, for a pull request: its sections without plots and single rows."""

from assay.audits.registry import sections as audit_sections
from assay.decision import decision_table
from assay.presentation import section_spec as spec
from assay.presentation.markdown_table import plain
from assay.presentation.section_markdown import blocks_markdown
from assay.presentation.section_markdown import render as section_markdown
from assay.reporting import (
    answer_section,
    change_section,
    closing_sections,
    code_section,
    data_section,
    decision_section,
    retrieval_section,
    view,
)
from assay.reporting.build import Report
from assay.reporting.report_view import ReportView


def sections(seen: ReportView) -> list[spec.Section]:
    """Those of the page that a pull request is decided by."""
    fits = [
        (f"{one['name']}: {one['fit']['word']}. {one['fit']['text']}")
        for one in view.arms_with_training(seen.data)
    ]
    found = [
        decision_section.section(seen),
        change_section.section(seen),
        retrieval_section.section(seen),
        code_section.section(seen),
        spec.Section("fits", "How training went", [spec.Bullets(fits)]),
        data_section.leaks_section(seen),
        *audit_sections(seen.data),
        closing_sections.limits_section(seen),
        closing_sections.reproduce_section(seen),
    ]
    return [one for one in found if spec.present(one.blocks)]


def render(report: Report) -> str:
    """report.md as text."""
    seen = ReportView(report)
    blocks = [
        f"# {plain(report.data['project']) or 'report'}",
        f"**{plain(decision_table.headline(report.data))}**",
        *map(plain, decision_table.below_headline(report.data)),
        *blocks_markdown(answer_section.blocks(seen)),
        *(text for section in sections(seen) for text in section_markdown(section)),
    ]
    return "\n\n".join(blocks) + "\n"
