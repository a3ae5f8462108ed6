"""What the stores of passages do with 100,000 vectors of width 384: time to store and index, time
of a search, recall.

    python benchmarks/stores.py [--quick] [--only lancedb] [--set lancedb.ef=200] [--address
    postgresql://...]

The vectors are those of `stores_vectors.py`: real passages and ones that lie as they do; the
questions are real ones. Each store gets all passages in one `put`, which builds its index. Then:
one search at a time; the same searches with a filter that one passage in ten passes; a document of
three passages added and searched for, and taken out. Recall is the share of the true ten nearest,
by a product of all vectors with all questions, that the store's ten hold. A plain write of the same
bytes and one such product stand beside it, since disks and processors differ. Without --address a
private PostgreSQL is started by tests/helpers/postgres.py, and deleted at the end.
"""

import argparse
import contextlib
import os
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from assay.core import store as files
from assay.core.types import Document
from assay.retrieval.stores import open_store
from assay.retrieval.stores.base import Store
from assay.retrieval.stores.settings import STORES, Postgres
from stores_vectors import encoded, spread

TOP = 10
LIMITS = {"stored_s": 120.0, "p95_ms": 50.0, "added_s": 1.0, "dropped_s": 1.0, "recall": 0.98}


def texts(count: int) -> list[Document]:
    """Of the length of 60 words."""
    draw = random.Random(0)
    words = ["".join(draw.choices("etaoinshrdlucmfwyp", k=draw.randint(2, 9))) for _ in range(5000)]
    return [
        Document(f"d{row // 5}#{row % 5 + 1}", " ".join(draw.choices(words, k=60)), "a.md")
        for row in range(count)
    ]


def nearest(vectors: np.ndarray, queries: np.ndarray) -> list[set[int]]:
    return [set(np.argpartition(-(vectors @ query), TOP)[:TOP].tolist()) for query in queries]


