"""The section: its numbers are those of report.json, foreign text is inert, and what was found
comes first."""

import json

import pytest

from assay.audits.robustness import section as robustness
from assay.audits.robustness.comparison import compare_perturbed
from assay.audits.robustness.operators import PerturbedRow
from assay.core.types import Answer
from assay.presentation.json_place import Place
from assay.presentation.number_format import FORMATS
from assay.presentation.section_spec import Table, text_of
from assay.reporting.build import Report
from assay.reporting.html import render as html
from assay.reporting.markdown import render as markdown
from helpers.lines import named
from helpers.sample_report import LABELS, TASK
from reporting.test_html import Page, at

POISON = "<script>alert(1)</script> | [x](http://a.example) {{ 7 * 7 }}"


@pytest.fixture(scope="module")
def weak(report):
    """The synthetic report with three arms asked; the recommended one loses every fourth row by
    typos."""
    names = [report.verdict["recommended"], "tfidf", "majority"]
    arms = []
    for name in names:
        records = next(arm for arm in report.arms if arm.name == name).records[:120]
        asked, answers = [], []
        for kind in ("typos", "casing", "injection"):
            for i, record in enumerate(records):
                lure = LABELS[-1] if kind == "injection" else ""
                way = {"typos": "typos", "casing": "upper", "injection": "forged"}[kind]
                example = record.question.with_text(f"{POISON} {i}")
                asked.append(PerturbedRow(i, kind, way, example, lure))
                lost = kind == "typos" and name == names[0] and not i % 4
                answers.append(Answer(None) if lost else record.answer)
        arms.append(
            {"name": name, **compare_perturbed(records, asked, answers, TASK, level=0.95, seed=2)}
        )
    found = {
        "rows": 120,
        "wished": 120,
        "metric": "accuracy",
        "level": 0.95,
        "rate": 0.1,
        "cut": 0.2,
        "long": 3276,
        "arms": arms[::-1],
        "left_out": ["translation"],
        "recommended": names[0],
    }
    data = json.loads(json.dumps({**report.data, "robustness": found}))
    return Report(data, TASK, report.arms, report.extra)


@pytest.mark.slow
def test_every_number_of_the_section_is_the_reports(weak):
    page = Page(html(weak))
    ours = [(a, shown) for a, shown in page.numbers if a["data-at"].startswith("/robustness/")]
    assert len(ours) > 60
    for attributes, shown in ours:
        value = at(weak.data, attributes["data-at"])
        assert float(attributes["value"]) == value and shown == FORMATS[attributes["data-as"]](
            value
        )
    assert page.open == [] and page.crossed == []
    ids = [a["id"] for _, a in page.elements if a.get("id")]
    assert len(ids) == len(set(ids))
    assert "#robustness" in [a.get("href") for tag, a in page.elements if tag == "a"]


def test_what_was_found_comes_first_with_interval_and_rows(weak):
    section = html(weak).partition('<section id="robustness">')[2]
    name = weak.verdict["recommended"]
    first = section[section.index("<p>") + 3 : section.index("</p>")]
    assert named(first, name, "accuracy", "95 %", "120")
    assert named(first, "1 of 3")
    assert named(section, "majority", "3")
    text = markdown(weak)
    assert "## Robustness" in text and named(text, "Typing", name)
    assert named(text, "two rows", "translation")


def test_foreign_text_is_inert(weak):
    page, text = html(weak), markdown(weak)
    assert "<script>" not in page and "&lt;script&gt;" in page and ">49<" not in page
    part = text.partition("## Robustness")[2]
    assert (
        POISON not in part
        and r"\<script\>alert(1)\</script\> \| \[x\](http&#58;//a.example)" in part
    )


def test_the_plot_stands_for_the_recommended_arm(weak):
    plot = robustness.plot(weak.data)
    assert plot.rows[0][0] == "typos, n = 120" and len(plot.rows) == 3
    assert plot.rows[0][1].startswith("−0.")


def test_a_report_without_it_says_how_to_ask(report):
    assert "evaluate: {robustness: true}" in html(report)


def test_a_kind_that_an_arm_was_not_asked_is_a_dash(weak):
    data = json.loads(json.dumps(weak.data))
    first, *_ = data["robustness"]["arms"]
    gone = first["kinds"].pop(0)["kind"]
    table = next(block for block in robustness.blocks(Place(data)) if isinstance(block, Table))
    row = next(cells for cells in table.rows if text_of(cells[0]).startswith(gone))
    assert [cell is None for cell in row] == [False, False, True, False, False]
