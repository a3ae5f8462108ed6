"""SQLite that can only read, and not for long: what a query written by a model is run with.

Opened     read-only and immutable: no lock, no journal, no write
Allowed    SELECT, reading columns, functions, recursion. Functions that load, make large values or
           reach files are not
Limits     values and rows of 1 MB, queries of 10 KB, no attached database, 1 second (asked every
           1,000 steps of SQLite's machine), 10,000 rows
Watch out  one step may itself take long (LIKE with many % on a long text): the sandbox around it
           ends it
Source     sqlite.org/c3ref/set_authorizer.html, /limits.html, /security.html
"""

from __future__ import annotations

import sqlite3
import time
from typing import Any
from urllib.parse import quote

SECONDS = 1.0
ROWS = 10_000
LENGTH, SQL = 1_000_000, 10_000
STEPS = 1000
ALLOWED = (
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
)
BARRED = {
    "load_extension",
    "zeroblob",
    "randomblob",
    "fts3_tokenizer",
    "readfile",
    "writefile",
    "edit",
}
LIMITS = (
    (sqlite3.SQLITE_LIMIT_LENGTH, LENGTH),
    (sqlite3.SQLITE_LIMIT_SQL_LENGTH, SQL),
    (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
)


class TooMuchError(Exception):
    """The query gives more rows than are read."""


def open_guarded(path: str, heap: int = 0) -> sqlite3.Connection:
    """The database at `path`, guarded.

    Args:
        heap: bytes that SQLite may hold, in all of this process; 0 for no limit.

    Raises:
        sqlite3.Error: it is not there, or no database.
    """
    connection = sqlite3.connect(
        f"file:{quote(path)}?mode=ro&immutable=1", uri=True, isolation_level=None
    )
    # A text that is no UTF-8 is compared as it is shown.
    connection.text_factory = lambda raw: raw.decode(errors="replace")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA trusted_schema = OFF")
    if heap:
        connection.execute(f"PRAGMA hard_heap_limit = {heap}")
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()  # opens the file
    for which, most in LIMITS:
        connection.setlimit(which, most)
    connection.set_authorizer(_authorise)
    return connection


def _authorise(action: int, first: str | None, second: str | None, *_: Any) -> int:
    if action not in ALLOWED:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in BARRED:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def fetch(connection: sqlite3.Connection, query: str) -> list[tuple[Any, ...]]:
    """The rows of one query.

    Raises:
        sqlite3.Error, sqlite3.Warning: it is refused, wrong, or "interrupted" after a second.
            TooMuchError: it has more than 10,000 rows.
    """
    until = time.monotonic() + SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > until, STEPS)
    try:
        rows = connection.execute(query).fetchmany(ROWS + 1)
    finally:
        connection.set_progress_handler(None, STEPS)
    if len(rows) > ROWS:
        raise TooMuchError(f"more than {ROWS:,} rows")
    return rows
