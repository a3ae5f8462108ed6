"""What every store of passages does, and what all of them do alike: check what is put in, order
what is found.

A collection holds passages by id, each with a unit vector and fields to filter by. It belongs to
one encoding: the vectors of another are not comparable. Every write that changes something makes a
version, which is there whole or not at all, and can be searched until it is forgotten.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Protocol

from pydantic import SerializerFunctionWrapHandler, model_serializer

from assay.core.errors import Problem, ResourceError
from assay.core.settings import Settings
from assay.core.types import Document, Tell

if TYPE_CHECKING:
    import numpy as np

ANY: Mapping[str, str] = MappingProxyType({})
INDEX_FROM = 20_000  # rows; fewer are searched one by one, which is exact and takes milliseconds
MARGIN = 8  # candidates beyond those asked for: scores in 32 bits may swap neighbours
SAME = 2e-5  # a difference of float32 scores that may be rounding
# candidates; of more passages with one score, which are given is the store's choice
MOST_TIED = 10_000


@dataclass(frozen=True, slots=True)
class StoreVersion:
    number: int  # grows with every write; numbers may be skipped
    time: float  # of the write, seconds since 1970


class Store(Protocol):
    """Passages and vectors. Several processes may have the same collection open, and write to
    it."""

    def put(
        self,
        passages: Sequence[Document],
        vectors: np.ndarray,
        fields: Sequence[Mapping[str, str]] = (),
    ) -> int:
        """Add passages, in place of those with the same ids; of an id given twice the last counts.

        Args:
            vectors: (passages, width); each is scaled to length 1, a vector of zeros stays.
            fields: none, or texts by name for each passage: what `where` asks for.

        Returns:
            the new version, or the current one when there are no passages.

        Raises:
            ValueError: the numbers of rows, or the width, do not fit.
            ResourceError: R022 a text, id or vector cannot be kept; nothing was written. R002,
                R024, R025 nothing was written either.
        """
        ...

    def drop(self, documents: Sequence[str]) -> int:
        """Take out all passages of these documents: those with ids `<document>#<number>`, or with
        the document's id. Returns the new version, or the current one when there are no such
        passages."""
        ...

    def search(
        self,
        vectors: np.ndarray,
        top: int,
        *,
        where: Mapping[str, str] = ANY,
        at: int | None = None,
    ) -> list[list[tuple[str, float]]]:
        """The `top` passages nearest to each vector: ids with cosines, rounded to 6 places, best
        first, equals by id.

        Args:
            where: only passages whose fields have these values.
            at: the version to search; None for the current one.

        Raises:
            ResourceError: R023 there is no such version; R022 a vector is not finite.
        """
        ...

    def passages(self, ids: Sequence[str], at: int | None = None) -> list[Document]:
        """These passages, in this order. Raises KeyError for an id that is not there."""
        ...

    def ids(self, at: int | None = None) -> list[str]:
        """All ids, sorted."""
        ...

    @property
    def version(self) -> int: ...

    def versions(self) -> list[StoreVersion]:
        """Those that can be searched, oldest first."""
        ...

    def forget(self, before: int) -> None:
        """Give up the versions older than `before`, and the disk that only they need."""
        ...

    def __len__(self) -> int: ...

    def close(self) -> None:
        """Let go of files and connections. A closed store is not used again."""
        ...


class StoreOf(Settings, ABC):
    """One kind of store: what a project file says under `store:`, and the way to open it. Its kind
    is written out even where it is the default: `store: {kind: lancedb}` must be read back as
    that."""

    kind: Any  # a subclass narrows it to Literal["its name"]
    # True where the collection lies in the folder it is opened in, and so is the project's own
    local: ClassVar[bool] = True
    # distributions whose versions may change which passages are found
    libraries: ClassVar[tuple[str, ...]] = ()

    @model_serializer(mode="wrap")
    def _with_kind(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {"kind": self.kind, **handler(self)}

    @abstractmethod
    def open(self, folder: Path, *, digest: str, width: int, rebuild: bool, tell: Tell) -> Store:
        """The collection, made if it is not there: see `open_store`. Libraries are imported here: a
        project file is read without."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What one put holds, checked: no id twice, vectors of length 1 or 0."""

    passages: tuple[Document, ...]
    fields: tuple[Mapping[str, str], ...]
    vectors: np.ndarray  # float32, C order

    def __len__(self) -> int:
        return len(self.passages)


def validate_rows(
    passages: Sequence[Document],
    vectors: np.ndarray,
    fields: Sequence[Mapping[str, str]],
    width: int,
) -> Rows:
    """Raises ValueError and ResourceError R022: see `Store.put`."""
    if len(vectors) != len(passages) or (fields and len(fields) != len(passages)):
        raise ValueError(f"{len(passages)} passages, {len(vectors)} vectors, {len(fields)} fields")
    last = {passage.id: row for row, passage in enumerate(passages)}
    rows = sorted(last.values())
    kept = tuple(passages[row] for row in rows)
    named: tuple[Mapping[str, str], ...] = tuple(
        dict(fields[row]) if fields else {} for row in rows
    )
    for passage, field in zip(kept, named, strict=True):
        for text in (
            passage.id,
            passage.text,
            passage.source,
            passage.date,
            *field,
            *field.values(),
        ):
            _refuse_unkeepable(text, passage.id)
    return Rows(
        kept, named, units(vectors[rows] if len(rows) < len(passages) else vectors, width, kept)
    )


