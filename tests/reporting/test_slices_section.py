"""Slices: the weakest first, with its doubt; what to do where there are none."""

import copy
from dataclasses import replace

import pytest

from assay.presentation import section_spec as spec
from assay.presentation.section_html import render
from assay.reporting import closing_sections, slices_section, view
from assay.reporting.report_view import ReportView
from helpers.lines import named


@pytest.fixture
def own(report):
    return replace(report, data=copy.deepcopy(report.data))


def test_the_weakest_slice_is_named_with_its_interval_and_rows(own):
    page = render(slices_section.section(ReportView(own)))
    first = view.slices(own.data)[0]
    assert f"lora-r8 is weakest where {first}: <data" in page
    assert f'data-at="/strategies/4/slices/{first}/accuracy/n"' in page
    assert page.count('<div class="plot-box">') == 1 and "All strategies by slice" in page


def test_slices_with_few_rows_say_nothing(own):
    for one in own.data["strategies"]:
        for values in one["slices"].values():
            values["accuracy"]["n"] = view.FEW - 1
    assert named(render(slices_section.section(ReportView(own))), "fewer than 30 test rows")


def test_without_slices_there_is_no_section_and_how_to_ask_stands_with_what_was_not_measured(own):
    for one in own.data["strategies"]:
        one["slices"] = {}
    seen = ReportView(own)
    assert spec.present(slices_section.section(seen).blocks) == []
    text = render(closing_sections.unmeasured_section(seen))
    assert "<dt>Slices</dt><dd><code>task: {slices: [FIELD]}</code></dd>" in text
