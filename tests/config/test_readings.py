from pathlib import Path

from assay.config.readings import LINES, readings_of
from assay.data.reading.load import load


def test_each_reading_has_its_settings_and_a_row_as_it_is_asked(tmp_path: Path):
    file = tmp_path / "posts.csv"
    words = "harbour kettle letter winter garden engine window paper".split()
    lines = [
        f"the {words[i % 8]} number {i},{'a b c'.split()[i % 3]},{'x y'.split()[i % 2]}"
        for i in range(60)
    ]
    file.write_text("\n".join(["text,topic,queue", *lines]) + "\n")
    first, second = readings_of(file, load({"data": [file]}))
    assert first.words == "classify 'topic' from 'text'" and not first.sets
    assert first.row == ("the harbour number 0", "→ a")
    assert second.sets == (
        "task.kind=classify",
        "data.columns.text=text",
        "data.columns.label=queue",
    )
    assert second.row == ("the harbour number 0", "→ x")


def test_a_long_text_is_cut_and_its_passage_shown(tmp_path: Path):
    file = tmp_path / "q.jsonl"
    long = "\\n".join(f"line {i} of it" for i in range(9))
    rows = [
        f'{{"question": "{long} {i}?", "context": "the mole {i} was rebuilt", '
        f'"answer": "mole {i}"}}'
        for i in range(30)
    ]
    file.write_text("\n".join(rows))
    (only, *_) = readings_of(file, load({"data": [file]}))
    assert only.row == (
        *(f"line {i} of it" for i in range(LINES)),
        "… 6 lines more",
        "passage: the mole 0 was rebuilt",
        "→ mole 0",
    )
