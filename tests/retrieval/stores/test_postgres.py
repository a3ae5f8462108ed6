"""A store on a server: its password, its extension, and a server that goes away."""

import os
import random
import threading
import time

import numpy as np
import psycopg
import pytest

from assay.core.errors import ResourceError
from assay.core.types import Document
from assay.retrieval.stores import open_store
from assay.retrieval.stores.settings import Postgres
from helpers import postgres
from helpers.nights import nightly_but
from helpers.problems import problem
from helpers.stored import documents


def settings_on(address: str, name: str) -> Postgres:
    return Postgres(address=address, table=f"{name}{os.getpid()}", patience=0.5)


@pytest.mark.slow
def test_the_password_comes_from_the_surroundings(server, monkeypatch):
    settings = settings_on(postgres.network_address(server.folder), "secret")
    for password in ("", "a wrong one"):
        monkeypatch.setenv("PGPASSWORD", password)
        with problem(ResourceError, "R025") as refused:
            open_store(settings, None, digest="digest", width=4)  # type: ignore[arg-type]
        assert "a wrong one" not in str(refused.value)
    monkeypatch.setenv("PGPASSWORD", (server.folder / "password").read_text())
    store = open_store(settings, None, digest="digest", width=4)  # type: ignore[arg-type]
    assert len(store) == 0
    store.close()


@pytest.mark.slow
def test_a_database_without_the_extension_is_said(server):
    with psycopg.connect(server.address, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS plain")
        connection.execute("CREATE DATABASE plain")
    settings = settings_on(server.address.replace("/assay?", "/plain?"), "none")
    with problem(ResourceError, "R025", None, "pgvector"):
        open_store(settings, None, digest="digest", width=4)  # type: ignore[arg-type]


# --- a server that goes away ----------------------------------------------------------------------


@pytest.fixture
def on_server(server):
    table = f"kill{os.getpid()}_{time.monotonic_ns()}"
    return Postgres(address=server.address, table=table, patience=30)


def opened(settings: Postgres, **more):
    return open_store(settings, None, digest="digest", width=64, **more)  # type: ignore[arg-type]


def terminate(address: str) -> int:
    """End every connection of the stores; how many there were."""
    with psycopg.connect(address, autocommit=True) as connection:
        ended = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ="
            " 'assay'"
        )
        return len(connection.execute(ended).fetchall())


@pytest.mark.slow
@pytest.mark.nightly
def test_a_put_outlives_a_connection_that_ends(server, on_server):
    waits, draw = [], random.Random(5)
    store = opened(on_server, tell=waits.append)
    vectors = np.random.default_rng(0).standard_normal((2000, 64))
    for turn in range(1, 13):
        killer = threading.Timer(draw.uniform(0, 0.2), terminate, [server.address])
        killer.start()
        # Each makes one version, though some are sent twice.
        assert store.put([Document(f"d{row}#1", str(turn)) for row in range(2000)], vectors) == turn
        assert {p.text for p in store.passages(store.ids())} == {str(turn)}
        killer.join()
    assert terminate(server.address) > 0
    assert len(store) == 2000
    assert waits and all(event["text"].endswith("is gone; it is waited for") for event in waits)
    store.close()


@pytest.mark.slow
@pytest.mark.parametrize("mode", nightly_but(["fast"], ["fast", "immediate"]))
def test_a_server_that_stops_in_the_middle_of_a_put_has_the_old_version_or_the_new_one(
    server, on_server, mode
):
    store = opened(on_server)
    store.put([Document(f"d{row}#1", "0") for row in range(2000)], np.ones((2000, 64)))
    for delay in (0.0, 0.02, 0.1):
        before = store.version
        text = str(before)
        done = []

        def put(text=text, done=done):
            done.append(
                store.put([Document(f"d{row}#1", text) for row in range(2000)], np.ones((2000, 64)))
            )

        thread = threading.Thread(target=put)
        thread.start()
        time.sleep(delay)
        server.stop(mode)
        server.start()
        thread.join()
        # The put waited for the server, and is there once.
        assert done == [before + 1]
        assert {p.text for p in store.passages(store.ids())} == {text}
        assert len(store) == 2000
    store.close()


@pytest.mark.slow
def test_a_server_that_stays_away_is_said_and_nothing_is_lost(server, on_server):
    store = opened(on_server)
    store.put(documents("a#1"), np.ones((1, 64)))
    hasty = opened(on_server.model_copy(update={"patience": 0.3}))
    server.stop("immediate")
    try:
        with problem(ResourceError, "R024") as refused:
            hasty.put(documents("b#1"), np.ones((1, 64)))
        assert refused.value.exit_code == 4
        with pytest.raises(ResourceError, match="R024"):
            opened(on_server.model_copy(update={"patience": 0}))
    finally:
        server.start()
    assert store.ids() == hasty.ids() == ["a#1"]
    for each in (store, hasty):
        each.close()
