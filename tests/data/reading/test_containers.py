"""Archives, packers and encodings: what is inside is read where it lies, and what should not be
opened is refused."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import DataError
from assay.data.reading.file_address import parse_file_name
from assay.data.reading.load import load
from assay.data.reading.read_file import read, read_named
from helpers.problems import problem

ROWS = [
    ("Where is my refund", "payback"),
    ("My card is lost", "card"),
    ("Send me a new card", "card"),
]
TABLE = "text,label\n" + "".join(f"{text},{label}\n" for text, label in ROWS)


def zstandard(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstandard}


def zipped(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def tarred(path, members, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def texts(table):
    return [row.fields["text"] for row in table.rows]


# --- packers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("named_so", [True, False])
def test_what_is_packed_is_read_whatever_its_name(tmp_path, packer, named_so):
    path = tmp_path / f"rows.csv{f'.{packer}' * named_so}"
    path.write_bytes(PACKERS[packer](TABLE.encode()))
    assert texts(read(path, base=tmp_path)) == [text for text, _ in ROWS]


@pytest.mark.parametrize("packer", PACKERS)
def test_what_was_cut_off_or_damaged_is_said(tmp_path, packer):
    path = tmp_path / f"rows.csv.{packer}"
    whole = PACKERS[packer]("".join(f"a text of its own {i},b\n" for i in range(2000)).encode())
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError) as caught:
        read(path, base=tmp_path)
    assert caught.value.problems[0].code in ("D014", "D010")


@pytest.mark.slow
@pytest.mark.parametrize("packer", PACKERS)
def test_a_bomb_is_stopped(tmp_path, packer):
    path = tmp_path / f"rows.csv.{packer}"
    path.write_bytes(PACKERS[packer](b" " * (64 << 20)))
    with problem(DataError, "D055", path.name):
        read(path, base=tmp_path)


@given(data=st.binary(max_size=200), packer=st.sampled_from(list(PACKERS)))
def test_any_bytes_behind_a_packers_mark_give_rows_or_a_coded_error(tmp_path, data, packer):
    path = tmp_path / f"any.csv.{packer}"
    path.write_bytes(PACKERS[packer](TABLE.encode())[:12] + data)
    try:
        assert read(path, base=tmp_path).rows
    except DataError as error:
        assert all(one.code.startswith("D") for one in error.problems)


# --- archives -------------------------------------------------------------------------------------


def test_a_member_is_named_with_its_folder_and_its_rows(tmp_path):
    path = zipped(
        tmp_path / "pack.zip",
        [("a/one.csv", "text\nno\n"), ("b/two.csv.gz", gzip.compress(TABLE.encode()))],
    )
    one = parse_file_name(f"{path}#member=b/two.csv.gz#2")
    assert (one.path, one.member, one.last) == (path, "b/two.csv.gz", 2)
    table = read_named(one, base=tmp_path)
    assert texts(table) == ["Where is my refund", "My card is lost"]
    assert table.rows[0].source == "pack.zip#b/two.csv.gz:2"


def test_a_workbook_and_a_parquet_file_in_an_archive_are_read(tmp_path):
    import pyarrow.parquet as pq

    openpyxl = pytest.importorskip("openpyxl")
    book, sink, sheet = openpyxl.Workbook(), io.BytesIO(), io.BytesIO()
    for row in (("text", "label"), *ROWS):
        book.active.append(row)
    book.save(sheet)
    pq.write_table(pa.table({"text": [text for text, _ in ROWS]}), sink)
    members = [("book.xlsx", sheet.getvalue()), ("rows.parquet", sink.getvalue())]
    for path in (zipped(tmp_path / "pack.zip", members), tarred(tmp_path / "pack.tar", members)):
        for member in ("book.xlsx", "rows.parquet"):
            assert texts(read(path, member=member, base=tmp_path)) == [text for text, _ in ROWS]


def test_several_files_that_no_split_tells_apart_are_listed_with_the_command(tmp_path):
    path = zipped(tmp_path / "pack.zip", [("2024.csv", TABLE), ("2025.csv", TABLE)])
    with pytest.raises(DataError) as caught:
        load({"data": [path]}, base=tmp_path)
    (one,) = caught.value.problems
    assert one.code == "D200" and "name one: assay run 'pack.zip#member=2024.csv'" in one.help
    assert one.excerpt.splitlines() == ["2024.csv", "2025.csv"]


def test_numbered_parts_are_one_set(tmp_path):
    parts = [
        (f"out/part-{i:05}.csv", f"text,label\nWhere is order {i} now,{'ab'[i % 2]}\n")
        for i in range(6)
    ]
    loaded = load({"data": [zipped(tmp_path / "pack.zip", parts)]}, base=tmp_path)
    assert [one.text for one in loaded.train] == [f"Where is order {i} now" for i in range(6)]
    assert len({one.id for one in loaded.train}) == 6


def test_a_member_that_is_not_there_is_named_with_those_that_are(tmp_path):
    path = tarred(tmp_path / "pack.tgz", [("train.csv", TABLE.encode())], "w:gz")
    with problem(DataError, "D080", "pack.tgz#tran.csv", "'tran.csv'", "train.csv"):
        read(path, member="tran.csv", base=tmp_path)


@pytest.mark.parametrize("name", ["../rows.csv", "/etc/rows.csv", "a/../../rows.csv", "C:rows.csv"])
def test_a_path_out_of_the_archive_is_refused(tmp_path, name):
    for path in (
        zipped(tmp_path / "pack.zip", [("rows.csv", TABLE), (name, TABLE)]),
        tarred(tmp_path / "pack.tar", [("rows.csv", TABLE.encode()), (name, TABLE.encode())]),
    ):
        with problem(DataError, "D056", path.name):
            load({"data": [path]}, base=tmp_path)


def test_a_link_is_no_data(tmp_path):
    path = tmp_path / "pack.tar"
    with tarfile.open(path, "w") as archive:
        link = tarfile.TarInfo("train.csv")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with problem(DataError, "D002", "pack.tar"):
        load({"data": [path]}, base=tmp_path)


@pytest.mark.slow
def test_an_archive_out_of_proportion_is_refused_by_its_list(tmp_path):
    path = zipped(tmp_path / "pack.zip", [("rows.csv", b" " * (64 << 20))])
    with problem(DataError, "D055", "pack.zip", "200:1"):
        load({"data": [path]}, base=tmp_path)
    many = zipped(tmp_path / "many.zip", [(f"{i}.csv", b"") for i in range(10_001)])
    with problem(DataError, "D063", "many.zip"):
        load({"data": [many]}, base=tmp_path)


def test_nothing_is_written_beside_an_archive(tmp_path):
    path = zipped(
        tmp_path / "pack.zip", [("train.csv", TABLE), ("test.csv", TABLE.replace("my", "your"))]
    )
    loaded = load({"data": [path]}, base=tmp_path)
    assert (len(loaded.train), len(loaded.test)) == (3, 3)
    assert [one.name for one in tmp_path.iterdir()] == ["pack.zip"]


# --- encodings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "encoding",
    ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "windows-1252", "latin-1", "utf-8-sig"],
)
def test_usual_encodings_need_no_setting(tmp_path, encoding):
    path = tmp_path / "rows.csv"
    text = TABLE.replace("lost", "perdue à l'école")
    path.write_bytes(text.encode(encoding))
    assert texts(read(path, base=tmp_path))[1] == "My card is perdue à l'école"


def test_lines_of_two_encodings_are_not_guessed_between(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes("text,label\ncafé,a\n".encode() + "thé,b\n".encode("latin-1"))
    with problem(DataError, "D008", "rows.csv:3"):
        read(path, base=tmp_path)
    path.write_bytes(b"text,label\n" + "thé,b\n".encode("latin-1") + "café,a\n".encode())
    with problem(DataError, "D008", "rows.csv:3"):
        read(path, base=tmp_path)


def test_letters_of_another_script_are_not_taken_for_western_ones(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes("text,label\nГде мой возврат средств,деньги\n".encode("windows-1251"))
    with problem(DataError, "D008", "rows.csv:2", "data.encoding"):
        read(path, base=tmp_path)
    assert texts(read(path, encoding="windows-1251", base=tmp_path)) == ["Где мой возврат средств"]