def _refuse_unkeepable(text: str, name: str) -> None:
    if not keepable(text):
        wrong = "a NUL character" if "\0" in text else "half a character (a lone surrogate)"
        raise ResourceError(
            Problem("R022", f"passage {name!r} holds {wrong}", help="take it out of the document")
        )


def keepable(text: str) -> bool:
    """Whether all stores can hold the text."""
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def units(vectors: np.ndarray, width: int, passages: Sequence[Document] = ()) -> np.ndarray:
    """float32 (n, width), rows of length 1, or 0 where a vector is all zeros.

    Raises:
        ValueError: the shape is not (n, width).
        ResourceError: R022 a value is not finite; names the passage.
    """
    import numpy as np

    if vectors.ndim != 2 or vectors.shape[1] != width:
        raise ValueError(f"vectors of shape {vectors.shape}, the collection's width is {width}")
    out = np.empty(vectors.shape, dtype=np.float32)
    for start in range(0, len(vectors), 8192):
        block = vectors[start : start + 8192].astype(np.float64)
        bad = ~np.isfinite(block).all(axis=1)
        if bad.any():
            row = start + int(np.flatnonzero(bad)[0])
            name = f"of passage {passages[row].id!r}" if passages else f"{row + 1} of the search"
            said = f"the vector {name} has values that are no numbers (NaN or infinity)"
            raise ResourceError(
                Problem("R022", said, help="the encoder has failed on this text; encode it again")
            )
        largest = np.abs(block).max(axis=1, keepdims=True, initial=0)
        block /= np.where(largest > 0, largest, 1)  # or the square of a small value would be 0
        lengths = np.linalg.norm(block, axis=1, keepdims=True)
        out[start : start + 8192] = block / np.where(lengths > 0, lengths, 1)
    return out


def document_of(passage: str) -> str:
    """The id of the document that a passage is of."""
    head, mark, _ = passage.rpartition("#")
    return head if mark else passage


def pairs_of(fields: Mapping[str, str]) -> str:
    """Fields as one text in which `pair_of(name, value)` is found exactly where the field has the
    value."""
    return "".join(pair_of(name, fields[name]) for name in sorted(fields))


def pair_of(name: str, value: str) -> str:
    # In JSON no line break stands inside a text, so that one value never begins or ends within
    # another.
    return f"\n{json.dumps([name, value])}\n"


# --- what was found -------------------------------------------------------------------------------


def rank_exactly(
    query: np.ndarray, ids: Sequence[str], vectors: np.ndarray, top: int
) -> list[tuple[str, float]]:
    """The best of these candidates. Scores are computed in 64 bits, so that all stores give the
    same order."""
    import numpy as np

    scores = np.concatenate(
        [
            vectors[at : at + 4096].astype(np.float64) @ query.astype(np.float64)
            for at in range(0, len(ids), 4096)
        ]
        or [np.zeros(0)]
    )
    rounded = scores.round(6) + 0.0  # no -0.0
    best = sorted(range(len(ids)), key=lambda row: (-rounded[row], ids[row]))[:top]
    return [(ids[row], float(rounded[row])) for row in best]


def fetch_past_ties(
    fetch: Callable[[int], tuple[Sequence[str], np.ndarray]], query: np.ndarray, top: int
) -> list[tuple[str, float]]:
    """The best of what `fetch(n)` gives, its n nearest candidates: more are fetched while the last
    may tie with the last that is wanted."""
    wanted = top + MARGIN
    while True:
        ids, vectors = fetch(wanted)
        found = rank_exactly(query, ids, vectors, len(ids))
        if len(ids) < wanted or wanted >= MOST_TIED or found[top - 1][1] - found[-1][1] > SAME:
            return found[:top]
        wanted = min(wanted * 8, MOST_TIED)


# --- refusals -------------------------------------------------------------------------------------


def refuse_other_encoding(
    place: str, had: tuple[str, int], asked: tuple[str, int], way_out: str
) -> NoReturn:
    """R020. `had` and `asked` are digest and width of an encoding."""
    what = (
        f"width {had[1]}, not {asked[1]}"
        if had[1] != asked[1]
        else f"{had[0][:12]}, not {asked[0][:12]}"
    )
    said = (
        f"the embedding model has changed ({what}): the vectors kept here cannot be compared"
        " with its own"
    )
    raise ResourceError(Problem("R020", said, place, help=way_out))


def refuse_version(place: str, at: int, oldest: int, newest: int) -> NoReturn:
    """R023."""
    said = f"there is no version {at}; there are {oldest} to {newest}"
    raise ResourceError(
        Problem("R023", said, place, help="leave the version out to search the current one")
    )
