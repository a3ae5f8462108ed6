"""In every process of a command that has this folder on its path: the n-th write below a folder
goes wrong.

How   FAILING="<folder>|<file that counts>|<n>|<how>", n = 0 only counts. What counts are opening a
      file to write it, writing a line, flushing, and renaming, in all processes of the command
      together
how   ENOSPC, EROFS   from the n-th write on all fail, as on a full disk and on one that has become
      read-only; a line is
                      half written then
      EIO             the n-th fails, those after it do not
      KILL            the process is killed before the n-th
"""

import errno
import fcntl
import io
import os
import signal

_FOLDER, _COUNT, _AT, _HOW = (os.environ.get("FAILING") or "|||").split("|")


def _wrong(path) -> bool:
    """Whether this write goes wrong."""
    if not os.fspath(path).startswith(_FOLDER):
        return False
    handle = _open(_COUNT, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        number = int(os.pread(handle, 20, 0) or b"0") + 1
        os.pwrite(handle, b"%d" % number, 0)
    finally:
        os.close(handle)
    here = number == int(_AT) or (_HOW in ("ENOSPC", "EROFS") and 0 < int(_AT) < number)
    if here and _HOW == "KILL":
        os.kill(os.getpid(), signal.SIGKILL)
    return here


def _error():
    number = getattr(errno, _HOW)
    return OSError(number, os.strerror(number))


def _whole(path):
    return os.path.abspath(path)  # noqa: PTH100


def _name(handle):
    return os.readlink(f"/proc/self/fd/{handle}")  # noqa: PTH115


_open, _write, _fsync, _replace, _rename, _io_open = (
    os.open,
    os.write,
    os.fsync,
    os.replace,
    os.rename,
    io.open,
)


def open_(path, flags, *more, **named):
    if flags & (os.O_WRONLY | os.O_RDWR) and not isinstance(path, int) and _wrong(_whole(path)):
        raise _error()
    return _open(path, flags, *more, **named)


def write(handle, data):
    if _name(handle).startswith(_FOLDER) and _wrong(_name(handle)):
        _write(handle, bytes(data)[: len(data) // 2])
        raise _error()
    return _write(handle, data)


def fsync(handle):
    if _wrong(_name(handle)):
        raise _error()
    return _fsync(handle)


def moved(move):
    def moves(source, target, **named):
        if _wrong(_whole(target)):
            raise _error()
        return move(source, target, **named)

    return moves


def io_open(file, mode="r", *more, **named):
    if set(mode) & set("wxa+") and not isinstance(file, int) and _wrong(_whole(file)):
        raise _error()
    return _io_open(file, mode, *more, **named)


if _FOLDER:
    os.open, os.write, os.fsync, io.open = open_, write, fsync, io_open
    os.replace, os.rename = moved(_replace), moved(_rename)
