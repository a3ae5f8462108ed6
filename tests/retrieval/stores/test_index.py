"""With an index a store finds what comparing all vectors finds, nearly always and at once."""

import numpy as np
import pytest

from helpers.stored import documents

ROWS, WIDTH, GROUPS = 2000, 32, 40
ASKED, WRITES = 50, 70  # more writes than a store keeps files of


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    """Groups of vectors that lie near each other, as passages about one thing do."""
    draw = np.random.default_rng(2)
    middles = draw.standard_normal((GROUPS, WIDTH))
    rows = middles[draw.integers(GROUPS, size=ROWS + ASKED)] + 0.5 * draw.standard_normal(
        (ROWS + ASKED, WIDTH)
    )
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def filled(new_place, vectors, kind):
    """A store with an index, its place, and what it told."""
    told = []
    place = new_place(index_from=1000)
    store = place.open(width=WIDTH, tell=told.append)
    names = [f"d{row}#1" for row in range(ROWS)]
    store.put(documents(*names), vectors[:ROWS], [{"third": str(row % 3)} for row in range(ROWS)])
    index = {"event": "note", "text": f"an index of {ROWS:,} passages is built"}
    indexed = "index_from" in type(place.settings).model_fields
    assert told == ([index] if indexed else [])
    return store, place


def recall(store, vectors, rows, **how) -> float:
    hits = 0
    queries = vectors[ROWS:]
    for query, found in zip(queries, store.search(queries, 10, **how), strict=True):
        best = rows[np.argsort(-(vectors[rows] @ query), kind="stable")[:10]]
        hits += len({f"d{row}#1" for row in best} & {name for name, _ in found})
        scores = [score for _, score in found]
        assert len(found) == 10 and scores == sorted(scores, reverse=True)
    return hits / (10 * len(queries))


@pytest.mark.slow
def test_recall_is_that_of_exact_search(filled, vectors):
    store, place = filled
    rows = np.arange(ROWS)
    assert recall(store, vectors, rows) >= 0.98
    assert recall(place.open(width=WIDTH), vectors, rows) >= 0.98
    assert recall(store, vectors, rows[rows % 3 == 1], where={"third": "1"}) >= 0.98


@pytest.mark.slow
def test_what_is_added_changed_or_taken_out_counts_at_once(filled, vectors):
    store, _ = filled
    before = store.version
    query = vectors[ROWS : ROWS + 1]
    ((best, _),) = store.search(query, 1)[0]
    store.put(documents("new#1"), query)
    assert store.search(query, 2) == [
        [("new#1", 1.0), (best, pytest.approx(store.search(query, 2)[0][1][1]))]
    ]
    store.put(documents("new#1"), -query)
    assert store.search(query, 1)[0][0][0] == best
    store.drop([best.partition("#")[0], "new"])
    assert best not in dict(store.search(query, 50)[0])
    assert store.search(query, 1, at=before)[0][0][0] == best
    # Half of all: an index that still had them would give fewer than ten.
    store.drop([f"d{row}" for row in range(0, ROWS, 2)])
    kept = np.array([row for row in range(1, ROWS, 2) if f"d{row}#1" != best])
    assert recall(store, vectors, kept) >= 0.98
    assert recall(store, vectors, np.arange(ROWS), at=before) >= 0.98


@pytest.mark.slow
def test_many_small_writes_are_tidied_up(new_place):
    place = new_place()
    store = place.open(width=WIDTH)
    draw = np.random.default_rng(0)
    rows = draw.standard_normal((WRITES, WIDTH))
    for number, row in enumerate(rows):
        store.put(documents(f"d{number}#1"), row[None])
    assert store.search(rows[:1], 1) == [[("d0#1", 1.0)]]
    assert len(store.versions()) >= WRITES
    store.forget(store.version)
    assert len(store) == WRITES
    assert store.search(rows[:1], 1) == [[("d0#1", 1.0)]]
    if place.settings.kind == "exact":
        # two files a segment, of which there are at most 32, and two more
        assert len([*place.folder.iterdir()]) < 70
