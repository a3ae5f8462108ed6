"""The only module that writes files. A result is complete and verified by hash, or it is not there.

A file is written beside its place, flushed to the disk, then renamed over it; the folder is flushed after it.
A stage is the folder `work/<stage>/<key>/`; its `done.json`, written last, holds the hash of every other file.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from assay.errors import Problem, ResourceError


def digest(value: Any) -> str:
    """sha256 of bytes, or of any plain JSON value in its canonical form."""
    if not isinstance(value, bytes):
        value = to_json(value, sort_keys=True).encode()
    return hashlib.sha256(value).hexdigest()


def chunks_digest(chunks: Iterable[bytes | memoryview]) -> str:
    found = hashlib.sha256()
    for chunk in chunks:
        found.update(chunk)
    return found.hexdigest()


def file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def to_json(value: Any, **options: Any) -> str:
    """JSON that every reader accepts. NaN and infinity are refused: callers turn them into null and a reason."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, **options)


def _refuse(error: OSError, path: Path) -> NoReturn:
    raise ResourceError(
        Problem(
            "R002",
            f"could not write: {error.strerror}",
            str(path),
            help="free some space or choose another folder, then run the same command again: it continues",
        )
    ) from error


def write_bytes(path: Path, data: bytes | memoryview) -> None:
    """The whole file or the old one, never a part."""
    write_chunks(path, (data,))


def write_chunks(path: Path, chunks: Iterable[bytes | memoryview]) -> None:
    """As write_bytes, for a file larger than memory. An error raised by `chunks` leaves the old file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                os.fchmod(handle, 0o666 & ~_mask())  # mkstemp is for secrets; a report is for reading
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
        _refuse(error, path)


def _mask() -> int:
    """The permissions that this process's new files must not have."""
    for line in Path("/proc/self/status").read_text().splitlines() if Path("/proc/self/status").exists() else ():
        if line.startswith("Umask:"):
            return int(line.split()[1], 8)
    return 0o022


@contextlib.contextmanager
def growing(part: Path) -> Generator[Callable[[bytes], None]]:
    """Add to the end of a `*.part` file, which a later process may continue. Yields the function that writes."""
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        file = part.open("ab", buffering=0)
    except OSError as error:
        _refuse(error, part)

    def write(data: bytes) -> None:
        try:
            while data:
                data = data[file.write(data) :]
        except OSError as error:
            _refuse(error, part)

    with file:
        yield write


def cut(part: Path, size: int) -> None:
    """Leave the first `size` bytes of a `*.part` file: what a kill left behind them is not to be continued."""
    try:
        os.truncate(part, size)
    except OSError as error:
        _refuse(error, part)


def link(path: Path, target: Path) -> None:
    """Make `path` a symbolic link to `target`, in place of what was there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        part.unlink(missing_ok=True)
        part.symlink_to(target)
        part.replace(path)
    except OSError as error:
        _refuse(error, path)


def flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode())


def write_private(path: Path, data: bytes) -> None:
    """A new file that its owner alone can read, never for a moment by others; one that is there stays as it is."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")  # mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(name, path)  # unlike a rename, it never replaces what another process made meanwhile
        finally:
            Path(name).unlink()
        flush_folder(path.parent)
    except OSError as error:
        _refuse(error, path)


def write_json(path: Path, value: Any) -> None:
    write_text(path, to_json(value, indent=1) + "\n")


def write_lines(path: Path, rows: Iterable[Any]) -> None:
    """One JSON value a line."""
    write_chunks(path, ((to_json(row) + "\n").encode() for row in rows))


def write_tensors(path: Path, tensors: dict[str, Any], metadata: dict[str, str] | None = None) -> None:
    write_chunks(path, tensor_chunks(tensors, metadata))


def tensor_chunks(tensors: dict[str, Any], metadata: dict[str, str] | None = None) -> Iterator[bytes | memoryview]:
    """A safetensors file in parts, a tensor each. `safetensors.torch.save` holds all of them a second time, which for
    the state of a full training is more than everything else together. Arrays of numpy are written without torch.

    Source: github.com/huggingface/safetensors, "Format"
    """
    # The library has no public list of the format's names; wide types come first, so that all are aligned.
    kinds = {"float64": "F64", "int64": "I64", "float32": "F32", "int32": "I32", "float16": "F16", "bfloat16": "BF16"}
    kinds |= {"int16": "I16", "int8": "I8", "uint8": "U8", "bool": "BOOL"}
    names = sorted(tensors, key=lambda name: (-tensors[name].itemsize, name))
    header: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    end = 0
    for name in names:
        tensor = tensors[name]
        start, end = end, end + tensor.nbytes
        kind = kinds[str(tensor.dtype).removeprefix("torch.")]
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [start, end]}
    text = to_json(header).encode()
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little") + text
    for name in names:
        yield _raw(tensors[name])


