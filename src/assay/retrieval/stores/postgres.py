"""Passages on a PostgreSQL server with the extension pgvector.

What it is for   a collection that several machines read, or that a database's backups and rights
                 should cover
Costs            the package psycopg (`pip install 'assay[pgvector]'`) and a server; vectors and
                 index each take about as much memory there as the vectors here
Source           the index: Malkov and Yashunin (2018), arxiv.org/abs/1603.09320;
                 github.com/pgvector/pgvector
How              a row knows the versions it came and went with; the index has the rows of the
                 current version alone, and an old version is searched row by row. Scores come from
                 the whole vectors; the index only proposes candidates
Watch out        the table is never emptied for another embedding model: name another one, or drop
                 it yourself
"""

from __future__ import annotations

import json
import secrets
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, field_validator

from assay.core.errors import Problem, ResourceError
from assay.core.types import Document, Tell
from assay.retrieval.stores.base import (
    ANY,
    INDEX_FROM,
    Rows,
    Store,
    StoreOf,
    StoreVersion,
    document_of,
    fetch_past_ties,
    keepable,
    refuse_other_encoding,
    refuse_version,
    units,
    validate_rows,
)
from assay.retrieval.stores.postgres_connection import TABLES, PostgresServer, validate_address

if TYPE_CHECKING:
    import numpy as np
    import psycopg

WIDEST = 2000  # columns that pgvector's index takes; wider vectors are searched one by one
FORMAT = 1
THINNED = 2  # times as many candidates for a search with a filter, which passes only some of them
# columns of a vector that is kept in its row, where it is read without a second look-up
INLINE = 1500

COLUMNS = "id, document, born, text, source, date, fields, vector"


class Postgres(StoreOf):
    """A PostgreSQL server with the extension pgvector, with an index once the table holds
    `index_from` rows."""

    kind: Literal["postgres"] = "postgres"
    address: str  # postgresql://user@host:port/database, never with a password
    table: str = Field(default="assay_passages", pattern=r"^[a-z_][a-z0-9_]{0,39}$")
    index_from: int = Field(default=INDEX_FROM, ge=1000)  # rows
    ef: int = Field(default=100, ge=10, le=1000)  # candidates that a search in the index keeps
    # candidates that are kept while the index is built
    build_ef: int = Field(default=64, ge=16, le=1000)
    # neighbours that the index keeps of each vector and level
    links: int = Field(default=16, ge=4, le=100)
    # memory of the server for building the index
    build_mb: int = Field(default=512, ge=64, le=65536)
    # seconds for which a lost server is waited for
    patience: float = Field(default=20.0, ge=0, le=600)
    local: ClassVar[bool] = False

    def open(self, folder: Path, *, digest: str, width: int, rebuild: bool, tell: Tell) -> Store:
        return PostgresStore(self, digest, width, tell=tell)

    @field_validator("address")
    @classmethod
    def _without_password(cls, address: str) -> str:
        return validate_address(address)


