"""An address holds no password and says where the server is; a server that is not there is said."""

import sys

import pytest

from assay.core.errors import ResourceError
from assay.retrieval.stores.postgres_connection import PostgresServer, validate_address
from helpers.problems import problem


def refusal(address):
    with pytest.raises(ValueError) as refused:
        validate_address(address)
    return str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:secret-word@db.local/texts",
        "postgresql://me:@db.local/texts",
        "postgresql://me:secret-word/with@db.local/texts",
        "postgresql://me:secret-word#x@db.local/texts",
        "postgresql://me:secret-word?x@db.local/texts",
        "postgresql://me@db.local/texts?password=secret-word",
        "postgresql://me@db.local/texts?PassWord=secret-word",
        "postgresql://me@db.local/texts?sslpassword=secret-word",
        "host=db.local user=me password=secret-word",
        "me:secret-word@db.local/texts",
        "mysql://me:secret-word@db.local/texts",
        "postgresql://[me:secret-word@db.local/texts",
    ],
)
def test_a_password_in_the_address_is_refused_and_not_repeated(address):
    said = refusal(address)
    assert said.startswith("C090 the address ") and "secret" not in said


@pytest.mark.parametrize(
    "address", ["", "db.local/texts", "http://db.local/texts", "postgresql://me@db.local:x/texts"]
)
def test_another_address_is_refused(address):
    said = refusal(address)
    assert said.startswith("C090 ") and "postgresql://" in said


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me@db.local:5433/texts?sslmode=require",
        "postgres://db.local/texts",
        "postgresql:///texts?host=/run/postgresql",
    ],
)
def test_an_address_of_a_server_stays_as_it_is(address):
    assert validate_address(address) == address


def test_a_server_that_is_not_there_is_said_after_the_patience_is_over():
    # Nothing listens on port 1 of this machine, so that the connection is refused at once.
    server = PostgresServer("postgresql://me@127.0.0.1:1/texts", 0, lambda event: None)
    with problem(ResourceError, "R024", "127.0.0.1/texts"):
        server.transaction(lambda connection: None)


def test_a_missing_package_is_said_with_the_way_to_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with problem(ResourceError, "R021", None, "assay[pgvector]"):
        PostgresServer("postgresql:///texts", 0, lambda event: None)
