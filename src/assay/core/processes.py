"""Processes of Python that this one starts: they end with it, the errors that they raise come back,
and what they said last is told.

Started   `python -m assay.core.processes MODULE ...` runs the module's `main`. The imports of a
          module take seconds: were the kernel asked after them only, a process whose parent is
          killed meanwhile would import to the end for nobody
"""

from __future__ import annotations

import atexit
import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, NoReturn, Protocol

from assay.core import errors
from assay.core.errors import AssayError, Problem, ResourceError
from assay.core.module_path import import_settings

PARENT = "ASSAY_PARENT"  # the id of the process that starts this one
# A script that runs the program of its arguments until standard input ends: for one that is asked
# over the network and reads no input.
UNTIL_INPUT_ENDS = """
import subprocess, sys, threading
p = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
threading.Thread(target=lambda: (sys.stdin.read(), p.terminate()), daemon=True).start()
sys.exit(p.wait())
"""


@contextmanager
def other_process_group() -> Generator[None]:
    """Processes that a library starts in the block get a process group that no terminal signals:
    Ctrl-C, and a signal to the whole group, reach this process alone, which then ends them.

    A library starts its processes in the group of this one, so this one is in the other group for
    the time. A Ctrl-C meanwhile is not delivered. A leader of a session cannot change its group,
    and has none to protect.
    """
    before = os.getpgrp() if hasattr(os, "getpgrp") else 0
    if not before or os.getsid(0) == os.getpid():
        yield
        return
    wait = [sys.executable, "-ISc", "import sys; sys.stdin.read()"]
    with subprocess.Popen(wait, stdin=subprocess.PIPE, process_group=0) as leader:
        os.setpgid(0, leader.pid)
        try:
            yield
        finally:
            with suppress(PermissionError):  # all others of the group have ended meanwhile
                os.setpgid(0, before)
            assert leader.stdin is not None
            leader.stdin.close()


class Running(Protocol):
    """What is used of `subprocess.Popen` to end one."""

    @property
    def stdin(self) -> IO[Any] | None: ...

    @property
    def stdout(self) -> IO[Any] | None: ...

    def kill(self) -> None: ...

    def wait(self, timeout: float | None = None) -> int: ...


def start_process(
    module: str,
    *arguments: Path,
    environment: Mapping[str, str] | None = None,
    **streams: Any,
) -> subprocess.Popen[Any]:
    """A process that runs the module's `main` with these arguments and ends with this one. Ctrl-C
    is for this one, which ends it.

    Args:
        environment: None: that of this process. streams: as `subprocess.Popen` takes them.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "assay.core.processes", module, *map(str, arguments)],
        env={
            **(os.environ if environment is None else environment),
            **import_settings(),
            PARENT: str(os.getpid()),
        },
        start_new_session=True,
        **streams,
    )


def run_process(module: str, *arguments: Path, **variables: str) -> tuple[int, str]:
    """`start_process` one for a single piece of work, and wait: its exit code, and what it has
    written to stderr.

    Args:
        variables: of its environment, over those of this process.
    """
    with start_process(
        module,
        *arguments,
        environment={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        try:
            _, said = process.communicate()
        except BaseException:
            process.kill()
            raise
    return process.returncode, said


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent ends, so that a killed run leaves nothing
    behind."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        # The parent may have ended before this was asked for; then nobody will tell.
        if os.environ.get(PARENT, str(os.getppid())) != str(os.getppid()):
            sys.exit(128 + signal.SIGKILL)


def end_process(process: Running, seconds: float = 0.0) -> None:
    """End a process and let go of its pipes. One that ends with its input is given `seconds` for
    that."""
    if not seconds:
        process.kill()
    for pipe in filter(None, (process.stdin, process.stdout)):
        with suppress(BrokenPipeError):  # what was still to be written has no reader any more
            pipe.close()
    try:
        process.wait(seconds or None)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


# --- what comes back ------------------------------------------------------------------------------


def error_to_json(error: AssayError) -> dict[str, Any]:
    """An error as the process that waits gets it."""
    known = (kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__)
    problems = [[p.code, p.text, p.place, p.help, p.excerpt] for p in error.problems]
    return {"kind": next(known).__name__, "problems": problems}


def error_from_json(value: Mapping[str, Any]) -> AssayError:
    kind: type[AssayError] = getattr(errors, value["kind"])
    return kind(*(Problem(*parts) for parts in value["problems"]))


def how_ended(code: int) -> str:
    """By an exit code as `subprocess` gives it."""
    if code == -signal.SIGKILL:
        return "was killed, probably for want of memory"
    return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"


def last_line(said: str) -> str:
    lines = said.strip().splitlines()
    return lines[-1] if lines else "no message"


def exit_error(what: str, code: int, log: Path, way: str) -> Exception:
    """What is raised where a process has ended and has sent no error.

    Args:
        what: the process. log: what it has said. way: out of having too little memory.
    """
    if code == -signal.SIGKILL:
        return ResourceError(Problem("R005", f"{what} {how_ended(code)}", help=way))
    return RuntimeError(f"{what} {how_ended(code)}: {last_line(log.read_text(errors='replace'))}")


def leave_without_teardown() -> Callable[[int | None], NoReturn]:
    """What ends this process in place of `sys.exit`: threads are waited for, exit handlers run and
    what was written is flushed as ever, but modules and objects are left to the system. To take
    torch and transformers down takes 0.3 s, and in a fork each page that they lie on is copied
    first. To be called before libraries register handlers, for the last to register runs first."""
    code: list[int] = []

    def leave() -> None:
        if not code:  # an error ends it
            return
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (OSError, ValueError):
            return  # which is said where the interpreter flushes
        os._exit(code[0])

    def end(value: int | None) -> NoReturn:
        code.append(value or 0)
        sys.exit(value)

    atexit.register(leave)
    return end


if __name__ == "__main__":
    die_with_parent()
    end = leave_without_teardown()
    del sys.argv[0]  # as where the module itself is run
    end(importlib.import_module(sys.argv[0]).main(*map(Path, sys.argv[1:])))
