"""Processes that die at a chosen point of a write.

How   The work runs in a forked child that dies at its n-th primitive (open, mkdir, fsync, rename,
      unlink, ...), for n = 1, 2, ... until one child lives to the end. Python's own audit events
      name the primitives; fsync, which has none, and the moment after a file was opened, and
      perhaps emptied, are counted by hand.
"""

import io
import itertools
import json
import os
import stat
import sys

PRIMITIVES = {
    "open",
    "os.rename",
    "os.mkdir",
    "os.remove",
    "os.rmdir",
    "os.truncate",
    "os.link",
    "os.symlink",
}
DIED = 66


def dying_at(n):
    """In this process, the n-th primitive is the last thing that is (not) done: it dies just before
    it."""
    count = itertools.count(1)

    def step():
        if next(count) == n:
            os._exit(DIED)

    def hook(event, args):
        writes = event != "open" or (
            isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        )
        if event in PRIMITIVES and writes:
            step()

    flush, opened = os.fsync, io.open

    def fsync(handle):
        step()
        flush(handle)
        step()

    def open_(file, mode="r", *more, **named):
        result = opened(file, mode, *more, **named)
        if mode != "r" and mode != "rb":
            step()
        return result

    os.fsync, io.open = fsync, open_
    sys.addaudithook(hook)


def at_every_point(forked, prepare, work, check):
    """For each n: `prepare()`, run `work()` in a child that dies at its n-th primitive,
    `check(finished)`. Returns how many points there were. `forked` is the fixture."""
    for n in itertools.count(1):
        prepare()

        def dying(n=n):
            dying_at(n)
            work()

        code = forked(dying)
        check(finished=code == 0)
        if code == 0:
            return n - 1
        assert code == DIED
    raise AssertionError


def order_of_calls(forked, work, log):
    """What `work()` asks the operating system for, in order, in a child that writes it to `log`:
    ["fsync", inode, size] with the size that a file has by then, None of a folder; ["rename" or
    "link", inode, name it gets]."""

    def watched():
        calls = []
        flush = os.fsync

        def fsync(handle):
            flush(handle)
            found = os.fstat(handle)
            calls.append(
                ["fsync", found.st_ino, None if stat.S_ISDIR(found.st_mode) else found.st_size]
            )

        def hook(event, args):
            if event in ("os.rename", "os.link"):
                number = os.stat(args[0]).st_ino  # noqa: PTH116
                calls.append([event[3:], number, os.path.basename(args[1])])  # noqa: PTH119

        os.fsync = fsync
        sys.addaudithook(hook)
        work()
        calls_made = json.dumps(calls)
        with open(log, "w") as file:  # noqa: PTH123
            file.write(calls_made)

    assert forked(watched) == 0
    with open(log) as file:  # noqa: PTH123
        return json.load(file)