def seconds(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def processor(server: Path | None) -> float:
    """Seconds of all threads of this process, and of the server's processes where they are ours to
    see."""
    spent = time.process_time()
    if server is None:
        return spent
    first = (server / "data" / "postmaster.pid").read_text().split("\n", 1)[0]
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            parts = stat.read_text().rpartition(")")[2].split()
            if stat.parent.name == first:
                # of those that have ended, too
                spent += sum(map(int, parts[11:15])) / os.sysconf("SC_CLK_TCK")
            elif parts[1] == first:
                spent += sum(map(int, parts[11:13])) / os.sysconf("SC_CLK_TCK")
    return spent


def searched(
    store: Store,
    queries: np.ndarray,
    truth: list[set[int]],
    place: dict[str, int],
    server: Path | None,
    **how: Any,
) -> dict[str, float]:
    times, hits, spent = [], 0, processor(server)
    for query, true in zip(queries, truth, strict=True):
        begun = time.perf_counter()
        (found,) = store.search(query[None], TOP, **how)
        times.append(time.perf_counter() - begun)
        hits += len(true & {place[name] for name, _ in found})
    p50, p95 = np.percentile(np.array(times) * 1000, [50, 95])
    cpu = (processor(server) - spent) / len(queries) * 1000
    return {
        "p50_ms": float(p50),
        "p95_ms": float(p95),
        "cpu_ms": cpu,
        "recall": hits / (TOP * len(queries)),
    }


def measured(
    store: Store,
    passages: list[Document],
    vectors: np.ndarray,
    queries: np.ndarray,
    folder: Path,
    server: Path | None,
) -> dict[str, Any]:
    fields = [{"part": str(row % 10)} for row in range(len(passages))]
    place = {passage.id: row for row, passage in enumerate(passages)}
    spent = processor(server)
    out: dict[str, Any] = {"stored_s": seconds(lambda: store.put(passages, vectors, fields))}
    out["stored_cpu_s"] = processor(server) - spent
    truth = nearest(vectors, queries)
    searched(store, queries[:20], truth[:20], place, server)  # warm
    out |= searched(store, queries, truth, place, server)
    tenth = np.arange(0, len(vectors), 10)
    told = [{int(tenth[row]) for row in true} for true in nearest(vectors[tenth], queries[:100])]
    found = searched(store, queries[:100], told, place, server, where={"part": "0"})
    out |= {f"filtered_{key}": value for key, value in found.items()}
    new = [Document(f"new#{number}", "a new passage", "b.md") for number in (1, 2, 3)]
    at = queries[:3] + 0.001

    def add() -> None:
        store.put(new, at)
        assert store.search(at[:1], 1)[0][0][0] == "new#1"

    def drop() -> None:
        store.drop(["new"])
        assert store.search(at[:1], 1)[0][0][0] != "new#1"

    adds, drops = zip(*((seconds(add), seconds(drop)) for _ in range(5)), strict=True)
    out |= {"added_s": max(adds), "dropped_s": max(drops)}
    # of a local one
    out["disk_mb"] = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    # of this process so far
    out["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return out


def yardsticks(vectors: np.ndarray, queries: np.ndarray, folder: Path) -> dict[str, float]:
    write = seconds(lambda: files.write_bytes(folder / "vectors", vectors.data.cast("B")))
    product = min(seconds(lambda: vectors @ queries[0]) for _ in range(10))
    return {"write_s": write, "product_ms": product * 1000}


def table(results: dict[str, dict[str, Any]]) -> str:
    columns = (
        "stored_s",
        "stored_cpu_s",
        "p50_ms",
        "p95_ms",
        "cpu_ms",
        "recall",
        "filtered_p95_ms",
        "filtered_recall",
        "added_s",
        "dropped_s",
    )
    lines = [f"| store | {' | '.join(columns)} | holds |", "|" + "---|" * (len(columns) + 2)]
    for kind, row in results.items():
        lines.append(
            f"| {kind} | {' | '.join(f'{row[column]:.3f}' for column in columns)} |"
            f" {verdict(row)} |"
        )
    return "\n".join(lines)


def verdict(row: dict[str, Any]) -> str:
    """What of `LIMITS` does not hold."""
    missed = [
        n for n, limit in LIMITS.items() if (row[n] < limit if n == "recall" else row[n] > limit)
    ]
    return ", ".join(missed) or "all"


def drop(settings: Postgres) -> None:
    """The tables of this run, on a server that is not ours."""
    import psycopg

    with psycopg.connect(settings.address, autocommit=True) as connection:
        names = (settings.table, f"{settings.table}_about", f"{settings.table}_versions")
        connection.execute(f"DROP TABLE {', '.join(names)}".encode())


def settings_of(kind: str, address: str, changes: list[str]) -> Any:
    given = dict(
        change.removeprefix(f"{kind}.").split("=", 1)
        for change in changes
        if change.startswith(f"{kind}.")
    )
    chosen = next(each for each in STORES if each.model_fields["kind"].default == kind)
    where = {"address": address, "table": f"bench_{int(time.time())}"} if chosen is Postgres else {}
    return chosen.model_validate({**where, **given})


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Time, recall and memory of the stores of passages."
    )
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--quick", action="store_true", help="24,000 rows and 100 queries")
    parser.add_argument(
        "--only", action="append", default=[], choices=["exact", "lancedb", "postgres"]
    )
    parser.add_argument("--set", action="append", default=[], metavar="KIND.SETTING=VALUE")
    parser.add_argument("--address", default="", help="of a PostgreSQL server with pgvector")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/out/stores.json"))
    options = parser.parse_args()
    rows, asked = (24_000, 100) if options.quick else (options.rows, options.queries)
    kinds = options.only or ["exact", "lancedb", "postgres"]
    found = encoded()
    vectors = spread(found, rows)
    queries = found["queries"][np.random.default_rng(1).permutation(len(found["queries"]))[:asked]]
    passages = texts(rows)
    cluster: Path | None = None
    if "postgres" in kinds and not options.address:
        sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
        from helpers import postgres

        cluster = Path(tempfile.mkdtemp(prefix="assay-postgres-"))
        options.address = postgres.start(cluster)
    results: dict[str, dict[str, Any]] = {}
    folder = Path(tempfile.mkdtemp(prefix="assay-stores-"))
    try:
        beside = yardsticks(vectors, queries, folder)
        for kind in kinds:
            settings = settings_of(kind, options.address, options.set)
            store = open_store(settings, folder / kind, digest="benchmark", width=vectors.shape[1])
            server = cluster if kind == "postgres" else None
            results[kind] = measured(store, passages, vectors, queries, folder / kind, server)
            results[kind]["settings"] = settings.model_dump(
                mode="json", exclude={"address", "table"}
            )
            store.close()
            if kind == "postgres" and not cluster:
                drop(settings)
            print(f"{kind}: {results[kind]}", file=sys.stderr, flush=True)
    finally:
        shutil.rmtree(folder)
        if cluster:
            postgres.stop(cluster)
            shutil.rmtree(cluster)
    print(
        f"{rows:,} passages of width {vectors.shape[1]}, {len(queries)} questions, the {TOP}"
        " nearest\n"
    )
    print(table(results))
    print(
        f"\nA plain write of the vectors takes {beside['write_s']:.2f} s, one product"
        f" {beside['product_ms']:.1f} ms."
    )
    files.write_json(
        options.out, {"rows": rows, "queries": len(queries), "beside": beside, "results": results}
    )
    return 0 if all(verdict(row) == "all" for row in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
