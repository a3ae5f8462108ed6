"""Look at the list of a zip container (.xlsx, .docx) before anything in it is unpacked.

What it is for   a bomb, a path out of the folder or a link is refused by the list alone, which
                 costs nothing
Watch out        the sizes in the list bind: Python's reader stops a member at the size that the
                 list states for it
"""

import stat
import zipfile
import zlib
from typing import Any, BinaryIO, NoReturn

from assay.core.errors import DataError, Problem
from assay.data.reading.findings import printable

MEMBERS = 10_000
_NAME = 255  # bytes
_FREE, _RATIO = 4 * 2**20, 60  # a member may unpack to 4 MB, above that to 60 times its packed size
_WHOLE = 200 * 2**20  # bytes of all members
XML = 32 * 2**20  # bytes of all XML members where a library keeps them as a tree
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def check_container(file: BinaryIO, place: str, *, what: str, needs: str, tree: bool) -> None:
    """Refuse what should not be opened; the file is left at its start.

    Args:
        what: "an Excel file", for messages.
        needs: the member that makes it one.
        tree: the library holds all XML in memory, so its total is bounded too.

    Raises:
        DataError: D079 locked, D055 unpacks out of proportion, D056 names that leave the folder,
            D063 too many members, D099 damaged or something else.
    """
    if file.read(8) == _OLE:
        file.seek(0)
        _refuse_ole(file.read(1 << 20), place, what)
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            heads = {
                info.filename: _head(archive, info)
                for info in members[:MEMBERS]
                if info.filename == needs
            }
    except (
        zipfile.BadZipFile,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
        EOFError,
        zlib.error,
    ) as error:
        _stop(
            "D099",
            f"is a damaged file, not {what}: {printable(str(error))[:100]}",
            place,
            "copy it again",
        )
    size = file.seek(0, 2)
    file.seek(0)
    _check_names(members, place)
    _check_sizes(members, size, place, tree)
    if needs not in heads:
        _stop(
            "D099", f"is a zip archive, but not {what}: it has no {needs}", place, "save it again"
        )
    if (
        b"<!DOCTYPE" in heads[needs]
        or b"<!ENTITY" in heads[needs]
        or heads[needs][:2] in (b"\xff\xfe", b"\xfe\xff")
    ):
        _stop(
            "D099",
            f"has a document type in {needs}, which {what} never has",
            place,
            "save it again",
        )


def _head(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as member:
        return member.read(4096)


def _refuse_ole(head: bytes, place: str, what: str) -> NoReturn:
    if _LOCKED in head:
        _stop(
            "D079",
            "is locked with a password",
            place,
            "open it, remove the password, save it under another name",
        )
    _stop(
        "D011",
        f"is a file of an old Office, not {what}",
        place,
        "open it and save it in the new form, or as CSV",
    )


def _check_names(members: list[zipfile.ZipInfo], place: str) -> None:
    if len(members) > MEMBERS:
        _stop(
            "D063",
            f"has {len(members):,} members; at most {MEMBERS:,} are read",
            place,
            "save it again",
        )
    seen: dict[str, str] = {}
    for info in members:
        name, shown = info.filename, printable(info.filename[:60])
        parts = name.replace("\\", "/").split("/")
        if (
            name.startswith(("/", "\\"))
            or ".." in parts
            or name[1:2] == ":"
            or "\0" in info.orig_filename
        ):
            _stop(
                "D056",
                f"member '{shown}' leaves the folder",
                place,
                "do not trust this file; save it again",
            )
        if len(name.encode("utf-8", "replace")) > _NAME:
            _stop(
                "D056",
                f"a member has a name of over {_NAME} bytes: '{shown}…'",
                place,
                "save it again",
            )
        if stat.S_ISLNK(info.external_attr >> 16):
            _stop(
                "D056",
                f"member '{shown}' is a link",
                place,
                "do not trust this file; save it again",
            )
        if info.flag_bits & 1:
            _stop(
                "D079", f"member '{shown}' is locked with a password", place, "remove the password"
            )
        other = seen.setdefault(name.casefold(), name)
        if other is not name:
            _stop(
                "D056",
                f"two members are called '{shown}'",
                place,
                "do not trust this file; save it again",
            )


def _check_sizes(members: list[zipfile.ZipInfo], size: int, place: str, tree: bool) -> None:
    help = "save it again, or as CSV or text, if you trust it"
    for info in members:
        if info.file_size > _FREE and info.file_size > _RATIO * max(1, info.compress_size):
            told = (
                f"expands over {_RATIO}:1: member '{printable(info.filename[:60])}' to"
                f" {_mb(info.file_size)}"
            )
            _stop("D055", told, place, help)
    whole = sum(info.file_size for info in members)
    if whole > _FREE and whole > _RATIO * size:
        _stop("D055", f"expands over {_RATIO}:1, to {_mb(whole)}", place, help)
    if whole > _WHOLE:
        _stop("D055", f"expands to {_mb(whole)}; at most {_mb(_WHOLE)} are read", place, help)
    xml = sum(
        info.file_size for info in members if info.filename.lower().endswith((".xml", ".rels"))
    )
    if tree and xml > XML:
        _stop(
            "D055",
            f"has {_mb(xml)} of XML; at most {_mb(XML)} are read",
            place,
            "split the document",
        )


def _mb(size: int) -> str:
    return f"{size / 2**20:,.0f} MB"


def _stop(code: str, text: str, place: str, help: str = "") -> NoReturn:
    raise DataError(Problem(code, text, place, help)) from None


def missing(module: str, place: str, what: str, extra: str = "documents") -> DataError:
    """D078: the library that reads this format is not installed."""
    told = f"is {what}, and {module} is not installed"
    return DataError(Problem("D078", told, place, f"pip install 'assay[{extra}]'"))


def whole_file(file: Any, place: str, limit: int) -> bytes:
    """All bytes of a file that has to be in memory as a whole."""
    data = file.read(limit + 1)
    if len(data) > limit:
        _stop("D017", f"is over {_mb(limit)}", place, "split it into several files")
    return data
