"""One bad row does not stop a file: it is set aside with its line, and `strict` stops as ever."""

import json

import pytest

from assay.core.errors import DataError
from assay.core.types import Example, Message
from assay.data.reading.load import load
from assay.data.reading.stratified_sample import apportion, sample_stratified

GOOD = [{"text": f"the parcel number {i} is late", "label": "ab"[i % 2]} for i in range(20)]


def csv_of(rows):
    return "".join(f"{row['text']},{row['label']}\n" for row in rows)


BAD = {
    # name: (file, what it holds, line that is bad, code)
    "ragged": (
        "t.csv",
        "text,label\n" + csv_of(GOOD[:5]) + "one, two, three,a\n" + csv_of(GOOD[5:]),
        7,
        "D037",
    ),
    "empty label": (
        "t.csv",
        "text,label\n" + csv_of(GOOD[:5]) + "no label here,\n" + csv_of(GOOD[5:]),
        7,
        "D026",
    ),
    "cut": (
        "t.jsonl",
        "".join(json.dumps(r) + "\n" for r in GOOD) + '{"text": "the parc',
        21,
        "D014",
    ),
    "no object": ("t.jsonl", "[1, 2]\n" + "".join(json.dumps(r) + "\n" for r in GOOD), 1, "D025"),
    "twice": (
        "t.jsonl",
        '{"text": "a b", "label": "a", "label": "b"}\n' + json.dumps(GOOD[0]) + "\n",
        1,
        "D020",
    ),
    "wrong type": ("t.jsonl", '{"text": {"a": 1}, "label": "a"}\n', 1, "D025"),
}
BAD["twice"] = (
    *BAD["twice"][:1],
    BAD["twice"][1] + "".join(json.dumps(r) + "\n" for r in GOOD[1:]),
    *BAD["twice"][2:],
)
BAD["wrong type"] = (
    "t.jsonl",
    "".join(json.dumps(r) + "\n" for r in GOOD) + BAD["wrong type"][1],
    21,
    "D025",
)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_row_is_set_aside_with_its_line(name, tmp_path):
    file, text, line, code = BAD[name]
    (tmp_path / file).write_text(text)
    loaded = load({"data": [file]}, base=tmp_path, bad_rows=0.05)
    assert [(one.source, one.code) for one in loaded.aside] == [(f"{file}:{line}", code)]
    assert {row.text for row in loaded.train} == {row["text"] for row in GOOD}
    (told,) = [one for one in loaded.warnings if one["code"] == "D230"]
    assert (told["count"], f"line {line}" in told["text"], "strict" in told["text"]) == (
        1,
        True,
        True,
    )
    assert loaded.aside[0].line | {"reason": ""} == {
        "file": file,
        "line": line,
        "id": f"{file}:{line}",
        "step": "read",
        "action": "set aside",
        "reason": "",
        "kept": "",
    }
    with pytest.raises(DataError) as caught:
        load({"data": [file]}, base=tmp_path, bad_rows=0.0)
    assert [one.code for one in caught.value.problems] == [code]


def test_a_nul_inside_a_cell_of_several_lines_takes_that_row_alone(tmp_path):
    rows = [f'"parcel {i}\nis late",{"ab"[i % 2]}\n'.encode() for i in range(20)]
    rows[7] = b'"parcel 7\nis l\0te",b\n'
    (tmp_path / "t.csv").write_bytes(b"text,label\n" + b"".join(rows))
    loaded = load({"data": ["t.csv"]}, base=tmp_path, bad_rows=0.05)
    # Line 1 has the names and each row two lines, so the eighth row begins on line 16.
    assert [(one.source, one.code) for one in loaded.aside] == [("t.csv:16", "D009")]
    assert len(loaded.train) == 19


def test_more_bad_rows_than_may_be_stop_with_all_of_them_and_the_way_out(tmp_path):
    text = "text,label\n" + csv_of(GOOD) + "a,b,c\n" * 4
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(DataError) as caught:
        load({"data": ["t.csv"]}, base=tmp_path, bad_rows=0.05)
    assert [one.code for one in caught.value.problems] == ["D037"] * 4 + ["D230"]
    share = float(caught.value.problems[-1].help.rpartition("=")[2])
    assert len(load({"data": ["t.csv"]}, base=tmp_path, bad_rows=share).train) == 20


@pytest.mark.parametrize(
    "text", ['text,label\n"never closed,a\n', "text,text\n"], ids=["quote", "names"]
)
def test_what_is_wrong_with_a_file_stops_it(text, tmp_path):
    (tmp_path / "t.csv").write_text(text.replace("never", csv_of(GOOD) + "never") + csv_of(GOOD))
    with pytest.raises(DataError):
        load({"data": ["t.csv"]}, base=tmp_path, bad_rows=0.5)


def test_a_target_without_a_number_is_a_bad_row(tmp_path):
    rows = [{"question": f"how many are {i} and {i}?", "answer": str(2 * i)} for i in range(40)]
    rows[3]["answer"] = "n/a"
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    loaded = load({"data": ["t.jsonl"]}, base=tmp_path, kind="number", bad_rows=0.05)
    assert [(one.source, one.code) for one in loaded.aside] == [("t.jsonl:4", "D231")]


def test_seats_by_the_largest_remainder():
    # The usual example of Hamilton's method: 47,000 16,000 15,900 12,000 6,000 3,100 votes, ten
    # seats.
    assert apportion([47_000, 16_000, 15_900, 12_000, 6_000, 3_100], 10) == [5, 2, 1, 1, 1, 0]


def test_a_sample_does_not_depend_on_the_order_of_the_rows():
    rows = [
        Example(f"r-{i}", (Message("user", f"text {i}"),), "ab"[i % 3 == 0]) for i in range(300)
    ]
    drawn, turned = sample_stratified(rows, 60, 1), sample_stratified(rows[::-1], 60, 1)
    assert {row.id for row in drawn} == {row.id for row in turned}
    assert sum(row.target == "b" for row in drawn) == 20
    assert {row.id for row in sample_stratified(rows, 60, 2)} != {row.id for row in drawn}
