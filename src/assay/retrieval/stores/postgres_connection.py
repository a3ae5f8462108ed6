"""A connection to a PostgreSQL server that is found again when it is lost; its address, and the
tables that are made there."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar
from urllib.parse import parse_qsl, urlsplit

from assay.core.errors import Problem, ResourceError
from assay.core.types import Tell

if TYPE_CHECKING:
    import psycopg

Result = TypeVar("Result")
# %t is the table's name, which the settings have checked: lower-case letters, digits and
# underscores.
TABLES = """
CREATE TABLE IF NOT EXISTS %t_about (
    one boolean PRIMARY KEY DEFAULT true CHECK (one), format int NOT NULL, digest text NOT NULL,
    width int NOT NULL, oldest bigint NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS %t_versions (
    number bigint PRIMARY KEY, time timestamptz NOT NULL DEFAULT clock_timestamp(),
    token text NOT NULL);
CREATE TABLE IF NOT EXISTS %t (
    id text NOT NULL, document text NOT NULL, born bigint NOT NULL, died bigint, text text NOT NULL,
    source text NOT NULL, date text NOT NULL, fields jsonb NOT NULL, vector vector(%w) NOT NULL);
CREATE INDEX IF NOT EXISTS %t_id ON %t USING hash (id);
CREATE INDEX IF NOT EXISTS %t_document ON %t USING hash (document);
CREATE INDEX IF NOT EXISTS %t_died ON %t (died) WHERE died IS NOT NULL;
INSERT INTO %t_versions (number, token) VALUES (0, '') ON CONFLICT DO NOTHING;
"""
FIRST_WAIT = 0.1  # seconds; each wait is twice as long as the one before
LONGEST_WAIT = 5.0
# Beginnings of the SQLSTATE of errors after which the same again may succeed: a server that goes
# down, comes up or is full, two transactions in each other's way. Without any code, the connection
# itself broke, or was never made.
PASSING = ("08", "40", "53300", "57P", "55P")


class PostgresServer:
    """Runs transactions; those that a lost connection has ended are run again."""

    def __init__(self, address: str, patience: float, tell: Tell):
        try:
            import psycopg
        except ImportError:
            problem = Problem(
                "R021", "the store postgres needs a package", help="pip install 'assay[pgvector]'"
            )
            raise ResourceError(problem) from None
        self._errors = psycopg
        self._address = address
        self._patience = patience
        self._tell = tell
        self._open: psycopg.Connection[Any] | None = None

    @property
    def place(self) -> str:
        parts = urlsplit(self._address)
        return f"{parts.hostname or 'local socket'}{parts.path}"

    def transaction(self, work: Callable[[psycopg.Connection[Any]], Result]) -> Result:
        """What `work(connection)` gives, within one transaction. It is called again, on a new
        connection, when the connection was lost: whether the transaction before was committed is
        then not known, so `work` must look.

        Raises:
            ResourceError: R024 the server was not there for `patience` seconds; R025 it refused.
        """
        end, wait = time.monotonic() + self._patience, FIRST_WAIT
        while True:
            try:
                if self._open is not None and self._open.closed:
                    self._open = None
                if self._open is None:
                    self._open = self._connect()
                with self._open.transaction():
                    return work(self._open)
            except self._errors.OperationalError as error:
                refused = error.pgconn is not None and (
                    error.pgconn.needs_password or error.pgconn.used_password
                )
                if (self._open is None and refused) or (
                    error.sqlstate and not error.sqlstate.startswith(PASSING)
                ):
                    self._refuse(error)
                self.close()
                if time.monotonic() + wait > end:
                    self._give_up(error)
                if wait == FIRST_WAIT:
                    self._tell(
                        {
                            "event": "note",
                            "text": f"the server {self.place} is gone; it is waited for",
                        }
                    )
                time.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT)
            except self._errors.Error as error:
                self._refuse(error)

    def _connect(self) -> psycopg.Connection[Any]:
        return self._errors.connect(
            self._address, autocommit=True, connect_timeout=10, application_name="assay"
        )

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _give_up(self, error: psycopg.Error) -> NoReturn:
        said = f"the server does not answer: {_line(error)}"
        way_out = "start it, or correct the address; then the same command again: nothing is lost"
        raise ResourceError(Problem("R024", said, self.place, help=way_out)) from None

    def _refuse(self, error: psycopg.Error) -> NoReturn:
        said = f"the server refuses ({error.sqlstate or 'no code'}): {_line(error)}"
        way_out = (
            "docs/stores.md says what the user must be allowed to do, and which extension is needed"
        )
        raise ResourceError(Problem("R025", said, self.place, help=way_out)) from None


def _line(error: psycopg.Error) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def validate_address(address: str) -> str:
    """The address, without a password in it. Raises ValueError, C090."""
    # The address itself is in none of the messages: it may hold a password in a form that is
    # not foreseen.
    try:
        parts = urlsplit(address)
        password, _ = parts.password, parts.port
        keys = {name.casefold() for name, _ in parse_qsl(parts.query)}
    except ValueError:
        raise ValueError(
            "C090 the address cannot be read; it is postgresql://user@host:port/database"
        ) from None
    if (
        password is not None
        or keys & {"password", "sslpassword"}
        or re.search(r"password\s*=", address, re.I)
    ):
        raise ValueError(
            "C090 the address holds a password, which would be"
            " copied into reports; take it out, and set PGPASSWORD or write it into ~/.pgpass"
        )
    if (
        parts.scheme not in ("postgresql", "postgres")
        or "@" in parts.path + parts.query + parts.fragment
    ):
        raise ValueError(
            "C090 the address must begin with postgresql://, as"
            " postgresql://user@host:port/database"
        )
    return address
