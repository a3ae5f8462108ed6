"""Bombs and mutated files: one coded message, little memory, little time."""

import gzip
import io
import re
import resource
import subprocess
import sys
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import AssayError
from assay.data.reading.documents import read_documents
from assay.data.reading.load import load
from helpers.office_files import replaced, with_members, word, workbook

openpyxl = pytest.importorskip("openpyxl")
docx = pytest.importorskip("docx")
pypdf = pytest.importorskip("pypdf")


pytestmark = pytest.mark.slow


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
