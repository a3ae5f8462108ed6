"""What the prepared data looks like, in lines."""

import pytest

from assay.core.corrupt_files import silent
from assay.core.types import Example, Message, Task
from assay.data.split import Split
from assay.reporting.data_check import (
    Checked,
    balance_line,
    histogram,
    leak,
    leak_lines,
    length_line,
    merge_steps,
    render_example,
)
from assay.runtime.data_stage.prepare import prepare
from helpers.lines import named
from helpers.small_projects import load_project


def test_only_the_answer_is_learnt():
    example = Example("a", (Message("user", "Where is it?"),), "lost")
    shown = render_example(Task(kind="classify", labels=("lost", "found")), example)
    assert [part["text"] for part in shown["parts"] if part["learnt"]] == ["lost"]
    assert any("Where is it?" in part["text"] for part in shown["parts"])
    # its few letters and the end of the turn
    assert 2 <= shown["learnt"] < shown["tokens"]


def test_steps_with_one_reason_are_counted_together():
    steps = [
        {"step": "dedupe", "action": "dropped", "reason": "same text: row 3", "rows": 2},
        {"step": "dedupe", "action": "dropped", "reason": "same text: row 9", "rows": 3},
        {"step": "dedupe", "action": "changed", "reason": "same text", "rows": 1},
    ]
    assert [(one["action"], one["rows"]) for one in merge_steps(steps)] == [
        ("dropped", 5),
        ("changed", 1),
    ]


@pytest.mark.parametrize("lengths", [[], [0], [3, 3, 90], list(range(1000))])
def test_every_row_is_in_one_bin_of_whole_numbers(lengths):
    found = histogram(lengths)
    assert sum(found["counts"]) == len(lengths)
    assert len(found["edges"]) == len(found["counts"]) + 1 and found["edges"][0] == 0
    assert all(isinstance(edge, int) for edge in found["edges"])
    assert found["edges"][-1] > max(lengths, default=0) and len(found["counts"]) <= 21


def test_the_spread_over_labels_and_lengths_is_one_line_each():
    assert named(balance_line({"a": 6, "b": 3, "c": 1}), "3 labels", "a 6", "60.0 %", "c 1")
    assert named(length_line([10] * 99 + [5000]), "10", "5,000")


SIDE = {"split": "test", "ids": ["t1", "t2"], "sources": ["test.csv:3", "x"], "text": "hello"}
PAIR = {
    "id": "leak-1",
    "kind": "near",
    "similarity": 0.91,
    "left": SIDE,
    "right": {**SIDE, "split": "train", "ids": ["r"], "sources": ["train.csv:8"]},
}


def test_a_leak_says_what_was_done_about_it():
    assert leak(PAIR, Split(leaks="repair"))["decision"] == "repaired"
    assert leak(PAIR, Split(leaks=("leak-1",)))["decision"] == "accepted"
    # Paraphrases are told, and stay, unless the project says more.
    reworded = leak({**PAIR, "kind": "paraphrase"}, Split(leaks="repair"))
    assert reworded["decision"] == "told"
    assert (reworded["first"]["id"], reworded["second"]["source"]) == ("t1", "train.csv:8")


def test_the_worst_leaks_are_shown_with_both_texts():
    audit = {"pairs": [PAIR] * 5, "conflicts": [], "given_away": {}}
    lines = leak_lines(audit, "repair")
    assert len(lines) == 2 * 3  # three of five
    assert named(lines[0], "near 0.91", "train.csv:8", "hello") and named(lines[1], "test.csv:3")


def test_a_check_is_lines_and_json_with_the_same_numbers(tmp_path):
    project = load_project(tmp_path / "project")
    checked = Checked(project, prepare(project, silent))
    found = checked.to_json()
    assert (found["rows"]["read"], found["arms"]) == (42, ["majority", "copy"])
    text = repr(checked)
    assert named(text, "classify", "3 labels") and named(text, "42 read", "12 test")
    assert text.endswith("will run majority, copy")
    split = checked.save_split(tmp_path / "split.csv").read_text()
    assert split.count("\n") == 42 + 1  # with a header


def test_a_text_with_two_labels_is_shown_with_its_labels_and_its_first_row():
    conflict = {"labels": list("abcde"), "text": "hello\nyou", "sources": ["a:1", "b:2", "c:3"]}
    audit = {"pairs": [], "conflicts": [conflict] * 5, "given_away": {}}
    assert leak_lines(audit, "repair") == ["labels a, b, c, d: hello you (a:1, ...)"] * 3
