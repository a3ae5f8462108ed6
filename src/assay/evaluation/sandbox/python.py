"""One program against its tests: two sandboxes, and what they came to.

How        the candidate's sandbox runs the program, the checker's the tests; a socket between them
           carries arguments and plain values (`inside/`). Arguments go in, values come out, and the
           comparison is on the checker's side: the candidate's sandbox holds no expected value
Verdict    comes on a pipe of the checker's, with a random token of this run; without it, nothing
           has passed
Ends       at the verdict, when 64 KiB were printed, when the processes of a sandbox hold more than
           1.5 GB together (looked at every 50 ms), or when the wall time is over; then both PID
           namespaces are killed
Objects    of the program's classes are compared on the checker's side, too, with those of the
           reference
Watch out  a program that guesses what a test wants passes it, as it would anywhere
"""

from __future__ import annotations

import ast
import builtins
import json
import os
import secrets
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.core.errors import Problem, ResourceError
from assay.evaluation.sandbox.cage import Cage
from assay.tasks.python_syntax import UNREADABLE, parse_python

WALL = 10.0  # seconds
OUTPUT = 64 << 10  # bytes that a sandbox may print
MEMORY = 1_500_000_000  # bytes, all processes of a sandbox
LOOK = 0.05  # seconds between two looks at the memory
KINDS = ("passed", "wrong value", "exception", "timeout", "resources", "not parsed", "test")


@dataclass(frozen=True, slots=True)
class ExecutionOutcome:
    """What running an answer came to.

    Attributes:
        kind: one of `KINDS`. "resources": it printed or held too much, or its process ended by
            itself; "test": the tests cannot be run, whatever the program is, or compare objects by
            what the program says of them and nothing else. at: place of the failing test, -1 before
            the first.
    """

    kind: str
    at: int = -1
    text: str = ""

    @property
    def has_passed(self) -> bool:
        return self.kind == "passed"


@dataclass(frozen=True, slots=True)
class Program:
    """A program and what it is run with."""

    source: str
    tests: tuple[str, ...]  # assert statements, or longer pieces of a program
    setup: str = ""  # run before the tests, with the program's names at hand
    reference: str = ""  # a right program: it says which names the tests mean


Plan = dict[str, Any] | ExecutionOutcome


def run(
    cage: Cage, program: Program, wall: float = WALL, plan: Plan | None = None
) -> ExecutionOutcome:
    """Run one program. It takes at most `wall` and about 0.1 seconds.

    Args:
        wall: seconds for all tests. plan: as `plan_program`, which is called where it is left out;
            not in several threads.

    Raises:
        ResourceError: R033, a sandbox did not start.
    """
    plan = plan_program(program) if plan is None else plan
    if isinstance(plan, ExecutionOutcome):
        return plan
    token = secrets.token_hex(16)
    one, two = socket.socketpair()
    verdict, told = os.pipe()
    try:
        with one, two:
            job = {"channel": one.fileno(), "user": cage.user(), "source": program.source}
            job |= {"imports": plan["setup_imports"]}
            other = {
                **plan,
                "channel": two.fileno(),
                "user": cage.user(),
                "verdict": told,
                "token": token,
            }
            other |= {
                "setup": program.setup,
                "tests": program.tests,
                "reference": program.reference,
            }
            with (
                killing(cage.start("candidate", keep=[one.fileno()])) as candidate,
                killing(cage.start("checker", keep=[two.fileno(), told])) as checker,
            ):
                one.close()
                two.close()
                os.close(told)
                told = -1
                send_job(candidate, job)
                send_job(checker, other)
                return _watch(candidate, checker, verdict, token, wall)
    finally:
        os.close(verdict)
        if told >= 0:
            os.close(told)


