"""Open one input file safely: a regular file, perhaps packed, perhaps a member of an archive.

What it is for   every reader starts here, so that a pipe, a bomb, a wrong encoding or a web page
                 saved as data is named before anything is parsed
Costs            64 KB of memory; what is packed is unpacked as a stream
Watch out        what a file is packed with is told by its content, what its rows are by its name
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import pwd
import stat
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from assay.core.errors import DataError, Problem, nearest
from assay.data.reading.archive import open_member
from assay.data.reading.compression import bare, packer_of, unpack_stream
from assay.data.reading.findings import printable, refuse_name
from assay.data.reading.folders import refuse_broken_link, refuse_unreal

LINE_LIMIT = 8 * 2**20  # bytes of one line
BLANK_LIMIT = 100_000  # empty lines one after the other
CELL_LIMIT = 2 * 2**20  # characters of one cell
DOCUMENT_LIMIT = 200 * 2**20  # bytes of a file that is read as one value
BOM = b"\xef\xbb\xbf"
_OFFICE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # a zip container, and the one of the old Office


def unread(error: OSError, place: str) -> NoReturn:
    """D180: the system could not read it, whatever is in it."""
    told = f"cannot be read: {os.strerror(error.errno) if error.errno else error}"
    _stop(
        "D180",
        told,
        place,
        "the disk, or the server that holds it, does not answer: copy the file elsewhere",
    )


def _stop(code: str, text: str, place: str, help: str = "") -> NoReturn:
    raise DataError(Problem(code, text, place, help)) from None


@dataclass(frozen=True, slots=True)
class InputFile:
    path: Path
    place: str
    # file name in lower case, without the suffix of a packer; of an archive, its member's
    name: str
    file: io.BufferedReader[Any]
    head: bytes  # the first bytes, up to 64 KB, unpacked
    packed: bool
    # what the first bytes say, where it is two bytes a character or more
    encoding: str | None
    old_ends: bool  # lines end with a carriage return alone; `file` has them ended as usual


@contextlib.contextmanager
def open_input(
    path: Path,
    place: str,
    *,
    encoding: str | None = None,
    documents: bool = False,
    member: str = "",
) -> Generator[InputFile]:
    """Open a regular file, or a member of an archive; unpack it when it is packed; refuse what is
    no data by its first bytes.

    Args:
        documents: a PDF, a Word file and a web page are what is asked for.

    Raises:
        DataError: D001, D003, D004, D057 for the file itself, D007, D010-D013 for what it holds,
            D055 when it unpacks out of proportion, D061 when it changed while it was read, D080
            there is no such member.
    """
    refuse_name(path, place)
    state = _stat(path, place)
    if not stat.S_ISREG(state.st_mode):
        _stop("D057", "is not a regular file", place, "write the data to a file first")
    refuse_unreal(path, place)
    if state.st_size == 0:
        _stop("D004", "is empty", place, "check the program that writes it")
    try:
        raw: io.BufferedReader[Any] = io.BufferedReader(io.FileIO(path), 1 << 16)
    except PermissionError:
        _unreadable(path, place, state)
    except OSError as error:
        _stop("D003", f"cannot be opened: {error.strerror}", place)
    with raw:
        old_ends = False
        name, file = bare(member.rpartition("/")[2] or path.name), raw
        try:
            file = open_member(raw, member, place) if member else raw
            packer = packer_of(file.peek(512))
            file = unpack_stream(file, packer, place) if packer else file
            head = file.peek(1 << 16)[: 1 << 16]
        except OSError as error:
            unread(error, place)
        if not head:
            _stop("D004", "is empty", place, "check the program that writes it")
        if not _has_own_reader(name, head, documents):
            _refuse_foreign(head, place, name)
            if old_ends := b"\n" not in head and head.count(b"\r") > 1 and b"\0" not in head:
                file = io.BufferedReader(_OldLineEnds(file), 1 << 16)
                head = head.replace(b"\r", b"\n")
        states = None if encoding or head.startswith(_COLUMNAR) else wide(head)
        if states and documents:
            way_out = f"convert it: iconv -f {states} -t utf-8 {printable(path.name)}"
            _stop("D007", f"is {states.upper()}", place, way_out)
        try:
            yield InputFile(
                path, place, name, file, head, bool(packer), encoding or states, old_ends
            )
        except OSError as error:  # of the disk, or of the server that holds the file
            unread(error, place)
        after = os.fstat(raw.fileno())
        if (after.st_size, after.st_mtime_ns) != (state.st_size, state.st_mtime_ns):
            _stop(
                "D061",
                "changed while it was read",
                place,
                "wait until it is written, then run again",
            )


class _OldLineEnds(io.RawIOBase):
    """A text whose lines end as those of the first Macintosh did, with a carriage return, as if
    they ended as others do."""

    def __init__(self, file: io.BufferedReader[Any]):
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read1(len(buffer)).replace(b"\r", b"\n")
        buffer[: len(data)] = data
        return len(data)


def _has_own_reader(name: str, head: bytes, documents: bool) -> bool:
    """A form with a reader of its own, which looks at it itself."""
    if documents and (head.startswith(b"%PDF-") or name.endswith((".html", ".htm", ".xhtml"))):
        return True
    return name.endswith((".xlsx", ".xlsm", *([".docx"] if documents else []))) and head.startswith(
        _OFFICE
    )


def _stat(path: Path, place: str) -> os.stat_result:
    try:
        return path.stat()
    except PermissionError:
        _stop("D003", "is in a folder that you may not read", place)
    except OSError as error:
        refuse_broken_link(path, place)
        if error.errno not in (errno.ENOENT, errno.ENOTDIR):
            unread(error, place)
        _missing(path, place)
    except ValueError:  # a NUL in the name
        _missing(path, place)


def _missing(path: Path, place: str) -> NoReturn:
    with contextlib.suppress(OSError, ValueError):
        # a path object per entry is not needed
        there = sorted(os.listdir(path.parent))[:1000]  # noqa: PTH208
        near = nearest(path.name, there) or nearest(
            path.stem, {Path(name).stem: 0 for name in there}
        )
        match = next(
            (name for name in there if near and (name == near or Path(name).stem == near)), ""
        )
        _stop("D001", "no such file", place, f"{match} is there" if match else "")
    folder = printable(str(path.parent))
    _stop("D001", "no such file", place, f"there is no folder {folder}")


def _unreadable(path: Path, place: str, state: os.stat_result) -> NoReturn:
    try:
        owner = pwd.getpwuid(state.st_uid).pw_name
    except KeyError:
        owner = str(state.st_uid)
    mode = oct(stat.S_IMODE(state.st_mode))[2:].zfill(4)
    _stop(
        "D003",
        f"not readable by you (owner {owner}, mode {mode})",
        place,
        f"chmod u+r {printable(path.name)}",
    )


_PACKED = {b"7z\xbc\xaf\x27\x1c": "a 7z archive", b"Rar!": "a rar archive"}
_COLUMNAR = (b"PAR1", b"ARROW1", b"\xff\xff\xff\xff")
_FOREIGN = {
    b"%PDF-": "a PDF",
    b"SQLite format 3\0": "an SQLite data base",
    b"\x89PNG": "a picture",
    b"\x7fELF": "a program",
}


def _refuse_foreign(head: bytes, place: str, name: str) -> None:
    if packer := packer_of(head):
        _stop("D010", f"is {packer}, packed twice", place, "unpack it once")
    if head.startswith(_OFFICE):
        _refuse_office(head, place)
    if name.endswith(".tar") or head[257:262] == b"ustar":
        _stop(
            "D011", "is a tar archive", place, f"name a file in it: {printable(place)}#member=NAME"
        )
    for magic, what in _PACKED.items():
        if head.startswith(magic):
            _stop(
                "D010",
                f"is {what}",
                place,
                "unpack it and name the files inside; zip and tar are read as they are",
            )
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            help = (
                "list it under documents"
                if what == "a PDF"
                else "export its rows as JSON lines or CSV"
            )
            _stop("D099", f"is {what}, not a data file", place, help)
    start = head[:512].lstrip(BOM + b" \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        _stop(
            "D012",
            f"is a web page ({printable(start[:9].decode('latin-1'))}), not data",
            place,
            "download the file itself; a page that is to be read as text goes under documents",
        )
    if start.startswith(b"version https://git-lfs"):
        _stop("D013", "is a Git LFS pointer, not the data", place, "git lfs pull")


def wide(head: bytes) -> str | None:
    """The encoding of a text that begins so, where it has two or four bytes a character; else
    None."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = head[:400]
    if start.count(0) * 3 <= len(start):
        return None
    # In Western text every other byte is zero: the second of each pair, or the first.
    return "utf-16-le" if start[1::2].count(0) > start[0::2].count(0) else "utf-16-be"


def _refuse_office(head: bytes, place: str) -> NoReturn:
    if b"word/" in head:
        _stop("D011", "is a Word file, not a data file", place, "list it under documents, as .docx")
    if b"xl/" in head or b"[Content_Types]" in head:
        _stop(
            "D011", "is an Excel file", place, "rename it to .xlsx, or in Excel: Save as, CSV UTF-8"
        )
    if head[0] == 0xD0:
        _stop(
            "D011",
            "is a file of an old Office",
            place,
            "open it and save it as .xlsx or as CSV UTF-8",
        )
    if b"opendocument" in head:
        _stop(
            "D011",
            "is a file of OpenDocument",
            place,
            "open it and save it as .xlsx, as .docx or as CSV UTF-8",
        )
    _stop("D011", "is a zip archive", place, f"name a file in it: {printable(place)}#member=NAME")
