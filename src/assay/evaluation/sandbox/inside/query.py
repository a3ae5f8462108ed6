"""A query and its reference on one database: run in a sandbox, and compared there, since no program
runs in it."""

import json
import os
import sqlite3
import sys
from typing import Any

from assay.evaluation.sandbox.inside.enter import enter
from assay.evaluation.sandbox.inside.guard import TooMuchError, fetch, open_guarded
from assay.evaluation.sandbox.inside.result_equality import alike

HEAP = 50_000_000  # bytes that SQLite may hold


def outcome(connection: sqlite3.Connection, query: str, reference: str) -> list[Any]:
    """[kind, text] of the query."""
    kind, wanted = _rows(connection, reference)
    if kind != "rows":
        return ["test", f"the reference query cannot be run: {wanted}"]
    kind, rows = _rows(connection, query)
    if kind != "rows":
        return [kind, rows]
    same = alike(wanted, rows, ordered="order by" in " ".join(reference.lower().split()))
    return ["passed" if same else "wrong value", ""]


def _rows(connection: sqlite3.Connection, query: str) -> tuple[str, Any]:
    """("rows", them), or how it failed and a text."""
    try:
        return "rows", fetch(connection, query)
    except TooMuchError as error:
        return "resources", str(error)
    except MemoryError:
        return "resources", "it took too much memory"
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        return "timeout" if str(error) == "interrupted" else "exception", str(error)[:200]


def main() -> None:
    job = json.loads(sys.stdin.buffer.read())
    # Opened first: the file may be readable by its owner alone, whom this process is no more after
    # `enter`.
    connection = open_guarded(job["database"], heap=HEAP)
    enter(job["user"])
    os.write(job["verdict"], b" ")  # here at all; JSON does not mind
    said = json.dumps(
        {"outcome": outcome(connection, job["query"], job["reference"]), "token": job["token"]}
    )
    os.write(job["verdict"], said.encode())