def plan_program(program: Program) -> Plan:
    """Which names of the tests are the program's, and which imports are made: read, never run.

    A name is the program's where the reference defines it on its top level, or where nothing else
    does. The checker makes the imports of setup and reference that the tests use; the program's
    side those of the setup alone, since a program that forgot an import has to fail.
    """
    try:
        tests = [parse_python(test) for test in (program.setup, *program.tests)]
        reference = parse_python(program.reference)
    except UNREADABLE as error:
        return ExecutionOutcome("test", -1, f"the tests cannot be read: {error}"[:200])
    used, bound = set(), set()
    for node in (node for tree in tests for node in ast.walk(tree)):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
    imports = [
        n
        for tree in (tests[0], reference)
        for n in tree.body
        if isinstance(n, ast.Import | ast.ImportFrom)
    ]
    wanted = [
        n
        for n in imports
        if _import_names(n) & used or n in tests[0].body or "*" in _import_names(n)
    ]
    bound |= {name for tree in tests for node in ast.walk(tree) for name in _import_names(node)}
    brought = bound | {name for node in wanted for name in _import_names(node)} | set(dir(builtins))
    own = {
        n.name
        for n in reference.body
        if isinstance(n, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
    }
    names = sorted((used & own - bound) | (used - brought))
    classes = {node.name for node in reference.body if isinstance(node, ast.ClassDef)}
    made = {
        n.func.id
        for t in tests
        for n in ast.walk(t)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    objects = bool(classes & set(names)) or any(name[:1].isupper() for name in made & set(names))
    given = "\n".join(ast.unparse(node) for node in wanted if node in tests[0].body)
    checkers = "\n".join(map(ast.unparse, wanted))
    return {"names": names, "imports": checkers, "setup_imports": given, "objects": objects}


def _import_names(node: ast.AST) -> set[str]:
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return set()
    return {alias.asname or alias.name.partition(".")[0] for alias in node.names}


def not_started() -> ResourceError:
    """No verdict on the program: its sandbox was not there."""
    help = (
        "too little memory, or"
        " too many processes? What was judged is kept: run the same command again"
    )
    return ResourceError(Problem("R033", "a sandbox could not be started", help=help))


def send_job(process: subprocess.Popen[bytes], job: Any) -> None:
    """Hand a sandbox its job. What it cannot take any more, since it has ended, is seen when it is
    watched."""
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps(job).encode())
        process.stdin.close()
    except BrokenPipeError:
        pass


@contextmanager
def killing(process: subprocess.Popen[bytes]) -> Generator[subprocess.Popen[bytes]]:
    """A sandbox that is over, with all its processes, when the block is left."""
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None and not pipe.closed:
                with suppress(BrokenPipeError):
                    pipe.close()


def _watch(
    candidate: subprocess.Popen[bytes],
    checker: subprocess.Popen[bytes],
    verdict: int,
    token: str,
    wall: float,
) -> ExecutionOutcome:
    until = time.monotonic() + wall
    printed, said = {"candidate": 0, "checker": 0}, b""
    with selectors.DefaultSelector() as watch:
        for name, process in (("candidate", candidate), ("checker", checker)):
            assert process.stdout is not None
            watch.register(process.stdout, selectors.EVENT_READ, name)
        watch.register(verdict, selectors.EVENT_READ, "verdict")
        while (left := until - time.monotonic()) > 0:
            for key, _ in watch.select(min(left, LOOK)):
                data = os.read(key.fd, 1 << 14)
                if not data:
                    watch.unregister(key.fileobj)
                elif key.data == "verdict":
                    said += data
                    if len(said) > OUTPUT:
                        return ExecutionOutcome("test", -1, "the checker said too much")
                else:
                    printed[key.data] += len(data)
                if key.data == "verdict" and not data:
                    return _outcome(said, token, candidate, until - time.monotonic() < 0.1)
            if max(printed.values()) > OUTPUT:
                return ExecutionOutcome("resources", -1, f"it printed more than {OUTPUT >> 10} KiB")
            if max(process_memory(candidate.pid), process_memory(checker.pid)) > MEMORY:
                return ExecutionOutcome(
                    "resources", -1, f"its processes held more than {MEMORY / 1e9:g} GB"
                )
    return ExecutionOutcome("timeout", -1, f"it was not done after {wall:g} seconds")


def _outcome(
    said: bytes, token: str, candidate: subprocess.Popen[bytes], late: bool
) -> ExecutionOutcome:
    """The checker has closed its pipe: with a verdict, or since it was ended itself.

    Raises:
        ResourceError: R033, one of the two sandboxes did not start.
    """
    found = json.loads(said) if said.strip() else {}
    if not said or found.get("kind") == "absent":
        raise not_started()
    if found.get("token") != token:
        return ExecutionOutcome("resources", -1, "its tests could not be ended")
    kind, at, text = found["kind"], found["at"], found["text"]
    if kind == "syntax":
        return ExecutionOutcome("not parsed", at, text)
    if kind != "ended":
        return ExecutionOutcome(kind, at, text)
    try:
        code = candidate.wait(1.0)
    except subprocess.TimeoutExpired:
        code = 0
    if late or code - 128 == signal.SIGXCPU:
        return ExecutionOutcome("timeout", at, "it used up the processor's time")
    return ExecutionOutcome(
        "resources", at, f"its process ended by itself ({code}) or sent no value: {text}"[:200]
    )


def process_memory(pid: int) -> int:
    """Bytes of memory of a process and all below it; what has ended counts nothing."""
    total, todo, page = 0, [pid], os.sysconf("SC_PAGE_SIZE")
    while todo:
        place = Path("/proc", str(todo.pop()))
        try:
            total += int((place / "statm").read_text().split()[1]) * page
            for task in (place / "task").iterdir():
                todo += map(int, (task / "children").read_text().split())
        except (OSError, ValueError, IndexError):
            continue
    return total


def processors() -> int:
    """How many programs are run at a time."""
    return len(os.sched_getaffinity(0))
