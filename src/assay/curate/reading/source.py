"""Open one input file safely, and give its lines as text.

What it is for   every reader starts here, so that a pipe, a bomb, a wrong encoding or a web page saved as data is named
                 before anything is parsed
Costs            one line of memory; .gz is unpacked as a stream
Watch out        lines end at \\n only: U+2028 and its like are text
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import io
import os
import pwd
import stat
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from assay.curate.reading.findings import Findings, excerpt, printable
from assay.curate.reading.folders import refuse_unreal
from assay.errors import DataError, Problem, nearest

LINE_LIMIT = 8 * 2**20  # bytes of one line
BLANK_LIMIT = 100_000  # empty lines one after the other
CELL_LIMIT = 2 * 2**20  # characters of one cell
DOCUMENT_LIMIT = 200 * 2**20  # bytes of a file that is read as one value
_BOMB_RATIO, _BOMB_FREE, _BOMB_END = 200, 10 * 2**20, 4 * 2**30
_BOM = b"\xef\xbb\xbf"
_OFFICE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # a zip container, and the one of the old Office


class _Unpacked(io.RawIOBase):
    """The bytes inside a .gz, refused once they grow out of proportion to what was packed."""

    def __init__(self, packed: io.BufferedReader[Any], place: str):
        self._packed, self._place, self._out = packed, place, 0
        self._stream = gzip.GzipFile(fileobj=packed)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view, filled = memoryview(buffer).cast("B"), 0
        try:
            while filled < len(view) and (data := self._stream.read(len(view) - filled)):
                view[filled : filled + len(data)] = data
                filled += len(data)
        except EOFError:
            _stop("D014", "the gzip file is cut off (file incomplete?)", self._place, "copy or download it again")
        except (OSError, zlib.error) as error:
            _stop("D010", f"is damaged gzip: {printable(str(error))}", self._place, "copy or download it again")
        self._out += filled
        packed = max(1, self._packed.tell())
        if self._out > _BOMB_FREE and self._out > _BOMB_RATIO * packed:
            text = f"expands over {_BOMB_RATIO}:1; stopped at {self._out / 2**20:.0f} MB"
            _stop("D055", text, self._place, "unpack it yourself if you trust it")
        if self._out > _BOMB_END:
            _stop("D055", "expands to over 4 GB; stopped", self._place, "split the file, or unpack it yourself")
        return filled


def unread(error: OSError, place: str) -> NoReturn:
    """D180: the system could not read it, whatever is in it."""
    told = f"cannot be read: {os.strerror(error.errno) if error.errno else error}"
    _stop("D180", told, place, "the disk, or the server that holds it, does not answer: copy the file elsewhere")


def _stop(code: str, text: str, place: str, help: str = "") -> NoReturn:
    raise DataError(Problem(code, text, place, help)) from None


@dataclass(frozen=True, slots=True)
class Opened:
    path: Path
    place: str
    name: str  # file name in lower case, without .gz
    file: io.BufferedReader[Any]
    head: bytes  # the first bytes, up to 64 KB, unpacked


@contextlib.contextmanager
def opened(path: Path, place: str, *, encoding: str | None = None, documents: bool = False) -> Generator[Opened]:
    """Open a regular file; unpack it when it is named .gz; refuse what is no data by its first bytes.

    Args:
        documents: a PDF, a Word file and a web page are what is asked for.

    Raises:
        DataError: D001, D003, D004, D057 for the file itself, D007, D010-D013 for what it holds, D055 for a gzip bomb,
            D061 when it changed while it was read.
    """
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
        packed = path.name.lower().endswith(".gz")
        file: io.BufferedReader[Any] = io.BufferedReader(_Unpacked(raw, place), 1 << 16) if packed else raw
        try:
            head = file.peek(1 << 16)[: 1 << 16]
        except OSError as error:
            unread(error, place)
        if not head:
            _stop("D004", "is empty", place, "check the program that writes it")
        name = path.name.lower().removesuffix(".gz")
        if not _expected(name, head, documents):
            _refuse_foreign(head, place, encoding, name)
        try:
            yield Opened(path, place, name, file, head)
        except OSError as error:  # of the disk, or of the server that holds the file
            unread(error, place)
        after = os.fstat(raw.fileno())
        if (after.st_size, after.st_mtime_ns) != (state.st_size, state.st_mtime_ns):
            _stop("D061", "changed while it was read", place, "wait until it is written, then run again")


def _expected(name: str, head: bytes, documents: bool) -> bool:
    """A form with a reader of its own, which looks at it itself."""
    if documents and (head.startswith(b"%PDF-") or name.endswith((".html", ".htm", ".xhtml"))):
        return True
    return name.endswith((".xlsx", ".xlsm", *([".docx"] if documents else []))) and head.startswith(_OFFICE)


def _stat(path: Path, place: str) -> os.stat_result:
    try:
        return path.stat()
    except PermissionError:
        _stop("D003", "is in a folder that you may not read", place)
    except OSError as error:
        if error.errno == errno.ELOOP:
            _stop("D181", "is a link that leads in a circle", place, "replace it by the file, or by a link to it")
        if error.errno not in (errno.ENOENT, errno.ENOTDIR):
            unread(error, place)
        _missing(path, place)
    except ValueError:  # a NUL in the name
        _missing(path, place)


def _missing(path: Path, place: str) -> NoReturn:
    with contextlib.suppress(OSError, ValueError):
        there = sorted(os.listdir(path.parent))[:1000]  # noqa: PTH208 - a path object per entry is not needed
        near = nearest(path.name, there) or nearest(path.stem, {Path(name).stem: 0 for name in there})
        match = next((name for name in there if near and (name == near or Path(name).stem == near)), "")
        _stop("D001", "no such file", place, f"{match} is there" if match else "")
    folder = printable(str(path.parent))
    _stop("D001", "no such file", place, f"there is no folder {folder}")


def _unreadable(path: Path, place: str, state: os.stat_result) -> NoReturn:
    try:
        owner = pwd.getpwuid(state.st_uid).pw_name
    except KeyError:
        owner = str(state.st_uid)
    mode = oct(stat.S_IMODE(state.st_mode))[2:].zfill(4)
    _stop("D003", f"not readable by you (owner {owner}, mode {mode})", place, f"chmod u+r {printable(path.name)}")


_PACKED = {
    b"\xfd7zXZ\0": "an xz file",
    b"BZh": "a bzip2 file",
    b"\x28\xb5\x2f\xfd": "a zstandard file",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a rar archive",
}
_FOREIGN = {
    b"%PDF-": "a PDF",
    b"SQLite format 3\0": "an SQLite data base",
    b"\x89PNG": "a picture",
    b"\x7fELF": "a program",
}


def _refuse_foreign(head: bytes, place: str, encoding: str | None, name: str) -> None:
    if head.startswith(b"\x1f\x8b"):
        gz = place.lower().endswith(".gz")
        _stop(
            "D010",
            "is gzip inside gzip" if gz else "is gzip",
            place,
            "unpack it once" if gz else f"rename it to {place}.gz",
        )
    if head.startswith(_OFFICE):
        _refuse_office(head, place)
    if name.endswith((".zip", ".tar")) or head[257:262] == b"ustar":
        what = "a zip archive" if name.endswith(".zip") else "a tar archive"
        _stop("D010", f"is {what}, which is not read", place, "unpack it and name the files inside")
    for magic, what in _PACKED.items():
        if head.startswith(magic):
            _stop("D010", f"is {what}", place, "unpack it; only .gz is read packed")
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            help = "list it under documents" if what == "a PDF" else "export its rows as JSON lines or CSV"
            _stop("D099", f"is {what}, not a data file", place, help)
    start = head[:512].lstrip(_BOM + b" \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html")):
        _stop(
            "D012",
            f"is a web page ({printable(start[:9].decode('latin-1'))}), not data",
            place,
            "download the file itself; a page that is to be read as text goes under documents",
        )
    if start.startswith(b"version https://git-lfs"):
        _stop("D013", "is a Git LFS pointer, not the data", place, "git lfs pull")
    utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff")) or head[:400].count(0) * 3 > len(head[:400])
    if utf16 and encoding is None and not head.startswith((b"PAR1", b"ARROW1", b"\xff\xff\xff\xff")):
        _stop("D007", "is UTF-16", place, f"set data.encoding: utf-16, or convert: iconv -f utf-16 -t utf-8 {place}")


def _refuse_office(head: bytes, place: str) -> NoReturn:
    if b"word/" in head:
        _stop("D011", "is a Word file, not a data file", place, "list it under documents, as .docx")
    if b"xl/" in head or b"[Content_Types]" in head:
        _stop("D011", "is an Excel file", place, "rename it to .xlsx, or in Excel: Save as, CSV UTF-8")
    if head[0] == 0xD0:
        _stop("D011", "is a file of an old Office", place, "open it and save it as .xlsx or as CSV UTF-8")
    _stop("D011", "is a zip archive, which is not read", place, "unpack it and name the files inside")


def lines(
    source: Opened, found: Findings, *, encoding: str | None = None, whole: bool = False
) -> Iterator[tuple[int, str]]:
    """(number from 1, text with its \\n) of every line. Unreadable bytes are found problems; the text then has
    a stand-in character, so that the rest of the line can still be judged. `whole`: the lines make one value, so their
    total is limited (D017), not each."""
    codec = _codec(encoding, source.place)
    if codec.replace("-", "_").lower().startswith(("utf_16", "utf_32", "utf16", "utf32")):
        yield from _wide_lines(source, codec)
        return
    limit, total, number, blank = (DOCUMENT_LIMIT if whole else LINE_LIMIT), 0, 0, 0
    while data := source.file.readline(limit + 1):
        number += 1
        total += len(data)
        if whole and total > limit:
            _too_big(source.place)
        if len(data) > limit:
            found.problem(
                "D039", f"line longer than {LINE_LIMIT >> 20} MB", number, help="split the row or drop the field"
            )
            while data and not data.endswith(b"\n"):
                data = source.file.readline(limit)
            continue
        blank = blank + 1 if data in (b"\n", b"\r\n") else 0
        if blank > BLANK_LIMIT:
            told = f"has over {BLANK_LIMIT:,} empty lines one after the other, from line {number - blank + 1:,}"
            _stop("D183", told, source.place, "it was written wrongly; take them out: sed -i '/^$/d'")
        if number == 1 and data.startswith(_BOM):
            data = data[3:]
            found.note(f"D006 {source.place}: begins with a byte order mark; it was left out")
        yield number, _decode(data, codec, number, found)


def _codec(encoding: str | None, place: str) -> str:
    try:
        "a".encode(encoding or "utf-8")  # of no text at all, the name is not even looked up
    except (LookupError, ValueError):
        _stop(
            "D008",
            f"there is no text encoding called {encoding!r}",
            place,
            "set data.encoding, for example: windows-1252",
        )
    return encoding or "utf-8"


def _wide_lines(source: Opened, codec: str) -> Iterator[tuple[int, str]]:
    data = source.file.read(DOCUMENT_LIMIT + 1)
    if len(data) > DOCUMENT_LIMIT:
        _too_big(source.place)
    try:
        text = data.decode(codec).removeprefix("\ufeff")
    except UnicodeError as error:
        _stop("D008", f"is not {codec}: {error}", source.place)
    yield from enumerate(io.StringIO(text, newline="\n"), 1)


def _too_big(place: str) -> NoReturn:
    _stop("D017", "is one value of over 200 MB", place, "write JSON lines: one object a line")


def _decode(data: bytes, codec: str, number: int, found: Findings) -> str:
    if b"\0" in data:
        at = data.index(0)
        text = data.decode(codec, "replace")
        found.problem("D009", f"has a NUL byte at byte {at + 1} of the line", number, excerpt=excerpt(text))
        data = data.replace(b"\0", b" ")
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        byte = f"byte 0x{data[error.start]:02X}"
        text, help = data.decode(codec, "replace"), ""
        if codec.lower().replace("_", "-") in ("utf-8", "utf8"):
            guess = _single_byte(data)
            text = data.decode(guess or codec, "replace")
            help = f"looks like {guess}: set data.encoding: {guess}" if guess else "set data.encoding to the file's own"
            found.problem("D008", f"{byte} is not UTF-8", number, help=help, excerpt=excerpt(text))
        else:
            found.problem("D008", f"{byte} is not {codec}", number, help="set data.encoding to the file's own")
        return text
    except UnicodeError as error:
        found.problem("D008", f"is not {codec}: {error}", number)
        return ""


def _single_byte(data: bytes) -> str:
    """The usual single-byte encoding that these bytes may be in, or nothing."""
    try:
        data.decode("windows-1252")
    except UnicodeDecodeError:
        return ""
    return "windows-1252"