def _raw(tensor: Any) -> memoryview:
    """The bytes of a tensor of torch or an array of numpy."""
    import numpy as np

    if not isinstance(tensor, np.ndarray):
        import torch

        return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data
    return np.ascontiguousarray(tensor).reshape(-1).view(np.uint8).data


def append(path: Path, *rows: Any, mode: int = 0o644) -> None:
    """Add JSON lines with one write() call, so that a kill or a full disk leaves at most one torn last line; such a one
    is cut first, or the two would be one line that nobody can read. `mode`: of a new file."""
    data = "".join(to_json(row) + "\n" for row in rows).encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, mode)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)  # what another process has half written is not torn
            size = os.fstat(handle).st_size
            if size and os.pread(handle, 1, size - 1) != b"\n":
                os.ftruncate(handle, path.read_bytes().rfind(b"\n") + 1)
            while data:
                data = data[os.write(handle, data) :]
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        _refuse(error, path)


def read_json(path: Path) -> Any:
    return json.loads(path.read_bytes())


def read_lines(path: Path) -> Iterator[Any]:
    """The JSON lines of a file that this module wrote. A torn last line is left out."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield json.loads(line)


def drop_torn_line(path: Path) -> None:
    """Cut what a kill left after the last newline, so that `append` starts on a fresh line."""
    if not path.exists():
        return
    data = path.read_bytes()
    if data and not data.endswith(b"\n"):
        write_bytes(path, data[: data.rfind(b"\n") + 1])


class Stage:
    """One folder of results under a key. Without `done.json` it is an interrupted stage, to be continued in place."""

    def __init__(self, work: Path, stage: str, key: str):
        self.folder = work / stage / key
        self.name = stage
        self.key = key

    @property
    def _mark(self) -> Path:
        return self.folder / "done.json"

    def done(self) -> dict[str, Any] | None:
        """The note given to `finish`, or None when the stage is not complete. A stage whose files do not have the
        hashes it was finished with is set aside as `<key>.damaged`, and counts as not there."""
        if not self._mark.exists():
            return None
        note: dict[str, Any] = {}
        try:
            mark = read_json(self._mark)
            files, note = mark["files"], mark["note"]
            intact = mark.get("sha256") in (digest([files, note]), None)  # the first marks had no hash of their own
            intact = intact and all(file_digest(self.folder / name) == value for name, value in files.items())
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            intact = False
        if intact:
            return note
        aside = self.folder.with_name(f"{self.key}.damaged")
        if aside.exists():
            shutil.rmtree(aside)
        self.folder.rename(aside)
        return None

    def open(self) -> Path:
        """The folder, made if need be."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            _refuse(error, self.folder)
        return self.folder

    def finish(self, note: dict[str, Any]) -> None:
        """Mark the stage complete: hash every file, then write `done.json`. Leftovers of a killed write go."""
        files = {}
        note = json.loads(to_json(note))  # what a reader will see, or the hash would differ for keys that are numbers
        for path in sorted(self.folder.rglob("*")):
            if path.name.endswith(".part"):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)  # it may have gone with its folder
            elif path.is_file() and path != self._mark:
                files[str(path.relative_to(self.folder))] = file_digest(path)
        write_json(self._mark, {"files": files, "note": note, "sha256": digest([files, note])})


@contextlib.contextmanager
def lock(path: Path, command: str, *, wait: bool = False) -> Generator[None]:
    """Hold `path` for this process; the kernel frees it when the process ends, however it ends. A lock that another
    process holds is an error, or with `wait` waited for."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        held = path.open("a+")
    except OSError as error:
        _refuse(error, path)
    with held as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "another process"
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


def write_folder(folder: Path, files: Mapping[str, Iterable[bytes | memoryview]], notes: dict[str, Any]) -> None:
    """A new folder of files in chunks (`notes` as JSON), there whole or not at all: written aside, flushed, renamed. A
    folder cannot be exchanged for another in one move, so one that is there is never replaced: FileExistsError."""
    if folder.exists():
        raise FileExistsError(folder)
    part = folder.with_name(f".{folder.name}.part")
    try:
        if part.exists():
            shutil.rmtree(part)
        part.mkdir(parents=True)
        for name, chunks in {**files, **{n: (to_json(v).encode(),) for n, v in notes.items()}}.items():
            with (part / name).open("wb") as file:
                for chunk in chunks:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
        flush_folder(part)
        part.rename(folder)
        flush_folder(folder.parent)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        _refuse(error, folder)
