"""The part on code: the best arm in a sentence, kinds of failures that came up."""

import copy
from dataclasses import replace

import pytest

from assay.presentation import section_spec as spec
from assay.presentation.section_html import render
from assay.presentation.section_markdown import render as markdown
from assay.reporting import code_section
from assay.reporting.outcome_counts import KINDS
from assay.reporting.report_view import ReportView
from helpers.lines import named


@pytest.fixture
def ran(report):
    """The report as if the answers of two arms had been programs."""
    data = copy.deepcopy(report.data)
    for place, passed in ((1, 100), (4, 200)):
        found = {key: 0 for key, _, _ in KINDS} | {"passed": passed, "timeout": 264 - passed}
        data["strategies"][place]["outcomes"] = found
    return ReportView(replace(report, data=data))


def test_the_best_arm_is_said_first_and_in_words(ran):
    said = code_section.sentence(ran.data)
    assert named(said, "200 of the 264 programs of lora-r8 passed", "64 were not done in time")
    assert "Of the 64 others, 64 " in said
    assert [one["name"] for _, one in code_section.arms(ran.data)] == ["lora-r8", "tfidf"]


def test_only_kinds_that_came_up_are_columns(ran):
    section = code_section.section(ran)
    assert "| strategy | passed | timeout |" in "\n".join(markdown(section))
    assert 'data-at="/strategies/1/outcomes/timeout" data-as="count">164<' in render(section)


def test_where_nothing_was_run_there_is_no_such_part(report):
    assert spec.present(code_section.section(ReportView(report)).blocks) == []


def test_what_the_others_came_to_is_said_most_first(ran):
    best = ran.data["strategies"][4]["outcomes"]
    kinds = [key for key, _, _ in KINDS if key not in ("passed", "timeout")][:2]
    best |= {"timeout": 14, kinds[0]: 20, kinds[1]: 30}
    said = code_section.sentence(ran.data)
    words = {key: words for key, _, words in KINDS}
    parts = f"30 {words[kinds[1]]}, 20 {words[kinds[0]]}, 14 {words['timeout']}"
    assert said.endswith(f" Of the 64 others, {parts}.")
