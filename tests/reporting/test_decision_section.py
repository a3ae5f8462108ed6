"""The decision: tables that are the report's, best first, and parts that only some runs have."""

from dataclasses import replace

from assay.presentation import section_spec as spec
from assay.presentation.section_html import render
from assay.presentation.section_markdown import render as markdown
from assay.reporting import decision_section
from assay.reporting.build import Report
from assay.reporting.report_view import ReportView
from helpers.weighings import FAIR, FLOOR, GOOD, TASK, weighed


def tables(section):
    return {one.caption: one for one in section.blocks if isinstance(one, spec.Table) and one.rows}


def test_every_arm_has_a_row_and_the_recommended_one_is_marked(report):
    found = tables(decision_section.section(ReportView(report)))
    guide = next(table for caption, table in found.items() if caption.startswith("What every"))
    assert [spec.text_of(row.cells[0]) for row in guide.rows] == [
        *("rag-lora", "lora-r8", "few-shot-8", "tfidf (baseline)", "zero", "majority (baseline)")
    ]
    assert [row.state for row in guide.rows] == ["", "chosen", "", "", "", ""]
    scores = next(table for caption, table in found.items() if caption.startswith("Every strategy"))
    assert scores.rows[-1].state == "absent" and scores.rows[-1].cells[1] == "failed"
    assert spec.text_of(guide.rows[1].cells[3]) == "16.0 (assumed)"


def test_page_and_markdown_say_the_same(report):
    section = decision_section.section(ReportView(report))
    page, text = render(section), "\n".join(markdown(section))
    assert page.startswith('<section id="decision">') and text.startswith("## Comparison")
    assert "| lora-r8 | 0.875 | 0.830 to 0.910 | 264 | +0.235 | < 0.001 | −0.015 | 1.000 |" in text
    assert 'data-at="/strategies/4/versus_floor/accuracy/difference"' in page
    for heading in ("How sure", "What it costs", "Other metrics"):
        assert f"<h3>{heading}</h3>" in page and f"### {heading}" in text
    for heading in ("Out", "Guards"):
        assert f"<h3>{heading}</h3>" not in page and f"### {heading}" not in text


def test_guards_and_what_is_out_are_told_where_there_are_some():
    task = TASK.model_copy(update={"guards": {"macro_f1": 1.0}})
    data = weighed(FLOOR, GOOD, FAIR, task=task)
    data["verdict"]["out"] = [
        {"arm": "fair", "name": "ms_per_answer", "words": "needs <b>9</b> ms"}
    ]
    page = render(decision_section.section(ReportView(Report(data, task))))
    assert "<li>fair (ms per answer): it needs &lt;b&gt;9&lt;/b&gt; ms.</li>" in page
    assert "<h3>Guards</h3>" in page and "/guards/macro_f1/difference" in page


def test_intervals_of_clusters_are_told_where_rows_cluster(report):
    ends = {"plain": {"low": 0.8, "high": 0.9}, "together": {"low": 0.7, "high": 0.95}}
    arm = {"name": "lora-r8", "score": {"value": 0.875, **ends}, "to_best": None}
    block = {"field": "user", "arms": [arm], "text": "rows of one 'user' go together", "best": "x"}
    block |= {"setting": "split.group: user", "tested": []}
    sure = {**report.data["certainty"], "clusters": block}
    seen = ReportView(replace(report, data={**report.data, "certainty": sure}))
    page = render(decision_section.section(seen))
    assert 'data-at="/certainty/clusters/arms/0/score/together/low"' in page


def test_without_a_finished_arm_there_is_the_list_alone(report):
    data = {**report.data, "strategies": report.data["strategies"][-1:]}
    data["verdict"] = {**report.verdict, "recommended": None}
    seen = ReportView(replace(report, data=data, arms=()))
    (table,) = tables(decision_section.section(seen)).values()
    assert [row.state for row in table.rows] == ["absent"]
