"""Readers: what is in a file, and on which line."""

import csv
import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import DataError
from assay.data.reading.folders import data_folder
from assay.data.reading.read_file import read, split_head
from helpers.problems import problem

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
ROWS = st.lists(st.fixed_dictionaries({"text": TEXT, "the label": TEXT}), min_size=1, max_size=6)


def fields(path):
    return [row.fields for row in read(path, base=path.parent).rows]


def lines(path):
    return [int(row.source.rpartition(":")[2]) for row in read(path, base=path.parent).rows]


@given(rows=ROWS, ascii=st.booleans(), packed=st.booleans())
def test_json_lines_give_back_what_was_written(tmp_path, rows, ascii, packed):
    data = "".join(json.dumps(row, ensure_ascii=ascii) + "\n" for row in rows).encode()
    path = tmp_path / ("train.jsonl.gz" if packed else "train.jsonl")
    path.write_bytes(gzip.compress(data) if packed else data)
    assert fields(path) == rows
    assert lines(path) == list(range(1, len(rows) + 1))


@given(rows=ROWS, indent=st.sampled_from([None, 0, 2]), keyed=st.booleans())
def test_json_values_give_back_what_was_written(tmp_path, rows, indent, keyed):
    path = tmp_path / "train.json"
    value = {f"k{index}": row for index, row in enumerate(rows)} if keyed else rows
    path.write_text(json.dumps(value, indent=indent))
    expected = [{"id": f"k{index}", **row} for index, row in enumerate(rows)] if keyed else rows
    assert fields(path) == expected


@given(rows=ROWS, suffix=st.sampled_from(["csv", "tsv"]))
def test_tables_give_back_what_was_written(tmp_path, rows, suffix):
    # The writer leaves a lone carriage return unquoted only when told so, hence all cells are
    # quoted here.
    out = io.StringIO(newline="")
    writer = csv.DictWriter(
        out, ["text", "the label"], dialect="excel" if suffix == "csv" else "excel-tab", quoting=1
    )
    writer.writeheader()
    writer.writerows(rows)
    path = tmp_path / f"train.{suffix}"
    path.write_bytes(out.getvalue().encode())
    assert fields(path) == rows


