"""Head to head: the recommended arm against the nearest, in buckets with their rows."""

from dataclasses import replace

from assay.presentation import section_spec as spec
from assay.presentation.section_html import render
from assay.reporting import duel_section
from assay.reporting.report_view import ReportView


def test_rows_are_counted_by_which_of_the_two_is_right(report):
    section = duel_section.section(ReportView(report))
    table = next(block for block in section.blocks if isinstance(block, spec.Table))
    assert [row[0] for row in table.rows] == ["Regressed", "Fixed", "Both wrong", "Both right"]
    assert sum(row[2].value for row in table.rows) == 264
    page = render(section)
    assert "“Here” means lora-r8." in page and "<dt>rag-lora</dt>" in page
    assert '<span class="none">(right)</span>' in page


def test_without_two_finished_arms_there_is_no_duel(report):
    section = duel_section.section(ReportView(replace(report, arms=())))
    assert section.blocks == [
        spec.Paragraph("There are no two finished strategies to hold against each other.")
    ]
