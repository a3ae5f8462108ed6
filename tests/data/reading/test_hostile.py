"""Bombs, paths out of the folder, mutated files: one coded message, little memory, little time."""

import gzip
import io
import re
import resource
import stat
import subprocess
import sys
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import AssayError, DataError
from assay.data.reading.documents import read_documents
from assay.data.reading.load import load
from assay.data.reading.read_file import read
from helpers.problems import problem

openpyxl = pytest.importorskip("openpyxl")
docx = pytest.importorskip("docx")
pypdf = pytest.importorskip("pypdf")


pytestmark = pytest.mark.slow


def workbook():
    made, out = openpyxl.Workbook(), io.BytesIO()
    for row in (["text", "label"], ["a b", "x"], ["c d", "y"]):
        made.active.append(row)
    made.save(out)
    return out.getvalue()


def word():
    made, out = docx.Document(), io.BytesIO()
    made.add_heading("Head", 1)
    made.add_paragraph("Text of it.")
    made.save(out)
    return out.getvalue()


def with_members(data, *members):
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def replaced(data, name, content):
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            new.writestr(
                info.filename, content if info.filename == name else old.read(info.filename)
            )
    return out.getvalue()


def link():
    info = zipfile.ZipInfo("xl/link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def zeros(n):
    return b"\0" * (n << 20)


def pdf(drawing):
    from pypdf.generic import DecodedStreamObject, NameObject

    writer, out, stream = pypdf.PdfWriter(), io.BytesIO(), DecodedStreamObject()
    page = writer.add_blank_page(600, 800)
    stream.set_data(drawing)
    page[NameObject("/Contents")] = writer._add_object(
        stream.flate_encode(9) if len(drawing) > 1000 else stream
    )
    writer.write(out)
    return out.getvalue()


def many_values():
    sink = io.BytesIO()
    pq.write_table(
        pa.table({"text": ["a" * 1000] * 200_000}), sink, use_dictionary=False, compression="zstd"
    )
    return sink.getvalue()


SHEET, DOCUMENT = "xl/worksheets/sheet1.xml", "word/document.xml"
BOMBS = {
    "gzip.jsonl.gz": (lambda: gzip.compress(b"a" * (200 << 20)), "D055"),
    "spaces.csv.gz": (lambda: gzip.compress(b" " * (64 << 20)), "D055"),
    "twice.jsonl.gz": (lambda: gzip.compress(gzip.compress(zeros(64))), "D010"),
    "sheet.xlsx": (lambda: replaced(workbook(), SHEET, zeros(300)), "D055"),
    "cells.xlsx": (lambda: replaced(workbook(), SHEET, b"<row><c/></row>" * 4_000_000), "D055"),
    "more.xlsx": (lambda: with_members(workbook(), ("xl/media/a.bin", zeros(100))), "D055"),
    "parts.xlsx": (
        lambda: with_members(workbook(), *((f"xl/{i}.xml", zeros(3)) for i in range(100))),
        "D055",
    ),
    "document.docx": (lambda: replaced(word(), DOCUMENT, b"<w:p/>" * 10_000_000), "D055"),
    "media.docx": (lambda: with_members(word(), ("word/media/a.png", zeros(100))), "D055"),
    "members.docx": (
        lambda: with_members(word(), *((f"a/{i}", b"") for i in range(10_001))),
        "D063",
    ),
    "page.pdf": (lambda: pdf(b"BT (a) Tj ET " * 5_000_000), "D055"),
    "values.parquet": (many_values, "D055"),
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.nightly
def test_bombs_take_little_memory_and_time(tmp_path, name):
    make, code = BOMBS[name]
    path = tmp_path / name
    path.write_bytes(make())
    assert path.stat().st_size <= 2 << 20
    script = (
        "import sys; from pathlib import Path\nfrom assay.core.errors import DataError\n"
        "from assay.data.reading.load import load; from assay.data.reading.documents "
        "import read_documents\npath = Path(sys.argv[1])\ntry: read_documents([path], path.parent) "
        "if path.suffix in ('.pdf', '.docx') else load({'data': [path]})\nexcept DataError "
        "as error: code = error.problems[0].code\nstatus = Path('/proc/self/status').read_text()\n"
        "print(code, next(l.split()[1] for l in status.splitlines() if l.startswith('VmHWM')))\n"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", script, path], capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    got, kilobytes = done.stdout.split()
    assert got == code
    assert int(kilobytes) < 300 << 10
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5


NAMES = (
    "../x",
    "a/../../x",
    "/etc/x",
    "\\x",
    "a\\..\\x",
    "C:x",
    "x" * 256,
    "XL/WORKBOOK.XML",
    "..",
)


@pytest.mark.parametrize("name", [*NAMES, link()], ids=lambda name: str(name)[:20])
@pytest.mark.parametrize("form", ["xlsx", "docx"])
def test_names_that_leave_the_folder(tmp_path, name, form):
    if name == "XL/WORKBOOK.XML" and form == "docx":
        name = "WORD/DOCUMENT.XML"
    path = tmp_path / f"a.{form}"
    path.write_bytes(with_members(workbook() if form == "xlsx" else word(), (name, b"x")))
    with problem(DataError, "D056"):
        read(path) if form == "xlsx" else read_documents([path], tmp_path)


def test_a_document_type_is_refused(tmp_path):
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><Types/>'
    (tmp_path / "a.xlsx").write_bytes(replaced(workbook(), "[Content_Types].xml", bomb))
    with problem(DataError, "D099"):
        read(tmp_path / "a.xlsx")


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.jsonl"])
def test_archives_with_a_path_out_of_them_are_refused(tmp_path, name):
    import tarfile

    if "tar" in name:
        with tarfile.open(tmp_path / name, "w:gz" if name.endswith("gz") else "w") as archive:
            archive.addfile(tarfile.TarInfo("../x.jsonl"))
    else:
        (tmp_path / name).write_bytes(with_members(b"", ("../x.jsonl", b"{}")))
    with problem(DataError, "D056", name, "'../x.jsonl'"):
        load({"data": [tmp_path / name]}, base=tmp_path)


NESTED = pa.list_(pa.list_(pa.int64()))
COLUMNS = {
    "binary": (pa.array([b"a"]), "D058"),
    "large binary": (pa.array([b"a"], pa.large_binary()), "D058"),
    "fixed binary": (pa.array([b"a"], pa.binary(1)), "D058"),
    "duration": (pa.array([1], pa.duration("s")), "D058"),
    "nanoseconds": (pa.array([1], pa.timestamp("ns")), "D058"),
    "map": (pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())), "D058"),
    "inner binary": (pa.array([[b"a"]]), "D058"),
    "text": (pa.array(["a"]), ""),
    "nested list": (pa.array([[[1]]], NESTED), ""),
    "object": (pa.array([{"a": [1.5]}]), ""),
    "date": (pa.array([1], pa.date32()), ""),
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_types_of_parquet_columns(tmp_path, kind):
    column, code = COLUMNS[kind]
    pq.write_table(pa.table({"x": column}), tmp_path / "a.parquet")
    if code:
        with problem(DataError, code):
            read(tmp_path / "a.parquet")
    else:
        assert len(read(tmp_path / "a.parquet").rows) == 1


def page():
    return (
        b"<!doctype html><title>T</title><h1>Head</h1><p>Text &amp;"
        b" more</p><table><tr><td>1</td></tr></table>"
    )


SEEDS = {
    "a.xlsx": workbook(),
    "a.docx": word(),
    "a.html": page(),
    "a.pdf": pdf(b"BT /F 9 Tf (a b) Tj ET"),
}
EDITS = st.lists(
    st.tuples(st.integers(0, 10_000), st.binary(max_size=6), st.integers(0, 6)),
    min_size=1,
    max_size=6,
)


@given(name=st.sampled_from(sorted(SEEDS)), edits=EDITS, inside=st.booleans())
def test_mutated_files_raise_nothing_but_coded_errors(tmp_path, name, edits, inside):
    data = SEEDS[name]
    member = {"a.xlsx": SHEET, "a.docx": DOCUMENT}.get(name)
    if member and inside:  # the change gets past the zip's checksums
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = replaced(data, member, mutated(archive.read(member), edits))
    else:
        data = mutated(data, edits)
    path = tmp_path / name
    path.write_bytes(data)
    for do in (
        lambda: load({"data": [path]}, base=tmp_path),
        lambda: read_documents([path], tmp_path),
    ):
        try:
            do()
        except AssayError as error:
            assert all(re.fullmatch(r"D0\d\d", problem.code) for problem in error.problems)


def mutated(data, edits):
    for at, new, gone in edits:
        at %= len(data) + 1
        data = data[:at] + new + data[at + gone :]
    return data


CELL = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20
)


@given(rows=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=4))
def test_a_workbook_gives_back_what_was_written(tmp_path, rows):
    made = openpyxl.Workbook(write_only=True)
    sheet = made.create_sheet()
    sheet.append(["n", "one", "two"])
    for at, row in enumerate(rows):
        cells = [openpyxl.cell.WriteOnlyCell(sheet, at)]
        for text in row:
            cells.append(openpyxl.cell.WriteOnlyCell(sheet, text))
            cells[-1].data_type = "s"  # a text that begins with = is one too
        sheet.append(cells)
    made.save(tmp_path / "a.xlsx")
    got = [
        (row.fields["one"] or "", row.fields["two"] or "") for row in read(tmp_path / "a.xlsx").rows
    ]
    assert got == rows
