"""Files drawn at random, damaged or unusual in many ways: always a reading or a coded message."""

import bz2
import gzip
import io
import json
import random
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.core.errors import AssayError, Problem
from assay.data.reading.documents import read_documents
from assay.data.reading.load import load
from helpers.archives import tarred, zipped
from helpers.office_files import workbook

DRAWS, MORE = 300, 20_000
CODE = re.compile(r"[A-Z]\d{3}")
ENCODINGS = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-32",
    "latin-1",
    "cp1252",
    "shift-jis",
)
ENDS = ("\n", "\r\n", "\r", "\n\n", "\u2028", "\x85", "\0")
NAMES = ("text", "label", "question", "answer", "id", "", " ", "text", "a.b", "labels", "messages")
NAMES += ("choices", "A", "B", "context", "entities", "tests", "code", "rejected", "é" * 40)


def deep(draw):
    value = draw.choice(([], {}, None, "end"))
    for _ in range(draw.choice((3, 70, 300))):
        value = [value] if draw.random() < 0.5 else {draw.choice("ab"): value}
    return value


def number(draw):
    return draw.choice(
        (0, -1, 10**18, 10**400, -(2**63), 1e308, -0.0, 1e-320, float("nan"), float("inf"), True)
    )


def text(draw):
    plain = " ".join(draw.choices(("where", "is", "my", "card", "order", "refund"), k=5))
    odd = (
        "",
        " ",
        "\0",
        "\ud800",
        "\ufeff",
        "a\nb",
        'a"b',
        "a,b\tc",
        "=1+1",
        "😀",
        "\u202e",
        "[1",
        "{",
    )
    return draw.choice((plain, plain, plain, draw.choice(odd), plain * draw.choice((1, 500))))


def cell(draw, kind):
    if kind == "plain":
        return text(draw) if draw.random() < 0.9 else None
    makers = (text, number, lambda d: [text(d), number(d)], lambda d: {"start": number(d)})
    return deep(draw) if draw.random() < 0.02 else draw.choice(makers)(draw)


def rows(draw, kind):
    names = draw.choices(NAMES, k=draw.randint(1, 5)) if draw.random() < 0.5 else ["text", "label"]
    found = []
    for at in range(draw.choice((0, 1, 2, 30))):
        row = {name: cell(draw, kind) for name in names}
        if "label" in row and draw.random() < 0.9:
            row["label"] = draw.choice("ab")
        if draw.random() < 0.1:
            row[f"only {at}"] = cell(draw, kind)
        found.append(row)
    return names, found


def table(draw, mark):
    names, found = rows(draw, "plain")
    end = draw.choice(ENDS) if draw.random() < 0.2 else "\n"
    lines = [names, *([*row.values()] for row in found)]
    quote = (lambda v: json.dumps(str(v))) if draw.random() < 0.3 else str
    for line in lines:
        if draw.random() < 0.05:
            line[:] = line * draw.choice((0, 2, 300))
    return encoded(draw, end.join(mark.join(map(quote, line)) for line in lines))


def json_lines(draw):
    _, found = rows(draw, "any")
    end = draw.choice(ENDS) if draw.random() < 0.2 else "\n"
    return encoded(
        draw, end.join(json.dumps(row, ensure_ascii=draw.random() < 0.5) for row in found)
    )


def one_value(draw):
    _, found = rows(draw, "any")
    value = draw.choice((found, {"data": found}, {str(at): row for at, row in enumerate(found)}))
    if draw.random() < 0.05:
        return encoded(draw, draw.choice(("[", '{"a":', '[{"text":')) * 100_000)
    return encoded(draw, json.dumps(deep(draw) if draw.random() < 0.05 else value))


def encoded(draw, whole):
    if draw.random() < 0.7:
        return whole.encode("utf-8", "surrogatepass")
    return whole.encode(draw.choice(ENCODINGS), "replace")


