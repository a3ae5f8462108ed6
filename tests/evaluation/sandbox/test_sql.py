"""SQL of models: what is refused, what is bounded, and which results are alike."""

import hashlib
import itertools
import shutil
import sqlite3
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import UsageError
from assay.evaluation.sandbox.inside import guard
from assay.evaluation.sandbox.inside.guard import TooMuchError, fetch, open_guarded
from assay.evaluation.sandbox.inside.result_equality import alike
from assay.evaluation.sandbox.sql import Query, database_of, run

# It does end, after many minutes: a test that nothing interrupts fails then, and does not hang.
ENDLESS = (
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 10000000000)"
    " SELECT count(*) FROM n"
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    path = tmp_path_factory.mktemp("sql") / "shop.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE item (name TEXT, price REAL, kind TEXT)")
        rows = [
            ("pen", 1.5, "office"),
            ("ink", 4.0, "office"),
            ("tea", 3.0, "food"),
            ("tea", 3.0, "food"),
        ]
        connection.executemany("INSERT INTO item VALUES (?, ?, ?)", rows)
    connection.close()
    return path


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


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


# --- a grammar of statements, hostile ones among them ---------------------------------------------

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


# --- which results are alike ----------------------------------------------------------------------


def test_rows_count_as_often_as_they_occur_and_in_order_where_it_was_asked_for():
    assert alike([(1,), (2,), (2,)], [(2,), (1,), (2,)], ordered=False)
    assert not alike([(1,), (2,), (2,)], [(2,), (1,), (1,)], ordered=False)
    assert not alike([(1,), (2,)], [(2,), (1,)], ordered=True)
    assert alike([], [], ordered=True) and not alike([(1,)], [], ordered=False)
    assert alike([(1, "a"), (2, "b")], [("a", 1), ("b", 2)], ordered=True)  # columns in any order
    assert not alike([(1, 2), (3, 4)], [(1, 4), (3, 2)], ordered=False)
    assert alike([(1,)], [(1.0,)], ordered=False) and not alike([(1,)], [("1",)], ordered=False)


cells = st.integers(0, 2) | st.sampled_from(["a", None])


@given(
    st.integers(1, 4).flatmap(lambda n: st.lists(st.tuples(*[cells] * n), min_size=1, max_size=5)),
    st.randoms(),
)
def test_the_search_for_columns_finds_what_trying_all_orders_finds(rows, random):
    other = [
        tuple(random.choice(row) for _ in row) if random.random() < 0.2 else row for row in rows
    ]
    order = list(range(len(rows[0])))
    random.shuffle(order)
    other = [tuple(row[i] for i in order) for row in other]
    orders = itertools.permutations(range(len(rows[0])))
    tried = [[tuple(row[i] for i in one) for row in other] for one in orders]
    assert alike(rows, other, ordered=True) == any(one == rows for one in tried)
    assert alike(rows, other, ordered=False) == any(Counter(one) == Counter(rows) for one in tried)


# --- in the sandbox -------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("SELECT kind, name FROM item WHERE price > 2", "passed"),
        ("SELECT DISTINCT name, kind FROM item WHERE price > 2", "wrong value"),
        ("SELECT name FROM items", "exception"),
        ("DROP TABLE item", "exception"),
        (ENDLESS, "timeout"),
        (
            "SELECT a.name FROM item a, item b, item c, item d, item e, item f, item g, item h",
            "resources",
        ),
        # one step of SQLite's machine that takes for ever: no interrupt reaches it, the sandbox is
        # ended
        (
            "SELECT hex(printf('%.*c', 300000, 'a')) LIKE"
            " '%' || replace(hex(printf('%.*c', 20, 'a')), '6', '6%') || '_b'",
            "",
        ),
    ],
)
def test_a_query_comes_to_what_its_rows_say(cage, shop, query, kind):
    before = digest(shop)
    found = run(cage, Query(query, "SELECT name, kind FROM item WHERE price > 2", shop), wall=4)
    assert found.kind == kind or (not kind and not found.has_passed), found
    assert digest(shop) == before


def test_a_reference_that_cannot_be_run_is_nobodys_failure(cage, shop):
    assert run(cage, Query("SELECT 1", "SELECT nothing FROM item", shop)).kind == "test"


def test_a_database_that_only_its_owner_may_read_can_be_asked(cage, shop, tmp_path):
    shutil.copy(shop, tmp_path / "own.sqlite")
    (tmp_path / "own.sqlite").chmod(0o600)
    assert run(
        cage, Query("SELECT count(*) FROM item", "SELECT 4", tmp_path / "own.sqlite")
    ).has_passed


def test_databases_are_found_as_spider_and_bird_have_them(shop, tmp_path):
    (tmp_path / "shop").mkdir()
    shutil.copy(shop, tmp_path / "shop" / "shop.sqlite")
    shutil.copy(shop, tmp_path / "flat.sqlite")
    assert database_of(str(tmp_path), "shop") == tmp_path / "shop" / "shop.sqlite"
    assert database_of(str(tmp_path), "flat") == tmp_path / "flat.sqlite"
    assert database_of(str(shop), "") == shop
    (tmp_path / "text.sqlite").write_text("no database")
    for place, name in (
        (tmp_path, "../flat"),
        (tmp_path, ""),
        (tmp_path, "other"),
        (tmp_path / "no", ""),
        (tmp_path, "text"),
    ):
        with pytest.raises(UsageError) as wrong:
            database_of(str(place), name)
        assert wrong.value.problems[0].code == "C096"
