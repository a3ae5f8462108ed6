"""A write that is killed, or whose server goes away, leaves the old version or the new one."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import psycopg
import pytest

from assay.core.errors import ResourceError
from assay.core.types import Document
from assay.retrieval.stores import open_store
from assay.retrieval.stores.settings import Exact, Postgres
from helpers.dying import at_every_point
from helpers.nights import nightly_but
from helpers.problems import problem
from helpers.stored import axes, documents

# Puts 300 passages again and again, each time all with the number of the put as their text and
# field.
WRITER = """
import json, sys
from pathlib import Path
import numpy as np
from pydantic import TypeAdapter
from assay.core.types import Document
from assay.retrieval.stores import StoreSettings, open_store
settings = TypeAdapter(StoreSettings).validate_python(json.loads(sys.argv[1]))
store = open_store(settings, Path(sys.argv[2]), digest="digest", width=64)
vectors = np.random.default_rng(0).standard_normal((300, 64))
for turn in range(int(sys.argv[3]), int(sys.argv[3]) + int(sys.argv[4])):
    rows = [Document(f"d{row}#1", str(turn)) for row in range(300)]
    store.put(rows, vectors, [{"turn": str(turn)}] * 300)
    print(turn, flush=True)
"""


def writer(place, first: int, turns: int) -> subprocess.Popen:
    words = [place.settings.model_dump_json(), str(place.folder), str(first), str(turns)]
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, *words], stdout=subprocess.PIPE, text=True
    )


def whole(store) -> str:
    """The one text that all passages have."""
    ids = store.ids()
    texts = {passage.text for passage in store.passages(ids)}
    assert len(ids) == 300 and len(texts) == 1
    (text,) = texts
    assert len(store.search(np.ones((1, 64)), 1000, where={"turn": text})[0]) == 300
    return text


@pytest.mark.nightly
def test_a_killed_writer_leaves_a_whole_version(new_place):
    place, draw, said = new_place(), random.Random(3), -1
    for number in range(6):
        process = writer(place, 1000 * number, 1000)
        assert process.stdout is not None
        said = int(process.stdout.readline())
        time.sleep(draw.uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate()
        said = int(rest.split()[-1]) if rest.split() else said
        store = place.open(width=64)
        # What was said to be done is there; the put after it may be.
        assert int(whole(store)) - said in (0, 1)
        store.close()


@pytest.mark.slow
@pytest.mark.parametrize("kind", nightly_but(["exact"], ["exact", "lancedb", "postgres"]))
def test_two_writers_lose_nothing(new_place):
    place = new_place()
    place.open(width=64).put(documents("kept#1"), np.ones((1, 64)))
    before = place.open(width=64).version
    for process in [writer(place, 0, 4), writer(place, 1000, 4)]:
        out, _ = process.communicate()
        assert (process.returncode, len(out.split())) == (0, 4)
    store = place.open(width=64)
    assert len(store.versions()) >= 1 + 8 and store.version >= before + 8
    store.drop(["kept"])
    whole(store)


@pytest.mark.nightly
def test_a_reader_sees_whole_versions_while_another_process_writes(new_place):
    place = new_place()
    store = place.open(width=64)
    process, seen = writer(place, 0, 80), set()
    assert process.stdout is not None
    process.stdout.readline()
    while process.poll() is None:
        (text,) = {passage.text for passage in store.passages(store.ids())}
        seen.add(int(text))
        assert len(store.search(np.ones((1, 64)), 1000)[0]) == 300
    process.communicate()
    assert process.returncode == 0
    assert whole(store) == "79" and seen


@pytest.mark.nightly
def test_an_exact_store_is_whole_after_a_death_at_any_point(tmp_path, forked):
    # 32 segments: the put that is killed merges them.
    folder, made = tmp_path / "store", tmp_path / "made"
    store = open_store(Exact(), made, digest="digest", width=4)
    for number in range(32):
        store.put(documents(f"d{number}#1"), axes(number % 4))
    old = store.ids()
    new = sorted([*old, "new#1"])

    def prepare():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(made, folder)

    def work():
        open_store(Exact(), folder, digest="digest", width=4).put(
            documents("d0#1", "new#1"), axes(3, 3)
        )

    def check(finished):
        store = open_store(Exact(), folder, digest="digest", width=4)
        there = store.ids()
        assert there == new if finished else there in (old, new)
        assert store.passages(there) == documents(*there)
        assert store.search(axes(3), 1) == [[("d0#1" if there == new else "d11#1", 1.0)]]
        names = {path.stem for path in folder.glob("*.safetensors")}
        assert names == {path.stem for path in folder.glob("*.jsonl")} - {"log"}
        assert not [*folder.glob("*.part"), *folder.glob(".*.part")]

    assert at_every_point(forked, prepare, work, check) > 5


def test_a_torn_line_of_the_log_is_no_version(tmp_path):
    store = open_store(Exact(), tmp_path, digest="digest", width=4)
    version = store.put(documents("a#1"), axes(0))
    with (tmp_path / "log.jsonl").open("a") as log:
        log.write('{"version": 2, "time": 1.0, "segm')
    again = open_store(Exact(), tmp_path, digest="digest", width=4)
    assert (again.version, again.ids()) == (version, ["a#1"])
    assert again.put(documents("b#1"), axes(1)) == version + 1
    assert store.ids() == ["a#1", "b#1"]


@pytest.mark.parametrize("damage", ["cut", "gone", "log"])
def test_damaged_files_are_said(tmp_path, damage):
    open_store(Exact(), tmp_path, digest="digest", width=4).put(documents("a#1"), axes(0))
    (segment,) = tmp_path.glob("*.safetensors")
    if damage == "cut":
        segment.write_bytes(segment.read_bytes()[:-1])
    elif damage == "gone":
        segment.unlink()
    else:
        (tmp_path / "log.jsonl").write_text('{"format": 99}\n')
    with pytest.raises(ResourceError, match="R026"):
        open_store(Exact(), tmp_path, digest="digest", width=4)


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
