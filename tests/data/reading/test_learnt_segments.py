import pytest

from assay.data.reading.learnt_segments import read_segments
from helpers.raw_tables import loaded, raw_table


def segments(*texts, first=False):
    return [{"label": bool(at % 2) != first, "text": text} for at, text in enumerate(texts)]


def test_what_is_learnt_is_an_answer_and_what_stands_before_it_is_asked(tmp_path):
    rows = [
        {"segments": segments(f"<s>[INST] Dock {i}? [/INST] ", f"Mill {i}.</s>")} for i in range(6)
    ]
    got = loaded(tmp_path, *rows)
    assert [(one.text, one.target) for one in got.train[:2]] == [
        ("Dock 0?", "Mill 0."),
        ("Dock 1?", "Mill 1."),
    ]


def test_an_answer_in_what_is_not_learnt_is_no_target(tmp_path):
    before = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>\n"
    asked = "<|im_start|>user\nDock {i}?<|im_end|>\n<|im_start|>assistant\n"
    rows = [
        {"segments": [{"label": False, "text": before}, *segments(asked.format(i=i), f"Mill {i}.")]}
        for i in range(6)
    ]
    got = loaded(tmp_path, *rows).train
    assert [one.target for one in got] == [f"Mill {i}." for i in range(6)]
    assert [turn.content for turn in got[0].messages] == ["Hi", "Hello", "Dock 0?"]


def test_texts_without_marks_are_turns_as_they_are():
    found = read_segments(raw_table([{"segments": segments("Hi ", "Hello")}] * 3), set())
    assert [turn["content"] for turn in found.rows[0].fields["messages"]] == ["Hi", "Hello"]


@pytest.mark.parametrize(
    "value",
    [
        segments("A claim.", "No claim.", first=True),
        [{"label": "ad", "text": "Buy!"}, {"label": "talk", "text": "Hi."}],
        [{"label": False, "text": "one"}],
        [],
        "text",
        None,
    ],
)
def test_other_segments_stay(value):
    table = raw_table([{"segments": value}] * 4)
    assert read_segments(table, set()) is table
