"""The card of an export: how it is used, and whether it is still the arm."""

import copy

import pytest

from assay.reporting.export_card import export_card
from helpers.lines import named

END = {"value": 0.9, "low": 0.85, "high": 0.94}
NOTE = {
    "arm": {"name": "lora-r8"},
    "format": {"name": "peft", "runtime": "transformers"},
    "project": "banking | <b>",
    "assay": "0.2.0",
    "base": {
        "name": "smollm2",
        "digest": "a" * 64,
        "hub": ["org/smollm2", "main"],
        "licence": "Apache-2.0",
    },
    "files": {"adapter.safetensors": {"bytes": 4_900_000, "sha256": "b" * 64}},
    "state": "checked",
    "why": "",
    "limit": 0.99,
    "equivalence": {
        "n": 100,
        "metric": "accuracy",
        "equal": {"value": 0.99, "low": 0.95, "high": 1.0},
        "arm": END,
        "export": {**END, "value": 0.91},
        "unparsed": {"arm": 0, "export": 2},
        "difference": {"value": 0.01, "low": -0.02, "high": 0.04},
        "others": [{"id": "t1", "target": "a", "arm": "a", "export": "b"}],
    },
}


def card(report=None, **changes):
    return export_card({**copy.deepcopy(NOTE), **changes}, ["Load it."], report)


def test_the_hub_reads_base_licence_and_library():
    front = card().split("---")[1].split()
    assert front == [
        *("base_model:", "org/smollm2", "license:", "apache-2.0"),
        *("library_name:", "peft", "pipeline_tag:", "text-generation"),
    ]
    plain = card(base={"name": "", "digest": "", "hub": None, "licence": "see the file"})
    assert "license:" not in plain and "base_model:" not in plain


def test_it_is_said_how_many_answers_are_the_arms(report):
    text = card()
    assert named(text, "100 test questions", "transformers", "0.990", "0.950 to 1.000", "99.0%")
    assert named(text, "Difference", "+1.0", "−2.0 to +4.0")
    assert "| t1 | a | a | b |" in text
    assert named(text, "adapter.safetensors", "4.90", "b" * 64)
    assert "<b>" not in text.replace(r"\<b\>", "")
    # the arm's own card follows, where a report has it
    assert len(card(report)) > len(text) and "0.875" in card(report)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": "refused", "why": "98 of 100"}, "**Refused**: 98 of 100."),
        ({"equivalence": None, "state": "unchecked", "why": "no rows"}, "Not checked: no rows."),
        ({"equivalence": None, "state": "nothing", "why": ""}, "so nothing was asked"),
        ({"limit": None}, "There is no limit for this format."),
    ],
)
def test_what_was_not_checked_or_not_the_same_is_said(changes, said):
    assert said in card(**changes)


def test_rows_that_were_learnt_are_no_measure(report):
    found = {**NOTE["equivalence"], "learnt": True}
    assert "has learnt from these rows" in card(report, equivalence=found)
    assert "has learnt from these rows" not in card(report)


def test_an_arm_that_no_report_has_is_no_card(report):
    with pytest.raises(KeyError):
        card(report, arm={"name": "nobody"})
