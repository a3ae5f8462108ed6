"""The card says what the report says, and "[not measured]" where it says nothing."""

import pytest

from assay.audits.registry import SECTIONS
from assay.presentation.markdown_table import plain
from assay.presentation.number_format import score, three
from assay.reporting import markdown
from assay.reporting.model_card import model_card
from helpers.lines import named


def test_a_card_says_what_the_report_says(report):
    text = model_card(report, "lora-r8")
    one = next(s for s in report.data["strategies"] if s["name"] == "lora-r8")
    for value in one["metrics"].values():
        assert (
            f"| {score(value['value'])}"
            f" | {score(value['low'])} to {score(value['high'])} | 264 |" in text
        )
    assert "It is the one that the report recommends." in text
    assert named(text, "812 s", f"{three(one['cost']['energy']['fit_kwh'])} kWh")
    assert (
        "Weakest slice: channel=app, " in text and "| components | smollm2-135m, adapter |" in text
    )
    assert "learning\\_rate | 0.0003" in text
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert headings == [
        *(
            "## What it is",
            "## To be filled in",
            "## Limits",
            "## How it was made",
            "## How good it is",
        ),
        *("## What it costs", "## How to make it again"),
    ]


def test_what_was_not_measured_is_said_and_other_arms_limits_are_left_out(report):
    text = model_card(report, "rag-lora")
    assert "recommends" not in text
    assert (
        text.count(plain("[not measured]")) == len(SECTIONS)
        and "95 in 100, are faster | [not measured] |" in text
    )
    assert "zero: 13 of 264" not in text and "zero: 13 of 264" in markdown.render(report)
    measured = {
        **report.data,
        "forgetting": {
            "arms": {"rag-lora": {"combined": {"difference": -0.4, "low": -1.9, "high": 1.1}}}
        },
    }
    assert named(
        model_card(type(report)(measured, report.task), "rag-lora"), "forgetting", "−0.4 points"
    )


def test_an_arm_without_a_result_has_no_card(report):
    with pytest.raises(KeyError):
        model_card(report, "full")
