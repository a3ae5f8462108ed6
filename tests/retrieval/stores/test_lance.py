"""A collection in LanceDB: when its index is made, and that a missing library is said."""

import sys
from importlib.util import find_spec

import numpy as np
import pytest

from assay.core.errors import ResourceError
from assay.retrieval.stores import open_store
from assay.retrieval.stores.lance import COARSE, ROWS
from assay.retrieval.stores.settings import LanceDb
from helpers.problems import problem
from helpers.stored import documents


def test_a_missing_package_is_said_with_the_way_to_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "lancedb", None)
    with problem(ResourceError, "R021", None, "assay[rag]"):
        open_store(LanceDb(), tmp_path, digest="digest", width=4)
    assert not any(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.skipif(find_spec("lancedb") is None, reason="needs lancedb")
def test_an_index_is_made_once_it_is_due_and_anew_once_it_is_too_coarse(tmp_path):
    told = []
    settings = LanceDb(index_from=1000)
    store = open_store(settings, tmp_path, digest="digest", width=8, tell=told.append)
    vectors = np.random.default_rng(0).standard_normal((3300, 8))

    def put(first, behind):
        names = documents(*(f"d{row}#1" for row in range(first, behind)))
        store.put(names, vectors[first:behind])
        return [event["text"].split()[3] for event in told]

    assert put(0, 999) == []
    assert put(999, 1000) == ["1,000"]
    # It has two partitions, of four times as many rows as an index is made with.
    due = COARSE * ROWS * 2
    assert put(1000, due - 1) == ["1,000"]
    assert put(due - 1, due) == ["1,000", f"{due:,}"]
    ((best, score),) = store.search(vectors[:1], 1)[0]
    assert (best, score) == ("d0#1", 1.0)
