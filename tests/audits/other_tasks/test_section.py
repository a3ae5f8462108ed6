"""The section on other tasks, from numbers that are given."""

import pytest

from assay.audits.other_tasks import section
from assay.presentation.json_place import Place
from assay.presentation.section_markdown import blocks_markdown


def gap(before, after, low, high):
    return {
        "before": before,
        "after": after,
        "difference": after - before,
        "low": low,
        "high": high,
        "n": 60,
    }


DATA = {
    "strategies": [{"name": "on"}, {"name": "kept"}],
    "other_tasks": {
        "level": 0.95,
        "tasks": [{"name": "lora of ../a", "metric": "accuracy", "n": 60}],
        "arms": {
            "on": {"tasks": {"lora of ../a": gap(0.9, 0.5, -0.55, -0.25)}, "backward": -0.4},
            "kept": {"tasks": {"lora of ../a": gap(0.9, 0.88, -0.06, 0.02)}, "backward": -0.02},
        },
        "failed": {"other": "no memory"},
        "without": ["tfidf of ../b"],
    },
}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("on", "on, asked as lora of ../a: knows less, −40.0 points (−55.0 to −25.0, 95 %)."),
        ("kept", "no change that can be told from chance, −2.0 points (−6.0 to +2.0, 95 %)."),
    ],
)
def test_a_sentence_says_what_was_lost(name, said):
    one = DATA["other_tasks"]["arms"][name]["tasks"]["lora of ../a"]
    assert section.sentence(name, "lora of ../a", one, 0.95).endswith(said)


def test_the_section_has_a_row_for_each_arm_and_task_and_what_failed():
    text = "\n".join(blocks_markdown(section.blocks(Place(DATA))))
    assert "| on | lora of ../a | 0.900 | 0.500 |" in text
    assert "other could not be asked: no memory" in text
    assert "tfidf of ../b has no test rows" in text


def test_the_terminal_has_a_line_on_the_winner():
    assert section.summary(DATA, "kept") == "other tasks: −2.0 points on lora of ../a"
    assert section.summary(DATA, "absent") == "" == section.summary({}, "on")
