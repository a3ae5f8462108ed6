"""The last sections: what was not measured, limits, how to make the report again."""

from dataclasses import replace

from assay.audits.registry import SECTIONS
from assay.presentation import section_spec as spec
from assay.presentation.section_html import render
from assay.presentation.section_markdown import render as markdown
from assay.reporting import closing_sections
from assay.reporting.report_view import ReportView
from helpers.lines import named


def test_what_was_not_measured_says_how_to_ask(report):
    page = render(closing_sections.unmeasured_section(ReportView(report)))
    assert page.count("<dt>") == sum(bool(part.HOW) for part in SECTIONS)
    assert "<dt>Bias</dt><dd><code>evaluate: {bias: true}</code></dd>" in page
    everything = report.data | {part.KEY: {} for part in SECTIONS}
    seen = ReportView(replace(report, data=everything))
    assert spec.present(closing_sections.unmeasured_section(seen).blocks) == []


def test_limits_are_lines(report):
    assert named(
        render(closing_sections.limits_section(ReportView(report))).replace("<li>", "\n"),
        "13 of 264",
    )


def test_the_commands_the_versions_and_the_project_are_there(report):
    section = closing_sections.reproduce_section(ReportView(report))
    text, page = "\n\n".join(markdown(section)), render(section)
    assert "```sh\nassay run banking/project.yaml --set seed=7\n```" in text
    assert "| seed | 7 |" in text and "| train.csv | 5a1f0c3e9b7d2468 |" in text
    assert "```yaml\nversion: 2" in text and "<details open><summary>project.yaml" in page


def test_a_report_from_its_file_alone_has_what_it_has(report):
    section = closing_sections.reproduce_section(ReportView(replace(report, extra={})))
    assert "<pre" not in render(section) and "<dt>test rows, hash</dt>" in render(section)
