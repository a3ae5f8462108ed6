"""The lines of an opened file as text: which encoding its bytes are in, and what is wrong with
them.

What it is for   UTF-8 is read as it is, UTF-16 by its first bytes, Windows-1252 (and with it
                 Latin-1) where no line is UTF-8 but for plain ASCII; each of the last two is noted
Costs            one line of memory; of UTF-16 the whole text
Watch out        lines end at \\n only: U+2028 and its like are text. A line of UTF-8 among Western
                 ones is no chance, and is read as it is; one that is none among lines of UTF-8 may
                 have been cut within a letter: D008
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from typing import NoReturn

from assay.core.errors import DataError, Problem
from assay.data.reading.findings import Findings, excerpt
from assay.data.reading.source import BLANK_LIMIT, BOM, DOCUMENT_LIMIT, LINE_LIMIT, InputFile

WESTERN = "windows-1252"
STAND_IN = "\ufffd"  # for what is no character
_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_BAD = re.compile(rb"[\x80-\xff]")
_PADDING = (b"\0", b"\x1a")  # what a program that was stopped, and DOS, leave at a file's end
# share of a line's letters beyond ASCII, and their number, above which it is not Western
_LETTERS, _ACCENTS = 0.35, 8


def lines(
    source: InputFile, found: Findings, *, encoding: str | None = None, whole: bool = False
) -> Iterator[tuple[int, str]]:
    """(number from 1, text with its \\n) of every line. Unreadable bytes are found problems; the
    text then has a stand-in character, so that the rest of the line can still be judged. `whole`:
    the lines make one value, so their total is limited (D017), not each."""
    codec = _codec(encoding or source.encoding, source.place)
    if codec.startswith(("utf-16", "utf-32")):
        yield from _wide_lines(source, codec)
        return
    if source.old_ends:
        found.note(f"{source.place}: lines end with a carriage return alone; read as line ends")
    decoder = _Decoder(codec, found, given=encoding is not None)
    limit, total, number, blank = (DOCUMENT_LIMIT if whole else LINE_LIMIT), 0, 0, 0
    marked = False
    while data := source.file.readline(limit + 1):
        number += 1
        total += len(data)
        if whole and total > limit:
            _too_big(source.place)
        if len(data) > limit:
            found.problem(
                "D039",
                f"line longer than {LINE_LIMIT >> 20} MB",
                number,
                help="split the row or drop the field",
            )
            while data and not data.endswith(b"\n"):
                data = source.file.readline(limit)
            continue
        blank = blank + 1 if data in (b"\n", b"\r\n") else 0
        if blank > BLANK_LIMIT:
            told = (
                f"has over {BLANK_LIMIT:,} empty lines one after the other, from line"
                f" {number - blank + 1:,}"
            )
            _stop(
                "D183", told, source.place, "it was written wrongly; take them out: sed -i '/^$/d'"
            )
        if data.startswith(BOM):
            data = data[3:]
            where = "begins with" if number == 1 else f"has in line {number:,}, and maybe later,"
            if number == 1 or not marked:
                found.note(f"D006 {source.place}: {where} a byte order mark; it was left out")
            marked |= number > 1
        if data.endswith(_PADDING) and not source.file.peek(1):
            rest = data.rstrip(b"".join(_PADDING))
            if rest or number > 1:
                data = rest
                found.note(f"D009 {source.place}: what fills it up behind its end was left out")
        yield number, decoder.text(data, number)


def _codec(encoding: str | None, place: str) -> str:
    try:
        "a".encode(encoding or "utf-8")  # of no text at all, the name is not even looked up
        return codecs.lookup(encoding or "utf-8").name
    except (LookupError, ValueError):
        told = f"there is no text encoding called {encoding!r}"
        _stop("D008", told, place, "set data.encoding, for example: windows-1252")


def _wide_lines(source: InputFile, codec: str) -> Iterator[tuple[int, str]]:
    data = source.file.read(DOCUMENT_LIMIT + 1)
    if len(data) > DOCUMENT_LIMIT:
        _too_big(source.place)
    try:
        text = data.decode(codec).removeprefix("\ufeff")
    except UnicodeError as error:
        _stop(
            "D008", f"is not {codec}: {error}", source.place, "copy it again, or set data.encoding"
        )
    yield from enumerate(io.StringIO(text, newline="\n"), 1)


def _too_big(place: str) -> NoReturn:
    _stop("D017", "is one value of over 200 MB", place, "write JSON lines: one object a line")


class _Decoder:
    """Decodes line by line, and remembers what earlier lines were in: UTF-8, or a single byte a
    character."""

    def __init__(self, codec: str, found: Findings, *, given: bool):
        self._codec, self._found, self._given = codec, found, given
        self._utf8 = 0  # the first line that has UTF-8 beyond ASCII

    def text(self, data: bytes, number: int) -> str:
        if b"\0" in data:
            at = data.index(0)
            told = f"has a NUL byte at byte {at + 1} of the line"
            self._found.problem(
                "D009", told, number, excerpt=excerpt(data.decode(self._codec, "replace"))
            )
            data = data.replace(b"\0", STAND_IN.encode(self._codec, "replace"))
        if self._codec == WESTERN and not self._given and not data.isascii() and _utf8(data):
            told = f"line {number:,}, and maybe later ones, are UTF-8 all the same"
            if not self._utf8:
                self._found.note(f"D203 {self._found.place}: {told}, and were read as such")
            self._utf8 = self._utf8 or number
            return data.decode()
        try:
            text = data.decode(self._codec)
        except UnicodeDecodeError as error:
            return self._other(data, number, error)
        except UnicodeError as error:
            self._found.problem("D008", f"is not {self._codec}: {error}", number)
            return ""
        if not self._utf8 and self._codec == "utf-8" and not data.isascii():
            self._utf8 = number
        return text

    def _other(self, data: bytes, number: int, error: UnicodeDecodeError) -> str:
        """A line that is not in the encoding that was tried."""
        byte = f"byte 0x{data[error.start]:02X}"
        if self._codec != "utf-8":
            help = "set data.encoding to the file's own"
            told, text = f"{byte} is not {self._codec}", data.decode(self._codec, "replace")
            self._found.problem("D008", told, number, help=help, excerpt=excerpt(text))
            return text
        western = _western(data)
        damaged = len(_UTF8.findall(data)) > len(_BAD.findall(_UTF8.sub(b"", data)))
        if western and not self._given and not self._utf8 and not damaged:
            self._codec = WESTERN
            told = f"from line {number:,} on it is not UTF-8, so it was read as {WESTERN}"
            self._found.note(f"D203 {self._found.place}: {told}; another: data: {{encoding: NAME}}")
            return data.decode(WESTERN)
        text = data.decode(WESTERN if western and not damaged else "utf-8", "replace")
        help = (
            f"looks like {WESTERN}: set data.encoding: {WESTERN}"
            if western
            else "set data.encoding to its own"
        )
        mixed = f", and line {self._utf8:,} is" if self._utf8 else ""
        self._found.problem(
            "D008", f"{byte} is not UTF-8{mixed}", number, help=help, excerpt=excerpt(text)
        )
        return text


def _utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _western(data: bytes) -> bool:
    """May a line be Windows-1252? Its letters are then mostly ASCII: in Greek, Russian or Chinese
    they are not."""
    try:
        text = data.decode(WESTERN)
    except UnicodeDecodeError:
        return False
    letters = sum(c.isalpha() for c in text)
    beyond = sum(not c.isascii() for c in text)
    return beyond <= max(_ACCENTS, _LETTERS * letters) and not any(
        "\x80" <= c <= "\x9f" for c in text
    )


def _stop(code: str, text: str, place: str, help: str = "") -> NoReturn:
    raise DataError(Problem(code, text, place, help)) from None