class PostgresStore:
    """See `base.Store`. Writers take turns by locking the one row of `<table>_about`."""

    def __init__(
        self, settings: Postgres, digest: str, width: int, *, tell: Tell = lambda event: None
    ):
        self.settings = settings
        self.encoding = (digest, width)
        self.tell = tell
        self._server = PostgresServer(settings.address, settings.patience, tell)
        try:
            self._server.transaction(self._make)
        except ResourceError:
            self._server.close()
            raise

    def _sql(self, text: str) -> bytes:
        return text.replace("%t", self.settings.table).encode()

    def _make(self, connection: psycopg.Connection[Any]) -> None:
        self._need_extension(connection)
        # Only one process makes the tables. The number is any one that no other program is likely
        # to lock.
        connection.execute("SELECT pg_advisory_xact_lock(7203148155)")
        if connection.execute("SELECT to_regclass(%s)", [self.settings.table]).fetchone() == (
            None,
        ):
            digest, width = self.encoding
            connection.execute(self._sql(TABLES.replace("%w", str(width))))
            if width <= INLINE:
                connection.execute(
                    self._sql("ALTER TABLE %t ALTER COLUMN vector SET STORAGE PLAIN")
                )
            about = "INSERT INTO %t_about (format, digest, width) VALUES (%s, %s, %s)"
            connection.execute(self._sql(about), [FORMAT, digest, width])
        had = connection.execute(self._sql("SELECT digest, width FROM %t_about")).fetchone()
        if had != self.encoding:
            table = self.settings.table
            way_out = (
                f"name another `table`, or drop these yourself: DROP TABLE {table},"
                f" {table}_about, {table}_versions"
            )
            place = f"{self._server.place} {table}"
            refuse_other_encoding(place, had or ("", 0), self.encoding, way_out)

    def _need_extension(self, connection: psycopg.Connection[Any]) -> None:
        found = self._one(
            connection, "SELECT extversion FROM pg_extension WHERE extname = 'vector'"
        )
        if found is None or tuple(map(int, found.split(".")[:2])) < (0, 8):
            had = f"is version {found}; 0.8 is needed" if found else "is not in this database"
            way_out = "as a user who may: CREATE EXTENSION vector, or ALTER EXTENSION vector UPDATE"
            raise ResourceError(
                Problem("R025", f"the extension pgvector {had}", self._server.place, help=way_out)
            )

    # --- writing ----------------------------------------------------------------------------------

    def put(
        self,
        passages: Sequence[Document],
        vectors: np.ndarray,
        fields: Sequence[Mapping[str, str]] = (),
    ) -> int:
        rows = validate_rows(passages, vectors, fields, self.encoding[1])
        if not len(rows):
            return self.version
        token = secrets.token_hex(16)

        def write(connection: psycopg.Connection[Any]) -> int:
            number, done = self._turn(connection, token)
            if done:
                return number
            if 2 * len(rows) > self._count(connection):
                # Building the index anew takes less than adding so many rows to it one by one.
                connection.execute(self._sql("DROP INDEX IF EXISTS %t_vector"))
            ended = "UPDATE %t SET died = %s WHERE died IS NULL AND id = ANY(%s)"
            connection.execute(
                self._sql(ended), [number, [passage.id for passage in rows.passages]]
            )
            with (
                connection.cursor() as cursor,
                cursor.copy(self._sql(f"COPY %t ({COLUMNS}) FROM STDIN (FORMAT BINARY)")) as copy,
            ):
                for chunk in _binary(rows, number):
                    copy.write(chunk)
            return self._version_made(connection, number, token)

        number = self._server.transaction(write)
        self._server.transaction(self._index)
        return number

    def drop(self, documents: Sequence[str]) -> int:
        token = secrets.token_hex(16)

        def write(connection: psycopg.Connection[Any]) -> int:
            number, done = self._turn(connection, token)
            if done:
                return number
            ended = "UPDATE %t SET died = %s WHERE died IS NULL AND document = ANY(%s)"
            if not connection.execute(
                self._sql(ended), [number, [*filter(keepable, documents)]]
            ).rowcount:
                return number - 1
            return self._version_made(connection, number, token)

        return self._server.transaction(write)

    def forget(self, before: int) -> None:
        def write(connection: psycopg.Connection[Any]) -> None:
            self._turn(connection, "")
            self._check(connection, before)
            connection.execute(self._sql("UPDATE %t_about SET oldest = %s"), [before])
            connection.execute(self._sql("DELETE FROM %t_versions WHERE number < %s"), [before])
            connection.execute(self._sql("DELETE FROM %t WHERE died <= %s"), [before])

        self._server.transaction(write)

    def _turn(self, connection: psycopg.Connection[Any], token: str) -> tuple[int, bool]:
        """Wait for this writer's turn. The number of the next version and False, or the number of
        the one that was made with this token and True: the connection was lost after the commit."""
        connection.execute(self._sql("SELECT FROM %t_about FOR UPDATE"))
        made = connection.execute(
            self._sql("SELECT number FROM %t_versions WHERE token = %s"), [token]
        ).fetchone()
        if made and token:
            return made[0], True
        return self._newest(connection) + 1, False

    def _version_made(self, connection: psycopg.Connection[Any], number: int, token: str) -> int:
        connection.execute(
            self._sql("INSERT INTO %t_versions (number, token) VALUES (%s, %s)"), [number, token]
        )
        return number

    def _index(self, connection: psycopg.Connection[Any]) -> None:
        """Make the index once it is due. A transaction of its own: the rows are there whatever
        becomes of it."""
        if self.encoding[1] > WIDEST or self._has_index(connection):
            return
        rows = self._count(connection)
        if rows < self.settings.index_from:
            return
        self.tell({"event": "note", "text": f"an index of {rows:,} passages is built"})
        connection.execute(
            self._sql(f"SET LOCAL maintenance_work_mem = '{self.settings.build_mb}MB'")
        )
        how = (
            f"WITH (m = {self.settings.links}, ef_construction = {self.settings.build_ef}) WHERE"
            " died IS NULL"
        )
        make = f"CREATE INDEX IF NOT EXISTS %t_vector ON %t USING hnsw (vector vector_ip_ops) {how}"
        connection.execute(self._sql(make))

    # --- reading ----------------------------------------------------------------------------------

    def search(
        self,
        vectors: np.ndarray,
        top: int,
        *,
        where: Mapping[str, str] = ANY,
        at: int | None = None,
    ) -> list[list[tuple[str, float]]]:
        import numpy as np

        queries = units(vectors, self.encoding[1])
        there, values = _there(at)
        if not all(map(keepable, where.values())):
            return [[] for _ in queries]
        if where:
            there, values = f"{there} AND fields @> %s::jsonb", [*values, json.dumps(dict(where))]
        nearest = (
            f"SELECT id, vector_send(vector) FROM %t WHERE {there} ORDER BY vector <#>"
            " %s::vector LIMIT %s"
        )

        def work(connection: psycopg.Connection[Any]) -> list[list[tuple[str, float]]]:
            self._check(connection, at)
            connection.execute("SET LOCAL hnsw.iterative_scan = relaxed_order")

            def near(query: np.ndarray, count: int) -> tuple[Sequence[str], np.ndarray]:
                ef = min(1000, max(self.settings.ef * (THINNED if where else 1), count))
                connection.execute(self._sql(f"SET LOCAL hnsw.ef_search = {ef}"))
                cursor = connection.cursor(binary=True)
                rows = cursor.execute(self._sql(nearest), [*values, _text(query), count]).fetchall()
                found = np.frombuffer(b"".join(sent[4:] for _, sent in rows), dtype=">f4")
                return [name for name, _ in rows], found.astype(np.float32).reshape(
                    -1, self.encoding[1]
                )

            return [
                fetch_past_ties(lambda count, query=query: near(query, count), query, top)
                for query in queries
            ]

        return self._server.transaction(work)

    def passages(self, ids: Sequence[str], at: int | None = None) -> list[Document]:
        there, values = _there(at)

        def work(connection: psycopg.Connection[Any]) -> dict[str, Document]:
            self._check(connection, at)
            asked = f"SELECT id, text, source, date FROM %t WHERE {there} AND id = ANY(%s)"
            return {
                row[0]: Document(*row)
                for row in connection.execute(self._sql(asked), [*values, [*filter(keepable, ids)]])
            }

        found = self._server.transaction(work)
        return [found[name] for name in ids]

    def ids(self, at: int | None = None) -> list[str]:
        there, values = _there(at)

        def work(connection: psycopg.Connection[Any]) -> list[str]:
            self._check(connection, at)
            return sorted(
                row[0]
                for row in connection.execute(self._sql(f"SELECT id FROM %t WHERE {there}"), values)
            )

        return self._server.transaction(work)

    @property
    def version(self) -> int:
        return self._server.transaction(self._newest)

    def versions(self) -> list[StoreVersion]:
        listed = "SELECT number, extract(epoch FROM time)::float8 FROM %t_versions ORDER BY number"
        return self._server.transaction(
            lambda c: [StoreVersion(*row) for row in c.execute(self._sql(listed))]
        )

    def __len__(self) -> int:
        return self._server.transaction(self._count)

    def close(self) -> None:
        self._server.close()

    def _one(
        self, connection: psycopg.Connection[Any], text: str, values: Sequence[Any] = ()
    ) -> Any:
        row = connection.execute(self._sql(text), values).fetchone()
        return row[0] if row else None

    def _newest(self, connection: psycopg.Connection[Any]) -> int:
        return self._one(connection, "SELECT max(number) FROM %t_versions")

    def _count(self, connection: psycopg.Connection[Any]) -> int:
        return self._one(connection, "SELECT count(*) FROM %t WHERE died IS NULL")

    def _has_index(self, connection: psycopg.Connection[Any]) -> bool:
        return (
            self._one(connection, "SELECT to_regclass(%s)", [f"{self.settings.table}_vector"])
            is not None
        )

    def _check(self, connection: psycopg.Connection[Any], at: int | None) -> None:
        if at is None:
            return
        oldest, newest = (
            self._one(connection, "SELECT oldest FROM %t_about"),
            self._newest(connection),
        )
        if not oldest <= at <= newest:
            refuse_version(f"{self._server.place} {self.settings.table}", at, oldest, newest)


