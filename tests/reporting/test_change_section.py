"""What would change the decision: ranges, break-evens, the grid; nothing where nothing would."""

import copy
from dataclasses import replace

import pytest

from assay.presentation.section_html import render
from assay.presentation.section_markdown import render as markdown
from assay.reporting import change_section
from assay.reporting.report_view import ReportView
from helpers.lines import named


@pytest.fixture
def own(report):
    return replace(report, data=copy.deepcopy(report.data))


def test_each_range_says_who_is_recommended_in_it(own):
    section = change_section.section(ReportView(own))
    text = "\n".join(markdown(section))
    assert "| 118 | any | lora-r8 |" in text and "Savings of less than 20 %" in text
    page = render(section)
    assert 'data-at="/change/limit/0/to"' in page and "Break-even of each two strategies" in page
    assert "Break-even" not in text


def test_a_range_without_a_change_is_left_out(own):
    own.data["change"]["limit"] = own.data["change"]["limit"][:1]
    assert "By the time that an answer may take" not in render(
        change_section.section(ReportView(own))
    )


def test_what_a_limit_costs_is_a_line_and_a_price_stands_over_its_grid(own):
    own.data["change"]["lifted"] = [{"name": "ms_per_answer", "arm": "rag-lora", "value": 0.89}]
    own.data["change"]["money"] = True
    page = render(change_section.section(ReportView(own)))
    assert "<li>Without ms per answer: rag-lora, with accuracy <data" in page
    assert "A machine hour costs" in page


def test_arms_that_cost_the_same_at_no_number_say_never(own):
    own.data["change"]["break_even"] = [
        {"first": "a", "second": "b", "answers": None, "below": "a", "above": "a"}
    ]
    assert named(render(change_section.section(ReportView(own))), "never: a is cheaper")


def test_without_a_finished_arm_it_says_so(own):
    own.data["strategies"] = own.data["strategies"][-1:]
    seen = ReportView(replace(own, arms=()))
    assert markdown(change_section.section(seen))[1:] == ["No strategy was finished."]
