import stat

import pytest

from assay.core.errors import DataError
from assay.data.pii.pseudonym_table import entries, keep, seal, unseal
from helpers.problems import problem

KEY = b"k" * 32
PAIRS = [
    ("Zevrina", "PERSON", "Zsófia"),
    ("Zevlasko", "PERSON", "Bogdan"),
    ("x@y.example", "EMAIL", "bo@acme.com"),
]


def test_only_the_key_opens_what_it_sealed():
    sealed = seal(b"k" * 32, "Zsófia\x00x")
    assert unseal(b"k" * 32, sealed) == "Zsófia\x00x"
    assert unseal(b"j" * 32, sealed) is None
    assert seal(b"k" * 32, "Zsófia\x00x") == sealed != seal(b"k" * 32, "Zsófia\x00y")


def test_a_pair_stands_in_the_table_once_and_is_sealed(tmp_path):
    table = tmp_path / "people.table"
    keep(table, KEY, PAIRS[:2])
    keep(table, KEY, PAIRS)
    assert list(entries(table, KEY)) == PAIRS
    assert stat.S_IMODE(table.stat().st_mode) == 0o600
    assert not any(datum in table.read_text() for _, _, datum in PAIRS)


def test_a_line_that_was_cut_off_is_told_and_taken_out(tmp_path):
    table, told = tmp_path / "people.table", []
    keep(table, KEY, PAIRS[:2])
    table.write_bytes(table.read_bytes()[:-9])
    keep(table, KEY, [], told.append)
    assert list(entries(table, KEY)) == PAIRS[:1] and len(told) == 1


def test_another_key_opens_no_line(tmp_path):
    table = tmp_path / "people.table"
    keep(table, KEY, PAIRS)
    with problem(DataError, "D074", "people.table:1"):
        list(entries(table, b"j" * 32))
    table.write_text('{"sealed": "bm90IG91cnM="}\n{"other": 1}\n')
    with problem(DataError, "D074", "people.table:1"):
        list(entries(table, KEY))


@pytest.mark.parametrize("length", [0, 1, 31, 32, 33, 1000])
def test_a_text_of_any_length_comes_back(length):
    # The stream comes in pieces of 32 bytes.
    assert unseal(KEY, seal(KEY, "é" * length)) == "é" * length