def marked_up(draw):
    tags = ("p", "h1", "table", "tr", "td", "row", "script", "item")
    parts = [
        f"<{draw.choice(tags)} a='{text(draw)}'>{text(draw)}" for _ in range(draw.randint(0, 20))
    ]
    parts += [f"</{draw.choice(tags)}>" for _ in range(draw.randint(0, 20))]
    head = draw.choice(("", "<!DOCTYPE html>", '<?xml version="1.0" encoding="utf-7"?>', "<rows>"))
    return encoded(draw, head + "".join(parts))


def columnar(draw):
    _, found = rows(draw, "plain")
    columns = {
        name: [str(row.get(name)).replace("\ud800", "") for row in found]
        for name in ("text", "label")
    }
    made = pa.table(
        {**columns, "n": pa.array(range(len(found)), draw.choice((pa.int8(), pa.int64())))}
    )
    sink = io.BytesIO()
    if draw.random() < 0.5:
        pq.write_table(made, sink, compression=draw.choice(("zstd", "snappy", "none")))
    else:
        with pa.ipc.new_file(sink, made.schema) as writer:
            writer.write_table(made)
    return sink.getvalue()


def damaged(draw, data):
    """The bytes as they are, every second time; else flipped, cut, doubled or with others among
    them."""
    way = draw.choice(("", "", "", "flip", "cut", "twice", "insert"))
    at = draw.randrange(len(data) + 1)
    if way == "flip" and data:
        found = bytearray(data)
        for _ in range(draw.choice((1, 3, 30))):
            found[draw.randrange(len(found))] ^= 1 << draw.randrange(8)
        return bytes(found)
    if way == "cut":
        return data[:at]
    if way == "twice":
        return data + data
    return (
        data[:at] + draw.choice((b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"{", b'"')) + data[at:]
        if way
        else data
    )


WAYS = {
    "csv": lambda draw: table(draw, ","),
    "tsv": lambda draw: table(draw, "\t"),
    "txt": lambda draw: table(draw, draw.choice((";", "|", " ", "  ", "\n"))),
    "jsonl": json_lines,
    "json": one_value,
    "xml": marked_up,
    "html": marked_up,
    "md": marked_up,
    "xlsx": lambda draw: workbook(),
    "parquet": columnar,
    "arrow": columnar,
}
PACKED = {"gz": gzip.compress, "bz2": bz2.compress}


def drawn(draw, folder):
    """One file: its path."""
    kind = draw.choice([*WAYS])
    data = damaged(draw, WAYS[kind](draw))
    name = f"rows.{kind if draw.random() < 0.9 else draw.choice([*WAYS])}"
    pack = draw.choice(("", "", "", "", *PACKED, "zip", "tar"))
    if pack in PACKED:
        name, data = f"{name}.{pack}", damaged(draw, PACKED[pack](data))
    elif pack:
        make = zipped if pack == "zip" else tarred
        members = [(draw.choice((name, f"data/{name}", f"a\\{name}", f"..\\{name}")), data)]
        packed = make(folder / f"rows.{pack}", members)
        name, data = packed.name, damaged(draw, packed.read_bytes())
    (folder / name).write_bytes(data)
    return folder / name


def check(folder, seed):
    path = drawn(random.Random(seed), folder)
    for read in (
        lambda: load({"data": [path]}, base=folder),
        lambda: read_documents([str(path)], folder),
    ):
        try:
            read()
        except AssayError as error:
            assert error.exit_code in (2, 3) and error.problems
            for one in error.problems:
                assert isinstance(one, Problem) and CODE.fullmatch(one.code) and one.text
                str(one).encode()  # what is said can be printed
        except Exception as error:
            raise AssertionError(f"seed {seed}, {path.name}: {error!r}") from error
    path.unlink()


@pytest.mark.slow
def test_a_drawn_file_is_read_or_refused_in_words(tmp_path):
    for seed in range(DRAWS):
        check(tmp_path, seed)


@pytest.mark.nightly
@pytest.mark.parametrize("part", range(10))
def test_many_drawn_files_are_read_or_refused_in_words(tmp_path, part):
    for seed in range(DRAWS + part * MORE // 10, DRAWS + (part + 1) * MORE // 10):
        check(tmp_path, seed)
