"""Passages in LanceDB: an embedded database, that is files in a folder and no server.

What it is for   many passages on one machine: what is searched need not fit into memory
Costs            the package lancedb (`pip install 'assay[rag]'`); on the disk, the vectors twice
Source           Pace et al. (2025), Lance: Efficient Random Access in Columnar Storage,
                 arxiv.org/abs/2504.15247; the index, inverted lists: Jegou, Douze and Schmid
                 (2011), doi.org/10.1109/TPAMI.2010.57
How              a version of the collection is a version of the table, so that an old one costs
                 nothing to keep but its rows. Scores come from the whole vectors; the index only
                 proposes candidates
Watch out        one process writes at a time: a lock in the folder, which network drives may not
                 have
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from assay.core import store
from assay.core.errors import Problem, ResourceError
from assay.core.types import Document, Tell
from assay.retrieval.stores.base import (
    ANY,
    INDEX_FROM,
    Rows,
    Store,
    StoreOf,
    StoreVersion,
    document_of,
    fetch_past_ties,
    keepable,
    pair_of,
    pairs_of,
    refuse_other_encoding,
    refuse_version,
    units,
    validate_rows,
)

if TYPE_CHECKING:
    import numpy as np

TABLE = "passages"
OLDEST = "oldest"  # the tag of the oldest version that is not forgotten
INDEX = "vector_"  # beginning of the index's name, before its number of partitions
ROWS = 400  # in a partition when the index is made
COARSE = 4  # times as many rows in a partition as when it was made: the index is made anew
# partitions that a search reads: this many, and at least one in so many
LEAST_PROBES, PROBED = 64, 8
BEHIND = 0.1  # share of rows that the index does not have yet, from which on it is extended
MOST_FRAGMENTS = 64  # more files of rows than this are merged
AT_ONCE = 500  # ids that one look-up names
GRACE = timedelta(seconds=10)  # versions this near to one that is kept stay on the disk


class LanceDb(StoreOf):
    """An embedded database in a folder, with an index once it holds `index_from` rows."""

    kind: Literal["lancedb"] = "lancedb"
    index_from: int = Field(default=INDEX_FROM, ge=1000)  # rows
    # parts of the index that a search reads; 0: by their number
    probes: int = Field(default=0, ge=0, le=100_000)
    libraries: ClassVar[tuple[str, ...]] = ("lancedb",)

    def open(self, folder: Path, *, digest: str, width: int, rebuild: bool, tell: Tell) -> Store:
        return LanceStore(self, folder, digest, width, rebuild=rebuild, tell=tell)


class LanceStore:
    """See `base.Store`."""

    def __init__(
        self,
        settings: LanceDb,
        folder: Path,
        digest: str,
        width: int,
        *,
        rebuild: bool = False,
        tell: Tell = lambda event: None,
    ):
        try:
            import lancedb
        except ImportError:
            problem = Problem(
                "R021", "the store lancedb needs a package", help="pip install 'assay[rag]'"
            )
            raise ResourceError(problem) from None
        self.settings = settings
        self.folder = folder
        self.width = width
        self.tell = tell
        with self._alone():
            # A reader sees what other processes have written: every look asks for the newest
            # version.
            self._base = lancedb.connect(folder, read_consistency_interval=timedelta(0))
            if TABLE in self._base.list_tables().tables:
                self._table = self._base.open_table(TABLE)
                had = _encoding(self._table)
                if had == (digest, width):
                    return
                if not rebuild:
                    way_out = (
                        f"delete the folder {folder}, which is then built again, or go back to"
                        " the former model"
                    )
                    refuse_other_encoding(str(folder), had, (digest, width), way_out)
                self._base.drop_table(TABLE)
            self._table = self._base.create_table(TABLE, schema=_schema(digest, width))

    # --- writing ----------------------------------------------------------------------------------

    def put(
        self,
        passages: Sequence[Document],
        vectors: np.ndarray,
        fields: Sequence[Mapping[str, str]] = (),
    ) -> int:
        rows = validate_rows(passages, vectors, fields, self.width)
        if not len(rows):
            return self.version
        with self._alone():
            # One commit, whether rows are new or replaced.
            merge = (
                self._table.merge_insert("id")
                .when_matched_update_all()
                .when_not_matched_insert_all()
            )
            merge.execute(_arrow(rows, self._table.schema))
            self._look_after()
            return self.version

    def drop(self, documents: Sequence[str]) -> int:
        from lancedb.expr import col

        with self._alone():
            if any(map(keepable, documents)):
                these = col("document").isin(sorted(filter(keepable, set(documents))))
                if self._table.search().where(these).select(["id"]).limit(1).to_arrow().num_rows:
                    self._table.delete(these)
                    self._look_after()
            return self.version

    def forget(self, before: int) -> None:
        with self._alone():
            times = self._check(before)
            # A tagged version cannot be cleaned away, so that the next line takes too little rather
            # than too much.
            if OLDEST in self._table.tags.list():
                self._table.tags.update(OLDEST, before)
            else:
                self._table.tags.create(OLDEST, before)
            self._table.optimize(cleanup_older_than=datetime.now() - times[before] + GRACE)

    def _look_after(self) -> None:
        """Make the index once it is due, or anew once it is too coarse; extend it when it is
        behind; merge files when there are many. Each is a version of the table of its own, with the
        same rows."""
        rows = self._table.count_rows()
        partitions, behind = _partitions(self._table), False
        if rows >= max(self.settings.index_from, COARSE * ROWS * partitions):
            self.tell({"event": "note", "text": f"an index of {rows:,} passages is built"})
            self._make_index(partitions, max(rows // ROWS, 1))
        elif partitions:
            stats = self._table.index_stats(f"{INDEX}{partitions}")
            behind = stats is not None and stats.num_unindexed_rows > BEHIND * rows
        stored: Any = self._table.stats()  # said to be an object, and is a mapping
        if behind or stored["fragment_stats"]["num_fragments"] > MOST_FRAGMENTS:
            self._table.optimize()

    def _make_index(self, former: int, partitions: int) -> None:
        from lancedb.index import IvfFlat

        if former:
            self._table.drop_index(f"{INDEX}{former}")
        index = IvfFlat(
            distance_type="dot", num_partitions=partitions, sample_rate=128, max_iterations=25
        )
        self._table.create_index("vector", config=index, name=f"{INDEX}{partitions}")

    def _alone(self) -> AbstractContextManager[None]:
        return store.lock(self.folder / "lock", "writes passages", wait=True)

    # --- reading ----------------------------------------------------------------------------------

    def search(
        self,
        vectors: np.ndarray,
        top: int,
        *,
        where: Mapping[str, str] = ANY,
        at: int | None = None,
    ) -> list[list[tuple[str, float]]]:
        queries = units(vectors, self.width)
        table = self._at(at)
        partitions = _partitions(table)
        probes = self.settings.probes or max(LEAST_PROBES, partitions // PROBED)
        condition = _condition(where)

        def near(query: np.ndarray, count: int) -> tuple[Sequence[str], np.ndarray]:
            search = table.search(query, vector_column_name="vector").distance_type("dot")
            search = search.limit(count).select(["id", "vector", "_distance"])
            if partitions:
                search = search.nprobes(min(probes, partitions))
            if condition is not None:
                search = search.where(condition, prefilter=True)
            found = search.to_arrow()
            rows = found["vector"].combine_chunks().values.to_numpy().reshape(-1, self.width)
            return found["id"].to_pylist(), rows

        return [
            fetch_past_ties(lambda count, query=query: near(query, count), query, top)
            for query in queries
        ]

    def passages(self, ids: Sequence[str], at: int | None = None) -> list[Document]:
        from lancedb.expr import col

        wanted = [*filter(keepable, dict.fromkeys(ids))]
        # Several look-ups are of one version.
        table, found = self._at(self.version if at is None and len(wanted) > AT_ONCE else at), {}
        for start in range(0, len(wanted), AT_ONCE):
            search = table.search().where(col("id").isin(wanted[start : start + AT_ONCE]))
            rows = search.select(["id", "text", "source", "date"]).to_arrow().to_pylist()
            found |= {row["id"]: Document(**row) for row in rows}
        return [found[name] for name in ids]

    def ids(self, at: int | None = None) -> list[str]:
        return sorted(self._at(at).search().select(["id"]).to_arrow()["id"].to_pylist())

    @property
    def version(self) -> int:
        return self._table.version

    def versions(self) -> list[StoreVersion]:
        return [
            StoreVersion(number, time.timestamp()) for number, time in sorted(self._times().items())
        ]

    def __len__(self) -> int:
        return self._table.count_rows()

    def close(self) -> None:
        """The library lets go of its files by itself."""

    def _times(self) -> dict[int, datetime]:
        """Versions that are not forgotten, with their times."""
        tag = self._table.tags.list().get(OLDEST)
        oldest = tag["version"] if tag else 0
        listed = {entry["version"]: entry["timestamp"] for entry in self._table.list_versions()}
        return {number: time for number, time in listed.items() if number >= oldest}

    def _check(self, at: int) -> dict[int, datetime]:
        times = self._times()
        if at not in times:
            refuse_version(str(self.folder), at, min(times), max(times))
        return times

    def _at(self, version: int | None) -> Any:
        if version is None:
            return self._table
        self._check(version)
        table = self._base.open_table(TABLE)
        table.checkout(version)
        return table


def _partitions(table: Any) -> int:
    """Of the index of this version of the table; 0 where it has none."""
    names = [index.name for index in table.list_indices()]
    return max(
        (int(name.removeprefix(INDEX)) for name in names if name.startswith(INDEX)), default=0
    )


def _schema(digest: str, width: int) -> Any:
    import pyarrow as pa

    texts = [
        pa.field(name, pa.string())
        for name in ("id", "document", "text", "source", "date", "fields")
    ]
    vector = pa.field("vector", pa.list_(pa.float32(), width))
    return pa.schema([*texts, vector], metadata={"assay.digest": digest, "assay.width": str(width)})


def _encoding(table: Any) -> tuple[str, int]:
    kept = table.schema.metadata or {}
    return kept.get(b"assay.digest", b"").decode(), int(kept.get(b"assay.width", b"0"))


def _arrow(rows: Rows, schema: Any) -> Any:
    import pyarrow as pa

    columns: dict[str, Iterable[Any]] = {
        "id": [passage.id for passage in rows.passages],
        "document": [document_of(passage.id) for passage in rows.passages],
        "text": [passage.text for passage in rows.passages],
        "source": [passage.source for passage in rows.passages],
        "date": [passage.date for passage in rows.passages],
        "fields": [pairs_of(fields) for fields in rows.fields],
        "vector": pa.FixedSizeListArray.from_arrays(
            pa.array(rows.vectors.ravel()), rows.vectors.shape[1]
        ),
    }
    return pa.table(columns, schema=schema)


def _condition(where: Mapping[str, str]) -> Any:
    """As an expression of the library's, which no value can break out of."""
    from lancedb.expr import col, lit

    condition = None
    for name, value in where.items():
        one = col("fields").contains(lit(pair_of(name, value)))
        condition = one if condition is None else condition & one
    return condition
