"""One query against its reference, on a database: in a sandbox that sees the file, read-only, and
nothing else.

How        both queries run there under the guards of `inside/guard.py`; only the verdict comes
           back, with a token
Ends       SQLite interrupts a query after 1 second; a step of its machine that takes longer is
           ended with the sandbox
Watch out  the result is that of this database: two queries that differ may agree on it by chance
"""

from __future__ import annotations

import json
import os
import re
import secrets
import selectors
import time
from dataclasses import dataclass
from pathlib import Path

from assay.core.errors import Problem, UsageError
from assay.evaluation.sandbox.cage import Cage
from assay.evaluation.sandbox.python import (
    LOOK,
    MEMORY,
    OUTPUT,
    ExecutionOutcome,
    killing,
    not_started,
    process_memory,
    send_job,
)

WALL = 5.0  # seconds for both queries
NAME = re.compile(r"[\w-][\w.-]*")
MAGIC = b"SQLite format 3\x00"


@dataclass(frozen=True, slots=True)
class Query:
    source: str
    reference: str
    database: Path


def run(cage: Cage, query: Query, wall: float = WALL) -> ExecutionOutcome:
    """What the query came to: "passed" where it gives what the reference gives.

    Raises:
        ResourceError: R033, the sandbox did not start, or the database cannot be opened there.
    """
    token = secrets.token_hex(16)
    verdict, told = os.pipe()
    try:
        with killing(cage.start("query", keep=[told], see=[str(query.database)])) as process:
            os.close(told)
            job = {
                "user": cage.user(),
                "database": "/data/0",
                "query": query.source,
                "reference": query.reference,
            }
            # The pipe's number is the same on the other side of the fork.
            send_job(process, {**job, "verdict": told, "token": token})
            told = -1
            said = _read(verdict, process.pid, wall)
            found = json.loads(said) if said and said.strip() else {}
    finally:
        os.close(verdict)
        if told >= 0:
            os.close(told)
    if found.get("token") == token:
        return ExecutionOutcome(found["outcome"][0], 0, found["outcome"][1])
    if said == b"":
        raise not_started()
    if said is None:
        return ExecutionOutcome("timeout", 0, f"it was not done after {wall:g} seconds")
    return ExecutionOutcome("resources", 0, "its process ended without a result")


def _read(pipe: int, pid: int, wall: float) -> bytes | None:
    """What is written until the pipe is closed; None when the time is over first."""
    said, until = b"", time.monotonic() + wall
    with selectors.DefaultSelector() as watch:
        watch.register(pipe, selectors.EVENT_READ)
        while (left := until - time.monotonic()) > 0:
            if watch.select(min(left, LOOK)):
                data = os.read(pipe, 1 << 14)
                said += data
                if not data or len(said) > OUTPUT:
                    return said if not data else b" "
            if process_memory(pid) > MEMORY:
                return b" "
    return None


def database_of(place: str, name: str) -> Path:
    """The database's file: `place`, or `name` in the folder `place`, as Spider and BIRD have them.

    Raises:
        UsageError: C096, there is none.
    """
    root = Path(place)
    if not root.is_dir():
        files = [root]
    elif NAME.fullmatch(name):
        files = [
            root / inner / f"{name}{end}"
            for inner in ("", name)
            for end in (".sqlite", ".db", ".sqlite3")
        ]
    else:
        files = []
    for file in files:
        if file.is_file():
            with file.open("rb") as opened:
                if opened.read(len(MAGIC)) == MAGIC:
                    return file
            raise UsageError(Problem("C096", f"{file.name} is no SQLite database", "task.database"))
    what = (
        f"there is no database '{name}' in {place}"
        if root.is_dir()
        else f"there is no file {place}"
    )
    help = (
        "name a file of SQLite's, or a folder of them and the rows' column: data: {columns:"
        " {database: db_id}}"
    )
    raise UsageError(Problem("C096", what, "task.database", help=help))
