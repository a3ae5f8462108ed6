"""Unpack .gz, .bz2, .xz and .zst as streams, refused once they grow out of proportion to what was
packed.

What it is for   what a file is packed with is told by its first bytes; its name need not say so
Watch out        zstandard is unpacked by pyarrow, of the extra `parquet`, which is imported then
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, NoReturn

from assay.core.errors import DataError, Problem
from assay.data.reading.findings import printable

SUFFIXES = (".gz", ".bz2", ".xz", ".zst")
# A tar inside, in one word.
SHORT = {".tgz": ".tar", ".tbz2": ".tar", ".tbz": ".tar", ".txz": ".tar", ".tzst": ".tar"}
# What the readers of these forms raise on damaged files.
_BROKEN = (OSError, zlib.error, lzma.LZMAError, ValueError, zipfile.BadZipFile, tarfile.TarError)
_RATIO, _FREE, _END = 200, 10 * 2**20, 4 * 2**30  # bytes


def bare(name: str) -> str:
    """The name in lower case, without the suffix of what it is packed with."""
    name = name.lower()
    for short, long in SHORT.items():
        if name.endswith(short):
            return name.removesuffix(short) + long
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def packer_of(head: bytes) -> str:
    """What a file that begins so is packed with: gzip, bzip2, xz, zstandard; "" when it is not."""
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(b"BZh") and head[4:10] == b"1AY&SY":
        return "bzip2"
    if head.startswith(b"\xfd7zXZ\0"):
        return "xz"
    return "zstandard" if head.startswith(b"\x28\xb5\x2f\xfd") else ""


class Stream(io.RawIOBase):
    """The bytes of a stream, read in full; with `packed`, what they came out of, their number is
    limited.

    Raises:
        DataError: D014 cut off, D010 damaged, D055 expands out of proportion.
    """

    def __init__(self, source: Any, place: str, what: str, packed: Callable[[], int] | None = None):
        self._source, self._place, self._what, self._packed = source, place, what, packed
        self._out = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._out

    def readinto(self, buffer: Any) -> int:
        view, filled = memoryview(buffer).cast("B"), 0
        try:
            while filled < len(view) and (data := self._source.read(len(view) - filled)):
                view[filled : filled + len(data)] = data
                filled += len(data)
        except EOFError:
            _stop(
                "D014",
                f"the {self._what} file is cut off (file incomplete?)",
                self._place,
                "copy it again",
            )
        except _BROKEN as error:
            told = f"is damaged {self._what}: {printable(str(error))[:100]}"
            _stop("D010", told, self._place, "copy or download it again")
        self._out += filled
        if self._packed is not None:
            self._check(max(1, self._packed()))
        return filled

    def _check(self, packed: int) -> None:
        if self._out > _FREE and self._out > _RATIO * packed:
            told = f"expands over {_RATIO}:1; stopped at {self._out / 2**20:.0f} MB"
            _stop("D055", told, self._place, "unpack it yourself if you trust it")
        if self._out > _END:
            _stop(
                "D055",
                "expands to over 4 GB; stopped",
                self._place,
                "split the file, or unpack it yourself",
            )


def unpack_stream(
    packed: io.BufferedReader[Any], packer: str, place: str
) -> io.BufferedReader[Any]:
    """What a stream holds that is packed so."""
    return io.BufferedReader(
        Stream(_opener(packer, place)(packed), place, packer, packed.tell), 1 << 16
    )


def _opener(packer: str, place: str) -> Callable[[BinaryIO], Any]:
    """
    Raises:
        DataError: D078, pyarrow is missing.
    """
    if packer == "zstandard":
        try:
            import pyarrow as pa
        except ImportError:
            told = "is packed with zstandard, and pyarrow is not installed"
            _stop("D078", told, place, "pip install 'assay[parquet]', or unpack it")
        return lambda packed: pa.CompressedInputStream(pa.PythonFile(packed, "r"), "zstd")
    plain: dict[str, Callable[[BinaryIO], Any]] = {
        "gzip": lambda packed: gzip.GzipFile(fileobj=packed),
        "bzip2": bz2.BZ2File,
        "xz": lzma.LZMAFile,
    }
    return plain[packer]


def _stop(code: str, text: str, place: str, help: str) -> NoReturn:
    raise DataError(Problem(code, text, place, help)) from None