def _there(at: int | None) -> tuple[str, list[Any]]:
    """The condition that a row is of the version, and its values."""
    if at is None:
        return "died IS NULL", []
    return "born <= %s AND (died IS NULL OR died > %s)", [at, at]


def _text(vector: np.ndarray) -> str:
    """As pgvector reads it. 9 digits give back the same 32 bits."""
    return "[" + ",".join(format(value, ".9g") for value in vector.tolist()) + "]"


def _binary(rows: Rows, born: int) -> Iterator[bytes]:
    """The rows as COPY reads them. Source: postgresql.org/docs/17/sql-copy.html, "Binary Format";
    pgvector's vector is two int16, its width and 0, then its values."""
    yield b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
    width = rows.vectors.shape[1]
    head = struct.pack(">hh", width, 0)
    for passage, fields, vector in zip(rows.passages, rows.fields, rows.vectors, strict=True):
        cells = [
            passage.id.encode(),
            document_of(passage.id).encode(),
            struct.pack(">q", born),
            passage.text.encode(),
            passage.source.encode(),
            passage.date.encode(),
            b"\1" + json.dumps(fields).encode(),
            head + vector.astype(">f4").tobytes(),
        ]
        yield struct.pack(">h", len(cells)) + b"".join(
            struct.pack(">i", len(cell)) + cell for cell in cells
        )
    yield struct.pack(">h", -1)
