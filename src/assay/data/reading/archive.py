"""The files in a zip or tar archive, read where they lie: nothing is unpacked to the disk.

What it is for   an archive stands for its one data file, or for those that are named by split; else
                 one is named: `archive.zip#member=train.csv`
Watch out        an archive with a path out of its folder, a doubled name or too many members is
                 refused as a whole; a link in it is passed over
"""

from __future__ import annotations

import io
import re
import stat
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from assay.core.errors import DataError, Problem, did_you_mean
from assay.data.reading.compression import Stream, bare, packer_of, unpack_stream
from assay.data.reading.findings import printable

MEMBERS = 10_000
WHOLE = 4 * 2**30  # bytes of all members
# a member may unpack to 10 MB, above that to 200 times its packed size
_RATIO, _FREE = 200, 10 * 2**20
# bytes of a member that has to be in memory: forms whose readers jump around in the file
_HELD = 200 * 2**20
_JUMPING = (".xlsx", ".xlsm", ".parquet", ".arrow")
_OFFICE = (b"xl/", b"word/", b"[Content_Types]", b"ppt/", b"META-INF/", b"mimetype")
ABOUT = re.compile(
    r"(?i)(read.?me|licen[cs]e|copying|change(log|s)|notes?|citation"
    r"|source|notice|authors|manifest|checksums?|sha256sums?|md5sums?|dataset_infos?)(\..*)?"
)


@dataclass(frozen=True, slots=True)
class ArchiveMember:
    name: str
    size: int
    packed: int  # bytes in the archive; those of all members together where they are packed as one


def form_of(path: Path) -> str:
    """ "zip" or "tar" for a file that is an archive by its content; "" for any other, or one that
    cannot be read."""
    if not path.is_file():  # a pipe would wait for its writer
        return ""
    try:
        if not path.is_file():  # opening a pipe would wait for its other end
            return ""
        with path.open("rb") as raw:
            head = raw.peek(512)
            if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
                office = bare(path.name).endswith((".xlsx", ".xlsm", ".docx")) or any(
                    m in head for m in _OFFICE
                )
                return "" if office else "zip"
            packer = packer_of(head)
            if packer and not bare(path.name).endswith(".tar"):
                head = unpack_stream(raw, packer, "").peek(512)
            elif packer:
                return "tar"
            return "tar" if head[257:262] == b"ustar" else ""
    except (OSError, ValueError, DataError):  # said when it is opened
        return ""


def members(path: Path, place: str) -> list[ArchiveMember]:
    """The regular files of an archive, in its order.

    Raises:
        DataError: D055 unpacks out of proportion, D056 names that leave the folder or a doubled
            one, D063 too many members, D079 locked, D099 damaged.
    """
    found: dict[str, ArchiveMember] = {}
    whole = 0
    listed = _zip_members(path, place) if form_of(path) == "zip" else _tar_members(path, place)
    for count, member in enumerate(listed, 1):
        _check(member, place)
        if count > MEMBERS:
            _stop(
                "D063",
                f"has over {MEMBERS:,} members",
                place,
                "unpack it, and name a file or a folder",
            )
        if member.name in found:
            told = f"two members are called '{printable(member.name[:60])}'"
            _stop("D056", told, place, "do not trust this archive; pack it again")
        whole += member.size
        if whole > WHOLE:
            _stop("D055", "unpacks to over 4 GB", place, "unpack it, and name the files inside")
        found[member.name] = member
    return list(found.values())


def parts_of(name: str) -> list[str]:
    """The folders and the file of a member's name; some programs of Windows write backslashes."""
    return name.replace("\\", "/").split("/")


def _check(member: ArchiveMember, place: str) -> None:
    shown, parts = printable(member.name[:60]), parts_of(member.name)
    if (
        member.name.startswith(("/", "\\"))
        or ".." in parts
        or member.name[1:2] == ":"
        or "\0" in member.name
    ):
        _stop("D056", f"member '{shown}' leaves the folder", place, "do not trust this archive")
    if member.size > _FREE and member.size > _RATIO * max(1, member.packed):
        told = f"expands over {_RATIO}:1: member '{shown}' to {member.size / 2**20:,.0f} MB"
        _stop("D055", told, place, "unpack it yourself if you trust it")


