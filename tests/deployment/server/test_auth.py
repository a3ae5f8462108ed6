"""Who may ask: keys, and addresses that only this machine reaches."""

import pytest

from assay.core.errors import DataError, UsageError
from assay.deployment.server import auth
from helpers.problems import problem

GOOD = "a-key-of-sixteen-characters"


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.0.4", "example.com", "", "127.0.0.1.example.com"]
)
def test_an_address_that_others_reach_needs_a_key(host):
    with problem(UsageError, "C150"):
        auth.refuse_open(host, ())
    auth.refuse_open(host, (GOOD,))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_alone_needs_none(host):
    auth.refuse_open(host, ())


def test_keys_come_from_a_file_or_the_surroundings(tmp_path, monkeypatch):
    monkeypatch.delenv(auth.KEY, raising=False)
    assert auth.keys_of(None) == ()
    monkeypatch.setenv(auth.KEY, GOOD)
    assert auth.keys_of(None) == (GOOD,)
    file = tmp_path / "keys"
    file.write_text(f"{GOOD}\n\n  {GOOD}2\n")
    assert auth.keys_of(file) == (GOOD, f"{GOOD}2")


@pytest.mark.parametrize(
    "text", ["", "\n\n", "short", "a key with spaces in it", "schlüssel-mit-umlaut", f"{GOOD}\nx"]
)
def test_bad_keys_are_refused_and_not_printed(tmp_path, text):
    (tmp_path / "keys").write_text(text)
    with problem(UsageError, "C151") as error:
        auth.keys_of(tmp_path / "keys")
    assert GOOD not in str(error.value)


def test_a_file_of_keys_that_is_not_there(tmp_path):
    with problem(DataError, "D001"):
        auth.keys_of(tmp_path / "keys")
