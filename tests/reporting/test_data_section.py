"""Data and leaks: what was read and dropped, what a model sees, pairs with both texts."""

import copy
from dataclasses import replace

import pytest

from assay.presentation.section_html import render
from assay.presentation.section_markdown import render as markdown
from assay.reporting import data_section
from assay.reporting.report_view import ReportView
from helpers.lines import named


@pytest.fixture
def own(report):
    return replace(report, data=copy.deepcopy(report.data), extra=copy.deepcopy(report.extra))


def test_rows_are_counted_from_reading_to_the_test(own):
    own.data["rows"]["made"] = 210
    page = render(data_section.section(ReportView(own)))
    assert 'data-at="/rows/dropped" data-as="count">97<' in page
    assert "210</data> of the training rows were made." in page
    assert "same text as an earlier row: examples" in page and "train-3, train.csv:3" in page


def test_a_training_example_shows_what_is_learnt(own):
    page = render(data_section.section(ReportView(own)))
    assert '<pre class="wrap" tabindex="0"><span class="unlearnt">&lt;|im_start|&gt;user' in page
    assert "&lt;|im_end|&gt;</mark></pre>" in page and "5 of 48 tokens are learnt from" in page


def test_what_is_not_known_has_no_part(own):
    for key in ("ledger", "labels", "lengths", "rendered"):
        own.extra.pop(key)
    page = render(data_section.section(ReportView(own)))
    assert "<h3>" not in page and "rows were read" in page


def test_many_labels_are_cut(own):
    own.extra["labels"] = {"train": {f"label {n}": 1 for n in range(data_section.LABELS + 7)}}
    assert "7 more labels are left out here." in render(data_section.section(ReportView(own)))


def test_a_leak_has_both_texts_beside_each_other(own):
    section = data_section.leaks_section(ReportView(own))
    page = render(section)
    assert "<strong>leak-3fa9c1</strong>: near, similarity 0.910. Decision: dropped" in page
    assert page.count('<div class="pair">') == 1 and "train: train-88, train.csv:89" in page
    assert named("\n".join(markdown(section)), "leak-3fa9c1", "similarity 0.910", "train-88")


def test_of_many_leaks_some_are_shown_and_fewer_printed(own):
    own.extra["leaks"] *= data_section.LEAKS + 3
    own.extra["doubts"] = ["One file is twice there."]
    page = render(data_section.leaks_section(ReportView(own)))
    assert page.count('<div class="pair">') == data_section.LEAKS
    assert "3 more pairs are left out here." in page and "Three of 53 pairs are printed" in page
    assert "One file is twice there." in page
    text = "\n".join(markdown(data_section.leaks_section(ReportView(own))))
    assert text.count("leak-3fa9c1") == data_section.SHORT
