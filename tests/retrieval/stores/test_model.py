"""Whatever is done to a store, in whatever order: it does what a mapping and numpy do."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.core.types import Document
from assay.retrieval.stores.base import Store

WIDTH = 3
PASSAGES = st.tuples(st.sampled_from("abcd"), st.integers(1, 3)).map(
    lambda pair: f"{pair[0]}#{pair[1]}"
)
# Few values, so that vectors repeat, scores tie, and some vectors are all zeros.
VECTORS = st.lists(st.integers(-1, 2), min_size=WIDTH, max_size=WIDTH)
FIELDS = st.dictionaries(
    st.sampled_from(["lang", "it's"]), st.sampled_from(["x", "'y'"]), max_size=2
)
PUT = st.tuples(
    st.just("put"),
    st.lists(st.tuples(PASSAGES, st.text("né'\"", max_size=4), VECTORS, FIELDS), max_size=6),
)
DROP = st.tuples(st.just("drop"), st.lists(st.sampled_from("abcdef"), max_size=3))
SEARCH = st.tuples(st.just("search"), st.tuples(st.integers(1, 8), VECTORS, FIELDS, st.booleans()))
STEPS = st.lists(
    st.one_of(
        PUT,
        PUT,
        DROP,
        SEARCH,
        SEARCH,
        st.tuples(st.sampled_from(["forget", "reopen"]), st.integers(0, 9)),
    ),
    max_size=12,
)


@dataclass
class Model:
    """A mapping of ids to rows, and all mappings there were."""

    rows: dict = field(default_factory=dict)
    past: dict = field(default_factory=dict)

    def search(
        self, rows: dict, top: int, vector: list[int], where: dict
    ) -> list[tuple[str, float]]:
        query = unit(vector)
        scores = {
            name: round(float(query.astype(float) @ unit(row[1]).astype(float)), 6) + 0.0
            for name, row in rows.items()
            if where.items() <= row[2].items()
        }
        return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:top]


def unit(vector: list[int]) -> np.ndarray:
    length = np.linalg.norm(vector)
    return (np.array(vector) / (length or 1)).astype(np.float32)


def step(store: Store, model: Model, what: str, how) -> None:
    if what == "put":
        passages = [Document(name, text) for name, text, _, _ in how]
        vectors = np.array([vector for _, _, vector, _ in how], dtype=float).reshape(-1, WIDTH)
        version = store.put(passages, vectors, [fields for *_, fields in how])
        model.rows = model.rows | {
            name: (text, vector, fields) for name, text, vector, fields in how
        }
    elif what == "drop":
        version = store.drop(how)
        model.rows = {name: row for name, row in model.rows.items() if name[0] not in how}
    elif what == "forget":
        known = sorted(model.past)
        store.forget(known[how % len(known)])
        model.past = {
            number: rows for number, rows in model.past.items() if number >= known[how % len(known)]
        }
        version = store.version
    else:
        top, vector, where, old = how
        at = sorted(model.past)[len(model.past) // 2] if old else None
        rows = model.rows if at is None else model.past[at]
        assert store.search(np.array([vector]), top, where=where, at=at) == [
            model.search(rows, top, vector, where)
        ]
        return
    model.past[version] = model.rows


def same(store: Store, model: Model) -> None:
    assert len(store) == len(model.rows)
    for at, rows in [(None, model.rows), *model.past.items()]:
        assert store.ids(at=at) == sorted(rows)
        texts = [passage.text for passage in store.passages(sorted(rows), at=at)]
        assert texts == [text for _, (text, _, _) in sorted(rows.items())]


# Each step is a commit on disk: a fifth of the usual examples.
@pytest.mark.slow
@settings(max_examples=settings.default.max_examples // 5)
@given(steps=STEPS)
def test_any_sequence_equals_a_mapping_and_numpy(new_place, steps):
    place = new_place()
    store = place.open(width=WIDTH)
    model = Model(past={store.version: {}})
    for what, how in steps:
        if what == "reopen":
            store.close()
            store = place.open(width=WIDTH)
        else:
            step(store, model, what, how)
    same(store, model)
    store.close()
