"""`assay export`: what is refused before anything is written."""

import pytest

from assay.cli.export import _rows
from assay.cli.main import command
from assay.core.errors import UsageError
from helpers.problems import problem


def test_all_test_rows_are_asked_or_a_number_of_them():
    assert _rows("all") is None and _rows("20") == 20
    for text in ("0", "-3", "1.5", "some", ""):
        with problem(UsageError, "C060", None, "--rows"):
            _rows(text)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--to", "merged", "--with", "majority,copy"], "one strategy is exported at a time"),
        (["--to", "merged"], "C161"),  # no report recommends one
        (["--to", "merged", "--with", "nobody"], "C083"),
        (["--to", "mergd", "--with", "majority"], "merged"),
        (["--to", "merged", "--limit", "2"], "--limit"),
        ([], "--to"),
    ],
)
def test_what_cannot_be_exported_is_said_and_nothing_is_written(tickets, words, said, capsys):
    before = {path.name for path in tickets.parent.iterdir()}
    assert command(["export", str(tickets), *words]) == 2
    assert said in capsys.readouterr().err
    assert {path.name for path in tickets.parent.iterdir()} == before
