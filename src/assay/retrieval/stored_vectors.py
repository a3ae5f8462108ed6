"""Passage vectors that a store holds and searches: an embedded database, or a server that several
machines ask.

What it promises  An arm asks the version of the collection that holds its passages and no others,
                  whatever other arms and later changes have put there. What is there already is not
                  written again
Kept              `states.json` beside the local collections: which version of a collection holds
                  which passages
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assay.core import checksummed_lines
from assay.core.corrupt_files import silent, tell_damage
from assay.core.errors import ResourceError
from assay.core.store import digest
from assay.core.types import Document, Tell
from assay.retrieval.dense import DenseIndex
from assay.retrieval.encoders import Encoding
from assay.retrieval.gold_passages import document_of
from assay.retrieval.metadata_filter import Among
from assay.retrieval.stores import open_store
from assay.retrieval.stores.base import ANY, Store, StoreOf

if TYPE_CHECKING:
    import numpy as np

SUMS = 2**128  # that name passages
State = tuple[int, int]  # what names the passages, and the version that holds them


class Stored(DenseIndex):
    """`version` of a collection: it holds `passages`, in whatever order, with `vectors`."""

    def __init__(
        self,
        store: Store,
        states: Path,
        passages: Sequence[Document],
        held: DenseIndex,
        state: State,
    ):
        self.blocks = held.blocks
        self.store = store
        self.states = states
        self.sum, self.version = state
        self._places = {passage.id: place for place, passage in enumerate(passages)}

    def find(
        self, asked: np.ndarray, top: int, among: Among | None = None
    ) -> list[list[tuple[int, float]]]:
        found = self.store.search(asked, top, where=among.where if among else ANY, at=self.version)
        return [[(self._places[name], cosine) for name, cosine in one] for one in found]

    def apply_changes(
        self,
        held: DenseIndex,
        passages: Sequence[Document],
        gone: Sequence[Document],
        new: np.ndarray,
    ) -> Stored:
        """The collection with other passages, whose vectors are `held`: `gone` have left, those of
        `new` have come."""
        came = passages[len(passages) - len(new) :]
        total = (self.sum - _sum(gone) + _sum(came)) % SUMS
        if self.version == self.store.version:
            # Nobody else has changed it: only what is new is sent. An older version that holds the
            # same would not do: what comes next could not be sent alone.
            version = self.store.drop(
                list(dict.fromkeys(document_of(passage.id) for passage in gone))
            )
            version = self.store.put(came, new, _fields(came)) if came else version
            _note(self.states, total, version)
        else:
            version = _find_version(self.states, self.store, total, silent)
            if version is None:
                version = _sync_store(self.store, self.states, passages, held.vectors, total)
        return Stored(self.store, self.states, passages, held, (total, version))


def store_passages(
    settings: StoreOf,
    passages: Sequence[Document],
    vectors: np.ndarray,
    encoding: Encoding,
    shelf: Path,
    tell: Tell | None,
) -> Stored:
    """The passages in the store that `settings` name.

    Args:
        shelf: a folder for what may be made again at any time; local collections lie there, one for
            each encoding.

    Raises:
        ResourceError: as `open_store`; R022, a passage cannot be kept.
    """
    folder = shelf / settings.kind / encoding.digest[:20]
    folder.mkdir(parents=True, exist_ok=True)
    place, kept = folder / "collection", {"digest": encoding.digest, "width": encoding.width}
    tell = tell or silent
    try:
        store = open_store(settings, place, **kept, tell=tell)
    except ResourceError as error:
        if error.problems[0].code != "R026" or not place.exists():
            raise
        aside = place.with_suffix(".damaged")
        shutil.rmtree(aside, ignore_errors=True)
        place.rename(aside)
        tell_damage(
            tell,
            error.problems[0].place,
            f"the collection is set aside as {aside.name}, and made again",
        )
        store = open_store(settings, place, **kept, tell=tell)
    states = folder / "states.json"
    total = _sum(passages)
    version = _find_version(states, store, total, tell)
    if version is None:
        version = _sync_store(store, states, passages, vectors, total)
    return Stored(store, states, passages, DenseIndex(vectors), (total, version))


def _sync_store(
    store: Store, states: Path, passages: Sequence[Document], vectors: np.ndarray, total: int
) -> int:
    """Make the newest version of the collection hold these passages and no others. Which version
    that is."""
    wanted = {passage.id for passage in passages}
    gone = dict.fromkeys(document_of(name) for name in store.ids() if name not in wanted)
    if gone:
        store.drop(list(gone))
    return _note(states, total, store.put(passages, vectors, _fields(passages)))


def _find_version(states: Path, store: Store, total: int, tell: Tell) -> int | None:
    """The version that is noted to hold these passages, if the store still has it."""
    version = (checksummed_lines.one(states, tell) or {}).get(f"{total:032x}")
    return version if version in {one.number for one in store.versions()} else None


def _note(states: Path, total: int, version: int) -> int:
    before = checksummed_lines.one(states) or {}
    checksummed_lines.write(states, {**before, f"{total:032x}": version})
    return version


def _sum(passages: Sequence[Document]) -> int:
    """Names passages in whatever order; that of more or fewer follows from it without reading all
    of them again."""
    return sum(int(digest(passage.to_json())[:32], 16) for passage in passages) % SUMS


def _fields(passages: Sequence[Document]) -> list[dict[str, str]]:
    return [dict(passage.fields) for passage in passages]