def test_a_table_row_is_named_by_the_line_it_starts_on(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text('text,label\n"two\nlines",a\n\nplain,b\n"x ""y""",c\n')
    assert lines(path) == [2, 5, 6]
    assert fields(path)[2]["text"] == 'x "y"'


def test_lines_end_at_newline_only(tmp_path):
    # str.splitlines would also cut at U+2028, U+0085 and U+000B.
    path = tmp_path / "train.jsonl"
    path.write_text('{"text": "a\u2028b\u0085c"}\n{"text": "d"}\n')
    assert fields(path) == [{"text": "a\u2028b\u0085c"}, {"text": "d"}]


def test_json_elements_have_their_own_lines(tmp_path):
    path = tmp_path / "train.json"
    path.write_text('[\n  {"a": "1"},\n\n  {"a":\n "2"},\n  {"a": "3"}\n]\n')
    assert lines(path) == [2, 4, 6]
    path.write_text('{"about": "x", "rows": [\n{"a": "1"},\n{"a": "2"}]}')
    assert lines(path) == [2, 3]
    path.write_text('[{"a": "1"}, {"a": "2"}]')
    assert lines(path) == [1, 2]


def test_a_json_file_of_lines(tmp_path):
    path = tmp_path / "train.json"
    path.write_text('{"a": "1"}\n{"a": "2"}\n')
    assert fields(path) == [{"a": "1"}, {"a": "2"}]


def test_an_array_named_jsonl(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text('[{"a": "1"},\n {"a": "2"}]')
    table = read(path, base=tmp_path)
    assert [row.fields for row in table.rows] == [{"a": "1"}, {"a": "2"}]
    assert table.notes == ["train.jsonl: read as one JSON array"]


def test_tabs_with_plain_quote_marks(tmp_path):
    path = tmp_path / "Corpus"
    path.write_text('Label\tText\nham\t"Oh no, he said\nspam\tbuy "now"\n')
    assert [row["Text"] for row in fields(path)] == ['"Oh no, he said', 'buy "now"']


def test_head(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("a,b\n" + "1,2\n" * 10)
    assert len(read(path, head=3).rows) == 3
    assert split_head(f"{path}#500") == (path, 500)
    odd = tmp_path / "train#500"
    odd.write_text("a,b\n1,2\n")
    assert split_head(odd) == (odd, None)


@pytest.mark.parametrize("encoding", ["windows-1252", "utf-16", "utf-16-le", "shift_jis"])
def test_encodings(tmp_path, encoding):
    text = "text,label\nお金,a\n" if encoding in ("utf-16", "shift_jis") else "text,label\ncafé,a\n"
    path = tmp_path / "train.csv"
    path.write_bytes(text.encode(encoding))
    rows = read(path, encoding=encoding).rows
    assert [row.fields["text"] for row in rows] == [text.split("\n")[1].split(",")[0]]


def test_parquet_and_arrow(tmp_path):
    rows = [{"text": "a b", "n": 1, "more": ["x", "y"]}, {"text": None, "n": 2, "more": []}]
    table = pa.Table.from_pylist(rows)
    pq.write_table(table, tmp_path / "train.parquet")
    with pa.ipc.new_stream(str(tmp_path / "train.arrow"), table.schema) as writer:
        writer.write_table(table)
    for name in ("train.parquet", "train.arrow"):
        assert fields(tmp_path / name) == rows
        assert lines(tmp_path / name) == [1, 2]


def test_class_numbers_become_names(tmp_path):
    features = {"label": {"names": ["ham", "spam"], "_type": "ClassLabel"}}
    schema = pa.schema(
        {"label": pa.int64()},
        metadata={"huggingface": json.dumps({"info": {"features": features}})},
    )
    pq.write_table(pa.table({"label": [1, 0, None]}, schema=schema), tmp_path / "train.parquet")
    assert [row["label"] for row in fields(tmp_path / "train.parquet")] == ["spam", "ham", None]


@pytest.mark.slow
def test_parquet_that_expands_is_refused(tmp_path):
    # A run of one value packs to almost nothing.
    path = tmp_path / "train.parquet"
    pq.write_table(
        pa.table({"text": ["a" * 1000] * 200_000}), path, use_dictionary=False, compression="zstd"
    )
    with problem(DataError, "D055"):
        read(path)


def test_damaged_arrow_offsets_are_an_error_and_no_crash(tmp_path):
    path = tmp_path / "train.arrow"
    table = pa.table({"text": ["where is it", "here it is"]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    data = bytearray(sink.getvalue().to_pybytes())
    offsets = (0).to_bytes(4, "little") + (11).to_bytes(4, "little") + (21).to_bytes(4, "little")
    at = data.index(offsets)
    data[at + 4 : at + 8] = (1 << 30).to_bytes(4, "little")
    path.write_bytes(data)
    with problem(DataError, "D099"):
        read(path)


def test_save_to_disk_folder(tmp_path):
    for split, n in (("train", 3), ("validation", 2)):
        folder = tmp_path / split
        folder.mkdir()
        table = pa.table({"text": [f"{split} {i}" for i in range(n)]})
        with pa.ipc.new_stream(str(folder / "data-00000.arrow"), table.schema) as writer:
            writer.write_table(table)
        (folder / "state.json").write_text(
            json.dumps({"_data_files": [{"filename": "data-00000.arrow"}]})
        )
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["train", "validation"]}')
    inside = data_folder(tmp_path, tmp_path)
    assert {split: len(read(paths[0]).rows) for split, paths in inside.items()} == {
        "train": 3,
        "val": 2,
    }


def test_hub_folder(tmp_path):
    (tmp_path / "data").mkdir()
    for name in ("train-00000-of-00001", "test-00000-of-00001"):
        pq.write_table(pa.table({"text": ["a"]}), tmp_path / "data" / f"{name}.parquet")
    (tmp_path / "README.md").write_text("about")
    (tmp_path / "load.py").write_text("raise SystemExit")
    inside = data_folder(tmp_path, tmp_path)
    assert {split: [path.name[:5] for path in paths] for split, paths in inside.items()} == {
        "train": ["train"],
        "test": ["test-"],
    }


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_hundred_thousand_rows_are_read(tmp_path, suffix):
    path = tmp_path / f"train.{suffix}"
    row = {"text": "Where is my refund, I have been waiting for two weeks", "label": "refund"}
    line = f'"{row["text"]}",refund\n' if suffix == "csv" else json.dumps(row) + "\n"
    path.write_text(("text,label\n" if suffix == "csv" else "") + line * 100_000)
    rows = read(path, base=tmp_path).rows
    assert len(rows) == 100_000 and rows[0].fields == rows[-1].fields == row
    assert rows[-1].source == f"{path.name}:{100_000 + (suffix == 'csv')}"
