"""A write that is killed leaves the old version or the new one."""

import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from helpers.nights import nightly_but
from helpers.stored import documents

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
