"""Processes that die at a chosen point of a write.

How   The work runs in a forked child that dies at its n-th primitive (open, mkdir, fsync, rename, unlink, ...), for
      n = 1, 2, ... until one child lives to the end. Python's own audit events name the primitives; fsync, which has
      none, and the moment after a file was opened, and perhaps emptied, are counted by hand.
"""

import io
import itertools
import os
import sys

PRIMITIVES = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.link", "os.symlink"}
DIED = 66


def dying_at(n):
    """In this process, the n-th primitive is the last thing that is (not) done: it dies just before it."""
    count = itertools.count(1)

    def step():
        if next(count) == n:
            os._exit(DIED)

    def hook(event, args):
        writes = event != "open" or (isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR))
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
    """For each n: `prepare()`, run `work()` in a child that dies at its n-th primitive, `check(finished)`. Returns how
    many points there were. `forked` is the fixture."""
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
