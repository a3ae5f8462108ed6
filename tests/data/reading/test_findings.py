"""One bad row does not stop a file: it is set aside with its line, and `strict` stops as ever."""

import json
from pathlib import Path

import pytest

from assay.core.errors import DataError
from assay.data.reading.findings import Findings, display_path, excerpt, printable
from assay.data.reading.load import load
from helpers.problems import problem

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
    "text",
    ['text,label\n"never closed,a\nor, so, said\n', "text,text\n"],
    ids=["quote", "names"],
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


def test_text_from_a_file_cannot_steer_the_terminal(tmp_path):
    path = tmp_path / "a\x1b[31m.jsonl"
    path.write_text('{"text": "\x1b[2J", "label": "a"}\n')
    with pytest.raises(DataError) as caught:
        load({"data": [path]}, base=tmp_path)
    assert "\x1b" not in str(caught.value)


def test_at_most_a_thousand_problems(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text("[1]\n" * 5000)
    with pytest.raises(DataError) as caught:
        load({"data": [path]}, base=tmp_path)
    assert len(caught.value.problems) == 1000


def test_what_could_steer_a_terminal_is_written_out():
    assert printable("a\x1b[2Jb\u202ec\ud800é") == "a\\x1b[2Jb\\u202ec\\ud800é"


@pytest.mark.parametrize(
    ("text", "at", "shown"),
    [
        ("short\n", None, "short"),
        ("a" * 20, None, "a" * 10 + "…"),
        ("0123456789abcdefghij", 15, "…abcdefghij\n      ^"),  # under the f
        ("tab\there", 4, "tab\\there\n     ^"),  # the escape is two characters wide
    ],
)
def test_an_excerpt_is_cut_and_points_at_its_character(text, at, shown):
    assert excerpt(text, at, width=10) == shown


def test_a_file_is_named_from_the_projects_folder(tmp_path):
    project = tmp_path / "project"
    assert display_path(project / "data" / "a.csv", project) == "data/a.csv"
    assert display_path(tmp_path / "a.csv", project) == "../a.csv"
    assert display_path(tmp_path / "data" / "a.csv", project / "one") == "../../data/a.csv"
    far = Path("/elsewhere/a.csv")
    assert display_path(far, project) == "/elsewhere/a.csv"
    cached = f"/cache/datasets--org--name/snapshots/{'0f' * 20}/en/a.parquet"
    assert display_path(Path(cached), project) == "hf://org/name/en/a.parquet"


@pytest.mark.parametrize(
    ("total", "share", "aside"),
    [(20, 0.05, 1), (10, 0.001, 1), (9, 0.05, 0), (20, 0.0, 0)],
    ids=["share", "one of ten", "one of nine", "none"],
)
def test_a_bad_row_is_set_aside_where_they_are_few(total, share, aside):
    found = Findings("rows.csv")
    found.count("D026", "'label' missing", 3)
    if aside:
        assert [one.source for one in found.settle(total, share)] == ["rows.csv:3"]
        assert found.settle(total, share) and not found.problems
    else:
        with problem(DataError, "D026", "rows.csv:3"):
            found.settle(total, share)


def test_rows_that_share_a_problem_are_counted_in_one():
    found = Findings("rows.csv")
    for line in (4, 9, 12):
        found.count("D026", "'label' missing", line)
        found.warn("D034", "odd", line)
    assert found.warnings == [{"code": "D034", "count": 3, "text": "rows.csv:4: odd (3 rows)"}]
    with pytest.raises(DataError) as caught:
        found.settle()
    (one,) = caught.value.problems
    assert (one.place, one.text) == ("rows.csv:4", "'label' missing (3 rows)")
