import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.data.reading.json_lines import holds_one_value
from assay.data.reading.read_file import read
from helpers.raw_tables import ROWS, fields_of, lines_of


@pytest.mark.parametrize(
    ("start", "name", "one"),
    [
        ('{"a": 1}\n{"a": 2}\n', "rows.jsonl", False),
        ('{"a": 1}\n{"a": 2}\n', "rows.json", False),
        ('{"a": 1}', "rows.json", True),
        ('{\n "a": 1\n}\n', "rows.jsonl", True),
        ('[{"a": 1},\n{"a": 2}]', "rows.jsonl", True),
        ("[1]\n[2]\n", "rows.jsonl", False),
        ('\ufeff [{"a": 1}]', "rows.json", True),
        ('{"a": NaN}\n{"a": 2}\n', "rows.json", False),
        ('{"a": 1,}\n{"a": 2}\n', "rows.json", False),  # a line that is wrong in itself
    ],
)
def test_one_value_is_told_from_an_object_a_line(start, name, one):
    assert holds_one_value(start, name) is one


@given(rows=ROWS, ascii=st.booleans(), packed=st.booleans())
def test_json_lines_give_back_what_was_written(tmp_path, rows, ascii, packed):
    data = "".join(json.dumps(row, ensure_ascii=ascii) + "\n" for row in rows).encode()
    path = tmp_path / ("train.jsonl.gz" if packed else "train.jsonl")
    path.write_bytes(gzip.compress(data) if packed else data)
    assert fields_of(path) == rows
    assert lines_of(path) == list(range(1, len(rows) + 1))


@given(rows=ROWS, indent=st.sampled_from([None, 0, 2]), keyed=st.booleans())
def test_json_values_give_back_what_was_written(tmp_path, rows, indent, keyed):
    path = tmp_path / "train.json"
    value = {f"k{index}": row for index, row in enumerate(rows)} if keyed else rows
    path.write_text(json.dumps(value, indent=indent))
    expected = [{"id": f"k{index}", **row} for index, row in enumerate(rows)] if keyed else rows
    assert fields_of(path) == expected


def test_json_elements_have_their_own_lines(tmp_path):
    path = tmp_path / "train.json"
    path.write_text('[\n  {"a": "1"},\n\n  {"a":\n "2"},\n  {"a": "3"}\n]\n')
    assert lines_of(path) == [2, 4, 6]
    path.write_text('{"about": "x", "rows": [\n{"a": "1"},\n{"a": "2"}]}')
    assert lines_of(path) == [2, 3]
    path.write_text('[{"a": "1"}, {"a": "2"}]')
    assert lines_of(path) == [1, 2]


def test_a_json_file_of_lines(tmp_path):
    path = tmp_path / "train.json"
    path.write_text('{"a": "1"}\n{"a": "2"}\n')
    assert fields_of(path) == [{"a": "1"}, {"a": "2"}]


def test_an_array_named_jsonl(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text('[{"a": "1"},\n {"a": "2"}]')
    table = read(path, base=tmp_path)
    assert [row.fields for row in table.rows] == [{"a": "1"}, {"a": "2"}]
    assert table.notes == ["train.jsonl: read as one JSON array"]
