"""An exact store is whole after a death at any point, says damage, and needs little memory."""

import shutil
import tracemalloc

import numpy as np
import pytest

from assay.core.errors import ResourceError
from assay.core.types import Document
from assay.retrieval.stores import open_store
from assay.retrieval.stores.exact import MOST_SEGMENTS
from assay.retrieval.stores.settings import Exact
from helpers.dying import at_every_point
from helpers.stored import axes, documents


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


@pytest.mark.slow
def test_an_exact_search_takes_little_memory_however_many_questions_there_are(tmp_path):
    # All scores at once would be 4000 x 20,000 x 4 bytes: 320 MB. Blocks of 64 questions take 5 MB.
    store = open_store(Exact(), tmp_path, digest="digest", width=16)
    vectors = np.random.default_rng(0).standard_normal((20_000, 16))
    store.put(documents(*map(str, range(20_000))), vectors)
    tracemalloc.start()
    try:
        found = store.search(vectors[:4000], 1)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [name for ((name, _),) in found] == [*map(str, range(4000))]
    assert peak < 40e6


@pytest.mark.parametrize(("forgotten", "first"), [(0, 1), (3, 1), (0, 200)])
@pytest.mark.slow
def test_older_versions_have_all_their_rows_after_a_merge(tmp_path, forgotten, first):
    # Each version replaces a passage, adds one and drops one, until segments were merged twice.
    # A large first segment is not written again.
    store = open_store(Exact(), tmp_path, digest="digest", width=4)
    there = {f"first{at}#1": "old" for at in range(first)}
    rows = [Document(id, text) for id, text in there.items()]
    wanted = {store.put(rows, axes(*[1] * first)): dict(there)}
    del there["first0#1"]
    wanted[store.drop(["first0"])] = dict(there)
    for number in range(1, 2 * MOST_SEGMENTS + 5):
        there |= {"same#1": f"text {number}", f"d{number}#1": "new"}
        rows = [Document(id, there[id]) for id in ("same#1", f"d{number}#1")]
        wanted[store.put(rows, axes(number % 4, 0))] = dict(there)
        if number > 2:
            del there[f"d{number - 2}#1"]
            wanted[store.drop([f"d{number - 2}"])] = dict(there)
        if number == 20 and forgotten:
            store.forget(forgotten)
    assert len([*tmp_path.glob("*.safetensors")]) <= MOST_SEGMENTS
    for one in (store, open_store(Exact(), tmp_path, digest="digest", width=4)):
        for version, rows in wanted.items():
            if version >= forgotten:
                found = one.passages(one.ids(at=version), at=version)
                assert {document.id: document.text for document in found} == rows
