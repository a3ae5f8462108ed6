"""Queries in the sandbox: what each comes to, and where databases are found."""

import shutil

import pytest

from assay.core.errors import UsageError
from assay.evaluation.sandbox.sql import Query, database_of, run
from helpers.databases import ENDLESS, digest


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