def _zip_members(path: Path, place: str) -> Iterator[ArchiveMember]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        _stop(
            "D099",
            f"is a damaged zip archive: {printable(str(error))[:100]}",
            place,
            "copy it again",
        )
    for info in infos:
        if info.flag_bits & 1:
            told = f"member '{printable(info.filename[:60])}' is locked with a password"
            _stop("D079", told, place, "unpack it with the password, and name the files inside")
        if not info.is_dir() and not stat.S_ISLNK(info.external_attr >> 16):
            yield ArchiveMember(info.filename, info.file_size, info.compress_size)


def _tar_members(path: Path, place: str) -> Iterator[ArchiveMember]:
    packed = path.stat().st_size
    with path.open("rb") as raw:
        try:
            with _tar(raw, place) as archive:
                for info in archive:
                    if info.isreg():
                        yield ArchiveMember(info.name.removeprefix("./"), info.size, packed)
        except (tarfile.TarError, OSError, ValueError, EOFError) as error:
            _stop(
                "D099",
                f"is a damaged tar archive: {printable(str(error))[:100]}",
                place,
                "copy it again",
            )


def _tar(raw: io.BufferedReader[Any], place: str) -> tarfile.TarFile:
    packer = packer_of(raw.peek(512))
    return tarfile.open(fileobj=unpack_stream(raw, packer, place) if packer else raw, mode="r|")


def open_member(raw: io.BufferedReader[Any], name: str, place: str) -> io.BufferedReader[Any]:
    """One file of the archive that `raw` is; to be read once, from its start.

    Raises:
        DataError: D080 there is no such member; D017 it has to be in memory and is over 200 MB;
            D099 damaged.
    """
    try:
        source = (
            _from_zip(raw, name) if raw.peek(4).startswith(b"PK") else _from_tar(raw, name, place)
        )
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        OSError,
        ValueError,
        NotImplementedError,
        EOFError,
    ) as error:
        _stop(
            "D099", f"is a damaged archive: {printable(str(error))[:100]}", place, "copy it again"
        )
    if isinstance(source, list):
        told = f"has no member '{printable(name)}'{did_you_mean(name, source)}"
        _stop("D080", told, place, f"there are: {', '.join(map(printable, source[:12]))}")
    stream = io.BufferedReader(Stream(source, place, "archive"), 1 << 16)
    if not bare(name).endswith(_JUMPING):
        return stream
    data = stream.read(_HELD + 1)
    if len(data) > _HELD:
        _stop("D017", "is over 200 MB, in an archive", place, "unpack it, and name the file")
    return io.BufferedReader(io.BytesIO(data))  # ty: ignore - a buffer is as good as a raw file


def _from_zip(raw: io.BufferedReader[Any], name: str) -> Any:
    archive = zipfile.ZipFile(raw)
    names = archive.namelist()
    return archive.open(name) if name in names else names


def _from_tar(raw: io.BufferedReader[Any], name: str, place: str) -> Any:
    names, archive = [], _tar(raw, place)
    for info in archive:
        if info.isreg() and info.name.removeprefix("./") == name:
            return archive.extractfile(info)
        names.append(info.name)
    return names


def data_members(
    found: Sequence[ArchiveMember], suffixes: tuple[str, ...]
) -> tuple[list[str], list[str]]:
    """(the members that hold rows, those that are passed over): by their suffixes; where none has
    one that is known, all that is not about the archive itself."""
    plain = [
        one.name
        for one in found
        if not any(part.startswith((".", "__MACOSX")) for part in parts_of(one.name)) and one.size
    ]
    rows = [
        name
        for name in plain
        if bare(name).endswith(suffixes) and not ABOUT.fullmatch(parts_of(name)[-1])
    ]
    rows = rows or [name for name in plain if not ABOUT.fullmatch(parts_of(name)[-1])]
    return rows, [one.name for one in found if one.name not in rows]


def _stop(code: str, text: str, place: str, help: str = "") -> NoReturn:
    raise DataError(Problem(code, text, place, help)) from None
