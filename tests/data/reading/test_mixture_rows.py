from assay.data.reading.mixture_rows import drop_tokens
from helpers.raw_tables import loaded, raw_table


def row(i, choices):
    return {
        "answer_choices": choices,
        "inputs": [3, i],
        "inputs_pretokenized": f"Where is dock {i}?",
        "targets": [7],
        "targets_pretokenized": f" {choices[i % 2]}\n",
    }


def test_choices_of_all_rows_are_labels(tmp_path):
    got = loaded(tmp_path, *(row(i, ["north", "south"]) for i in range(12)))
    assert (got.kind, got.train[0].text, got.train[0].target) == (
        "classify",
        "Where is dock 0?",
        "north",
    )


def test_choices_of_each_row_are_its_options(tmp_path):
    got = loaded(tmp_path, *(row(i, [f"mill {i}", f"gate {i}"]) for i in range(12)))
    assert got.kind == "choose" and got.train[1].options == ("mill 1", "gate 1")
    assert got.train[1].target == "B"


def test_rows_of_text_alone_are_a_question_and_its_answer(tmp_path):
    rows = [{"inputs": f"Dock {i}?", "targets": f"Mill {i}.", "task": "map"} for i in range(6)]
    got = loaded(tmp_path, *rows)
    assert (got.kind, got.columns) == ("answer", {"question": "inputs", "answer": "targets"})


def test_other_rows_stay():
    for fields in (
        {"inputs": [1, 2], "targets": [3]},
        {"inputs_pretokenized": None, "inputs": [1]},
        {"inputs_pretokenized": ["a"], "inputs": [1]},
    ):
        table = raw_table([fields] * 3)
        assert drop_tokens(table, set()) is table
    table = raw_table([row(1, ["a", "b"])])
    assert drop_tokens(table, {"inputs_pretokenized", "targets_pretokenized"}) is table
