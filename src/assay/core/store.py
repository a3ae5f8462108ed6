"""The only module that writes files. A result is complete and verified by hash, or it is not there.

A file is written beside its place, flushed to the disk, then renamed over it; the folder is flushed
after it. A stage is the folder `work/<stage>/<key>/`; its `done.json`, written last, holds the hash
of every other file.
"""

import contextlib
import fcntl
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Generator, Iterable, Mapping
from pathlib import Path
from typing import Any

from assay.core.corrupt_files import Tell, silent, tell_damage
from assay.core.errors import Problem, ResourceError
from assay.core.file_ownership import is_private, make_folder, mode_of, opener, refuse
from assay.core.plain_json import chunks_digest as chunks_digest
from assay.core.plain_json import digest as digest
from assay.core.plain_json import file_digest as file_digest
from assay.core.plain_json import read_json as read_json
from assay.core.plain_json import read_lines as read_lines
from assay.core.plain_json import to_json as to_json
from assay.core.tensors import tensor_chunks as tensor_chunks


def write_bytes(path: Path, data: bytes | memoryview, mode: int | None = None) -> None:
    """The whole file or the old one, never a part. `mode`: the rights of the file; those of its
    place when None."""
    write_chunks(path, (data,), mode)


def write_chunks(path: Path, chunks: Iterable[bytes | memoryview], mode: int | None = None) -> None:
    """As write_bytes, for a file larger than memory. An error raised by `chunks` leaves the old
    file."""
    try:
        make_folder(path.parent)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                # mkstemp is for secrets; a report is for reading
                os.fchmod(handle, mode_of(path) if mode is None else mode)
                for chunk in chunks:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        flush_folder(path.parent)
    except OSError as error:
        refuse(error, path)


def drop_leftovers(folder: Path, name: str = "") -> None:
    """Remove what a killed process had begun to write in a folder and below it, or of the file
    `name` in it; nobody may be writing there."""
    for path in folder.glob(f".{name}.*.part") if name else folder.rglob(".*.part"):
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def growing(part: Path) -> Generator[Callable[[bytes], None]]:
    """Add to the end of a `*.part` file, which a later process may continue. Yields the function
    that writes."""
    try:
        make_folder(part.parent)
        file = os.fdopen(
            opener(str(part), os.O_WRONLY | os.O_CREAT | os.O_APPEND), "ab", buffering=0
        )
    except OSError as error:
        refuse(error, part)

    def write(data: bytes) -> None:
        try:
            while data:
                data = data[file.write(data) :]
        except OSError as error:
            refuse(error, part)

    with file:
        yield write


def cut(part: Path, size: int) -> None:
    """Leave the first `size` bytes of a `*.part` file: what a kill left behind them is not to be
    continued."""
    try:
        os.truncate(part, size)
    except OSError as error:
        refuse(error, part)


def link(path: Path, target: Path) -> None:
    """Make `path` a symbolic link to `target`, in place of what was there."""
    try:
        make_folder(path.parent)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        part.unlink(missing_ok=True)
        part.symlink_to(target)
        part.replace(path)
    except OSError as error:
        refuse(error, path)


def flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode())


def write_private(path: Path, data: bytes) -> None:
    """A new file that its owner alone can read, never for a moment by others; one that is there
    stays as it is."""
    try:
        make_folder(path.parent)
        # mode 0600
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                # unlike a rename, it never replaces what another process made meanwhile
                os.link(name, path)
        finally:
            Path(name).unlink()
        flush_folder(path.parent)
    except OSError as error:
        refuse(error, path)


def write_json(path: Path, value: Any) -> None:
    write_text(path, to_json(value, indent=1) + "\n")


def write_lines(path: Path, rows: Iterable[Any]) -> None:
    """One JSON value a line."""
    write_chunks(path, ((to_json(row) + "\n").encode() for row in rows))


def write_tensors(
    path: Path, tensors: dict[str, Any], metadata: dict[str, str] | None = None
) -> None:
    write_chunks(path, tensor_chunks(tensors, metadata))


def append(path: Path, *rows: Any, mode: int = 0o644) -> None:
    """Add JSON lines with one write() call, so that a kill leaves at most one torn last line. Such
    a one is cut first, or the two would be one line that nobody can read; and what a write that
    failed has left is cut at once. `mode`: of a new file, if it is not private."""
    data = "".join(to_json(row) + "\n" for row in rows).encode()
    try:
        make_folder(path.parent)
        with _alone(path, mode) as handle:
            size = os.fstat(handle).st_size
            if size and os.pread(handle, 1, size - 1) != b"\n":
                size = path.read_bytes().rfind(b"\n") + 1
                os.ftruncate(handle, size)
            try:
                while data:
                    data = data[os.write(handle, data) :]
                os.fsync(handle)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(handle, size)
                raise
    except OSError as error:
        refuse(error, path)


@contextlib.contextmanager
def _alone(path: Path, mode: int) -> Generator[int]:
    """A handle at the end of the file, made if need be, while no other process adds to it or
    rewrites it."""
    while True:
        handle = os.open(
            path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600 if is_private(path) else mode
        )
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)  # what another process has half written is not torn
            if _is(handle, path):  # else it was rewritten while this process waited
                yield handle
                return
        finally:
            os.close(handle)


