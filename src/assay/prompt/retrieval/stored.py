"""Passage vectors that a store holds and searches: an embedded database, or a server that several machines ask.

What it promises  An arm asks the version of the collection that holds its passages and no others, whatever other arms
                  and later changes have put there. What is there already is not written again
Kept              `states.json` beside the local collections: which version of a collection holds which passages
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assay.nouns import Document, Tell
from assay.prompt.parts import Encoding
from assay.prompt.relevance import document_of
from assay.prompt.retrieval.dense import Vectors
from assay.prompt.stores import Store, StoreOf, open_store
from assay.store import digest, read_json, write_json

if TYPE_CHECKING:
    import numpy as np


class Stored(Vectors):
    """`version` of a collection: it holds `passages`, in whatever order, with `vectors`."""

    def __init__(self, store: Store, states: Path, passages: Sequence[Document], vectors: np.ndarray, version: int):
        super().__init__(vectors)
        self.store = store
        self.states = states
        self.version = version
        self._places = {passage.id: place for place, passage in enumerate(passages)}

    def find(self, asked: np.ndarray, top: int) -> list[list[tuple[int, float]]]:
        found = self.store.search(asked, top, at=self.version)
        return [[(self._places[name], cosine) for name, cosine in one] for one in found]

    def changed(self, passages: Sequence[Document], vectors: np.ndarray, drop: Sequence[str], put: int) -> Stored:
        """The collection with other passages: those of the documents `drop` go, the last `put` of `passages` come."""
        known = _known(self.states, self.store, passages)
        if known is None and self.version == self.store.version:  # nobody else has changed it: only what is new is sent
            self.store.drop(drop)
            known = self.store.put(passages[len(passages) - put :], vectors[len(passages) - put :]) if put else None
            known = _note(self.states, passages, self.store.version if known is None else known)
        version = _brought(self.store, self.states, passages, vectors) if known is None else known
        return Stored(self.store, self.states, passages, vectors, version)


def stored(
    settings: StoreOf,
    passages: Sequence[Document],
    vectors: np.ndarray,
    encoding: Encoding,
    shelf: Path,
    tell: Tell | None,
) -> Stored:
    """The passages in the store that `settings` name.

    Args:
        shelf: a folder for what may be made again at any time; local collections lie there, one for each encoding.

    Raises:
        ResourceError: as `open_store`; R022, a passage cannot be kept.
    """
    folder = shelf / settings.kind / encoding.digest[:20]
    folder.mkdir(parents=True, exist_ok=True)
    place, kept = folder / "collection", {"digest": encoding.digest, "width": encoding.width}
    store = open_store(settings, place, **kept, tell=tell or (lambda event: None))
    states = folder / "states.json"
    version = _known(states, store, passages)
    if version is None:
        version = _brought(store, states, passages, vectors)
    return Stored(store, states, passages, vectors, version)


def _brought(store: Store, states: Path, passages: Sequence[Document], vectors: np.ndarray) -> int:
    """Make the newest version of the collection hold these passages and no others. Which version that is."""
    wanted = {passage.id for passage in passages}
    gone = dict.fromkeys(document_of(name) for name in store.ids() if name not in wanted)
    if gone:
        store.drop(list(gone))
    return _note(states, passages, store.put(passages, vectors))


def _known(states: Path, store: Store, passages: Sequence[Document]) -> int | None:
    """The version that is noted to hold these passages, if the store still has it."""
    version = read_json(states).get(_name(passages)) if states.exists() else None
    return version if version in {one.number for one in store.versions()} else None


def _note(states: Path, passages: Sequence[Document], version: int) -> int:
    before = read_json(states) if states.exists() else {}
    write_json(states, {**before, _name(passages): version})
    return version


def _name(passages: Sequence[Document]) -> str:
    return digest(sorted([passage.id, passage.text] for passage in passages))[:32]
