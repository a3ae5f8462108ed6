"""A card an arm: what it is, how it did, how it learnt, its rows."""

import copy
from dataclasses import replace

import pytest

from assay.presentation.section_html import blocks_html, render
from assay.reporting import arms_section
from assay.reporting.report_view import ReportView


@pytest.fixture
def own(report):
    return replace(report, data=copy.deepcopy(report.data))


def cards(report):
    """Name -> the card as HTML."""
    seen = ReportView(report)
    blocks = arms_section.section(seen).blocks
    return {card.name: blocks_html([one]) for card, one in zip(seen.cards, blocks, strict=True)}


def test_a_card_names_its_settings_and_its_scores(own):
    lora = cards(own)["lora-r8"]
    assert lora.startswith('<article class="card" id="arm-4">')
    assert 'lora-r8 <span class="tag">recommended</span></h3>' in lora
    assert "<dd>rank: 8, learning_rate: 0.0003</dd>" in lora
    assert 'data-at="/strategies/4/metrics/macro_f1/value"' in lora
    assert "<dd>smollm2-135m, adapter</dd>" in lora and "predictions/lora-r8.jsonl" in lora
    assert '<span class="tag">baseline</span>' in cards(own)["tfidf"]
    assert "all as by default" in cards(own)["majority"]


def test_an_arm_without_a_result_has_its_state_and_its_note(own):
    full = cards(own)["full"]
    assert "<dt>state</dt><dd>failed</dd>" in full and "it needs 9.8 GB of 8.0 GB" in full
    assert "predictions/" not in full and "worst rows" not in full


def test_rows_are_shown_with_answer_and_mark(own):
    zero = cards(own)["zero"]
    assert "10 worst rows" in zero and "10 best rows" in zero and "Most frequent mistakes" in zero
    assert '<dd class="text wrong">unparseable <span class="none">(wrong)</span></dd>' in zero


def test_what_only_some_arms_have_is_told_of_them(own):
    one = own.data["strategies"][4]
    one |= {"abstained": 3, "refused": 1, "by": {"head": 200, "model": 64}}
    one |= {"seeds": {"values": [0.87, 0.88], "deviation": 0.007}}
    one |= {"fit": {"word": "learning", "text": "It fell."}}
    one["calibration"]["without"] = 5
    lora = cards(own)["lora-r8"]
    for place in ("abstained", "by/model", "seeds/values/1", "seeds/deviation"):
        assert f'data-at="/strategies/4/{place}"' in lora
    assert "<dd><strong>learning</strong>. It fell.</dd>" in lora
    assert "5</data> answers have no confidence" in lora


def test_types_of_an_extraction_are_called_so(own):
    own.data["task"]["kind"] = "extract"
    page = render(arms_section.section(ReportView(own)))
    assert "Each type, worst first" in page and "Each label" not in page


def test_a_search_is_told_with_its_score_on_the_test_rows_where_there_is_one(own):
    done, failed = (
        next(one for one in own.data["strategies"] if one["name"] == name)
        for name in ("lora-r8", "full")
    )
    trial = {"number": 0, "values": {"c": 1}, "state": "complete", "score": 0.5, "seconds": 9}
    search = {"planned": 1, "best": 0, "values": {"c": 1}, "rows": 200, "importance": None}
    for one in (done, failed):
        one["search"] = {**search, "trials": [{**trial, "curve": []}]}
    told = cards(own)
    tested = done["metrics"]["accuracy"]["value"]
    assert f"which no trial saw, it has {tested:.3f}" in told["lora-r8"]
    assert "On 200 val rows" in told["full"] and "which no trial saw" not in told["full"]