def _is(handle: int, path: Path) -> bool:
    """Whether the open file is still the one of that name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def rewrite(path: Path, change: Callable[[bytes], bytes], mode: int = 0o644) -> None:
    """Put `change(content)` in the place of a file's content, whole or not at all, while no other
    process appends to it. The content of a file that is not there is empty. `mode`: of a new
    file."""
    try:
        make_folder(path.parent)
        with _alone(path, mode) as handle:
            old = path.read_bytes()
            new = change(old)
            if new != old:
                write_bytes(path, new, os.fstat(handle).st_mode & 0o777)
    except OSError as error:
        refuse(error, path)


def drop_torn_line(path: Path) -> bool:
    """Cut what a kill left after the last newline, so that `append` starts on a fresh line. Whether
    there was any."""
    if not path.exists():
        return False
    with path.open("rb") as file:  # a long log is not read for that
        if not file.seek(0, os.SEEK_END):
            return False
        file.seek(-1, os.SEEK_END)
        if file.read() == b"\n":
            return False
    rewrite(path, lambda data: data[: data.rfind(b"\n") + 1])
    return True


REQUEST, LOG = "request.json", "worker.log"  # of the process that works on a stage


def _has(path: Path, sha256: str) -> bool:
    return path.is_file() and file_digest(path) == sha256


class Stage:
    """One folder of results under a key. Without `done.json` it is an interrupted stage, to be
    continued in place."""

    def __init__(self, work: Path, stage: str, key: str, tell: Tell = silent):
        """`tell` hears the note R170 when a finished stage is found damaged."""
        self.folder = work / stage / key
        self.tell = tell
        self.name = stage
        self.key = key

    @property
    def _mark(self) -> Path:
        return self.folder / "done.json"

    @property
    def aside(self) -> Path:
        """Where the stage lies when it was found damaged."""
        return self.folder.with_name(f"{self.key}.damaged")

    def completion_note(self) -> dict[str, Any] | None:
        """The note given to `finish`, or None when the stage is not complete. A stage whose files
        do not have the hashes it was finished with is set aside as `<key>.damaged`, which is said,
        and counts as not there."""
        if not self._mark.exists():
            return None
        note: dict[str, Any] = {}
        try:
            mark = read_json(self._mark)
            files, note = mark["files"], mark["note"]
            wrong = [] if mark["sha256"] == digest([files, note]) else [self._mark.name]
            wrong += [name for name, value in files.items() if not _has(self.folder / name, value)]
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            wrong = [self._mark.name]
        if not wrong:
            return note
        # in a folder that only others may change it stays where it is
        with contextlib.suppress(OSError):
            if self.aside.exists():
                shutil.rmtree(self.aside)
            self.folder.rename(self.aside)
        tell_damage(
            self.tell,
            self.folder / wrong[0],
            f"it is set aside as {self.aside.name}, and made again",
        )
        return None

    def open(self) -> Path:
        """The folder, made if need be."""
        try:
            make_folder(self.folder)
        except OSError as error:
            refuse(error, self.folder)
        return self.folder

    def finish(self, note: dict[str, Any]) -> None:
        """Mark the stage complete: hash every file, then write `done.json`. Leftovers of a killed
        write go. What a process was asked and what it logged is no result: it may be asked
        again."""
        files = {}
        # what a reader will see, or the hash would differ for keys that are numbers
        note = json.loads(to_json(note))
        for path in sorted(self.folder.rglob("*")):
            if path.name.endswith(".part"):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)  # it may have gone with its folder
            elif path.is_file() and path != self._mark and path.name not in (REQUEST, LOG):
                files[str(path.relative_to(self.folder))] = file_digest(path)
        write_json(self._mark, {"files": files, "note": note, "sha256": digest([files, note])})


@contextlib.contextmanager
def lock(path: Path, command: str, *, wait: bool = False) -> Generator[None]:
    """Hold `path` for this process; the kernel frees it when the process ends, however it ends. A
    lock that another process holds is an error, or with `wait` waited for."""
    try:
        make_folder(path.parent)
        held = os.fdopen(opener(str(path), os.O_RDWR | os.O_CREAT | os.O_APPEND), "a+")
    except OSError as error:
        refuse(error, path)
    with held as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            holder = path.read_text(errors="replace").strip() or "another process"
            raise ResourceError(
                Problem(
                    "R003",
                    f"another run works in this folder: {holder}",
                    str(path.parent),
                    help="wait until it has ended, or stop it; its work is kept",
                )
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}: {command}")
        file.flush()
        yield
        file.truncate(0)


def write_folder(
    folder: Path, files: Mapping[str, Iterable[bytes | memoryview]], notes: dict[str, Any]
) -> None:
    """A new folder of files in chunks (`notes` as JSON), there whole or not at all: written aside,
    flushed, renamed. A folder cannot be exchanged for another in one move, so one that is there is
    never replaced: FileExistsError."""
    if folder.exists():
        raise FileExistsError(folder)
    part = folder.with_name(f".{folder.name}.part")
    try:
        if part.exists():
            shutil.rmtree(part)
        make_folder(part)
        for name, chunks in {
            **files,
            **{n: (to_json(v).encode(),) for n, v in notes.items()},
        }.items():
            with open(part / name, "wb", opener=opener) as file:
                for chunk in chunks:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
        flush_folder(part)
        part.rename(folder)
        flush_folder(folder.parent)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        refuse(error, folder)
