"""SQL of models: what is refused, and what is bounded."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.evaluation.sandbox.inside import guard
from assay.evaluation.sandbox.inside.guard import TooMuchError, fetch, open_guarded
from helpers.databases import ENDLESS, digest

REFUSED = [
    "INSERT INTO item VALUES ('x', 1, 'y')",
    "UPDATE item SET price = 0",
    "DROP TABLE item",
    "ATTACH DATABASE '/tmp/other.sqlite' AS other",
    "PRAGMA writable_schema = ON",
    "PRAGMA journal_mode = WAL",
    "SELECT load_extension('/tmp/x.so')",
    "SELECT zeroblob(1000000000)",
    "SELECT randomblob(1000000000)",
    "SELECT writefile('/tmp/x', 'y')",
    "VACUUM INTO '/tmp/copy.sqlite'",
    "CREATE TEMP TABLE t (x)",
    "SELECT 1; DROP TABLE item",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_what_writes_loads_or_reaches_out_is_refused(shop, statement):
    before = digest(shop)
    with pytest.raises((sqlite3.Error, sqlite3.Warning)):
        fetch(open_guarded(str(shop)), statement)
    assert digest(shop) == before


def test_an_endless_query_is_interrupted(shop, monkeypatch):
    monkeypatch.setattr(guard, "SECONDS", 0.05)
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        fetch(open_guarded(str(shop)), ENDLESS)


def test_a_value_of_900_mb_is_not_made(shop):
    assert fetch(open_guarded(str(shop)), "SELECT printf('%.*c', 900000000, 'x')") == [(None,)]


def test_a_plain_query_works(shop):
    assert fetch(open_guarded(str(shop)), "SELECT kind, count(*) FROM item GROUP BY kind") == [
        ("food", 2),
        ("office", 2),
    ]


def test_there_are_16_statements():
    assert len(REFUSED) + 3 == 16


def test_more_than_10_000_rows_are_too_many(shop):
    numbers = (
        "WITH RECURSIVE n(x) AS"
        " (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {}) SELECT x FROM n"
    )
    assert len(fetch(open_guarded(str(shop)), numbers.format(10_000))) == 10_000
    with pytest.raises(TooMuchError):
        fetch(open_guarded(str(shop)), numbers.format(10_001))


columns = st.sampled_from(
    ["name", "price", "kind", "*", "count(*)", "max(price)", "rowid", "nothing", "hex(name)"]
)


functions = st.sampled_from(
    [
        "load_extension('x')",
        "zeroblob(1e9)",
        "randomblob(99)",
        "readfile('/etc/passwd')",
        "writefile('/tmp/y', 'z')",
    ]
    + [
        "edit('x')",
        "fts3_tokenizer('simple')",
        "printf('%.*c', 1e8, 'x')",
        "sqlite_version()",
        "replace(name, '', 'xx')",
    ]
)


terms = columns | functions


wheres = st.sampled_from(
    ["", " WHERE price > 1", " WHERE name LIKE '%e%'", " WHERE kind IN (SELECT kind FROM item)"]
)


selects = st.builds(lambda one, where: f"SELECT {one} FROM item{where}", terms, wheres)


queries = st.recursive(
    selects,
    lambda inner: (
        st.builds("{} UNION ALL {}".format, inner, inner)
        | st.builds("SELECT * FROM ({}) AS t, item".format, inner)
        | st.builds("WITH t AS ({}) SELECT * FROM t".format, inner)
    ),
    max_leaves=4,
)


writes = st.sampled_from(
    [
        "DELETE FROM item",
        "REPLACE INTO item VALUES (1, 2, 3)",
        "ALTER TABLE item RENAME TO x",
        "ANALYZE",
        "RELEASE s",
    ]
    + [
        "CREATE VIEW v AS SELECT 1",
        "CREATE TRIGGER t AFTER INSERT ON item BEGIN DELETE FROM item; END",
        "DETACH main",
    ]
    + [
        "CREATE VIRTUAL TABLE v USING fts5(x)",
        "PRAGMA query_only = OFF",
        "PRAGMA schema_version = 1",
        "BEGIN IMMEDIATE",
    ]
    + [
        "PRAGMA temp_store_directory = '/tmp'",
        "SAVEPOINT s",
        "COMMIT",
        "EXPLAIN DELETE FROM item",
        "VACUUM",
    ]
)


statements = (
    queries
    | writes
    | st.just("REINDEX")  # without an index there is nothing to do, and nothing to refuse
    | st.builds("{}; {}".format, queries, writes)
    | st.builds("{} /* {} */".format, writes, queries)
    | st.builds(
        lambda query, at, text: query[:at] + text + query[at:],
        queries,
        st.integers(0, 40),
        st.text(max_size=3),
    )
)


@given(statements)
@pytest.mark.slow
def test_no_statement_changes_the_database(shop, statement):
    before = digest(shop)
    connection = open_guarded(str(shop))
    try:
        rows = fetch(connection, statement)
        assert len(rows) <= 10_000
    except (sqlite3.Error, sqlite3.Warning, TooMuchError, ValueError):
        pass
    connection.close()
    assert digest(shop) == before


@given(writes)
def test_every_statement_that_is_no_query_is_refused(shop, statement):
    with pytest.raises((sqlite3.Error, sqlite3.Warning)):
        fetch(open_guarded(str(shop)), statement)
