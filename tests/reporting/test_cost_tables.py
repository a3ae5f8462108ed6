"""What arms cost: columns that only some runs have, how energy was told, other metrics."""

import copy
from dataclasses import replace

import pytest

from assay.presentation import section_spec as spec
from assay.presentation.section_html import blocks_html
from assay.presentation.section_markdown import blocks_markdown
from assay.reporting.cost_tables import cost_tables, other_metrics
from assay.reporting.report_view import ReportView
from helpers.lines import named


@pytest.fixture
def own(report):
    """The report, to be changed."""
    return replace(report, data=copy.deepcopy(report.data))


def test_each_arm_has_its_costs_and_leads_to_its_card(own):
    text = "\n".join(blocks_markdown(cost_tables(ReportView(own))))
    assert "| lora-r8 | 118 | – | – | – | 97.0 | 812 | 2,430 | 4.90 |" in text
    page = blocks_html(cost_tables(ReportView(own)))
    assert '<tr class="chosen"><th scope="row"><a href="#arm-4">lora-r8</a></th>' in page


def test_a_price_an_answer_is_a_column_only_where_some_arm_is_paid_for(own):
    assert "price an answer" not in "\n".join(blocks_markdown(cost_tables(ReportView(own))))
    cost = own.data["strategies"][4]["cost"]
    cost["money_per_answer"], cost["alone"] = 0.002, {"p50": 0.1, "p95": 0.2, "n": 30}
    text = "\n".join(blocks_markdown(cost_tables(ReportView(own))))
    assert "price an answer" in text and named(text, "lora-r8", "200", "30", "0.00200")


def test_times_of_a_busy_machine_are_marked(own):
    assert "while other programs" not in "\n".join(blocks_markdown(cost_tables(ReportView(own))))
    busy = {"busy": True, "lost": 0.9, "load": 9.0, "pressure": 1.0, "throttled": False}
    own.data["strategies"][4]["cost"]["contention"] = {"fit": None, "answers": busy, "alone": None}
    text = "\n".join(blocks_markdown(cost_tables(ReportView(own))))
    assert named(text, "while other programs used the processor", "in a batch, 90% of it waiting")


@pytest.mark.parametrize(
    ("how", "words"),
    [("measured", "RAPL"), ("given", "`decide.watts`"), ("assumed", "nothing was measured")],
)
def test_how_energy_was_told_is_said(own, how, words):
    own.data["strategies"][5]["cost"]["energy"]["how"] = how
    assert named("\n".join(blocks_markdown(cost_tables(ReportView(own)))), words, "7.00")


def test_what_an_arm_is_not_paid_for_is_nothing(own):
    (table,) = [
        one
        for one in cost_tables(ReportView(own))
        if isinstance(one, spec.Table) and one.caption.startswith("Cost of ownership")
    ]
    assert table.columns == ("strategy", "fitting", "answering", "in all", "to set up, once")
    assert [spec.text_of(row.cells[1]) for row in table.rows if row.cells[0] == "zero"] == ["0"]


def test_metrics_that_do_not_decide_have_their_own_table(own):
    text = "\n".join(blocks_markdown(other_metrics(ReportView(own))))
    assert text.startswith("### Other metrics") and "| strategy | macro f1 | interval |" in text
    for one in own.data["strategies"]:
        one["metrics"] = {
            name: one["metrics"][name] for name in one["metrics"] if name == "accuracy"
        }
    assert spec.present(other_metrics(ReportView(own))) == []
