"""Retrieval on Cranfield and coffee.stackexchange: words, meaning, both.

    python benchmarks/retrieval.py [--data ../shared/data] [--quick]

What is asked   BM25 as others have measured it on the same files, reproduced with a plain
                tokenisation within .01; the product's own BM25 at least as good; hybrid above both
                of its parts
Hybrids         "hybrid" is the default. "weight chosen" is `weight: train`, "learned" is `fuse:
                learned`: each half of the queries is ranked with what the other half taught, so
                that no query is judged by its own choice
Intervals       95 % bootstrap over queries; differences are paired
--quick         no encoder: BM25 alone
"""

import argparse
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from assay.core import store
from assay.evaluation.rank_metrics import ndcg_at_k, recall, reciprocal_rank
from assay.retrieval.bm25 import K1, best
from assay.retrieval.encoders import Encoding
from assay.retrieval.retriever import Finder, Looking, Tools
from assay.stats.intervals import Weights, metric_interval, paired_interval
from contest import processor
from ir_sets import IrSet, coffee, cranfield

OUT = Path(__file__).parent / "out" / "retrieval.json"
MEASURES: dict[str, tuple[Callable[..., float], int]] = {
    "nDCG@10": (ndcg_at_k, 10),
    "MRR@10": (reciprocal_rank, 10),
    "recall@100": (recall, 100),
}
# What others have measured, and the tokenisation that comes nearest: pattern, stop words of bm25s,
# k1.
REFERENCE = {
    "cranfield": (
        {"nDCG@10": 0.380, "MRR@10": 0.520, "recall@100": 0.715},
        (r"\b\w\w+\b", "STOPWORDS_EN_PLUS", 1.2),
    ),
    "coffee": ({"MRR@10": 0.478, "recall@100": 0.943}, (r"[a-z]{3,}", "", 1.5)),
}
WAYS: dict[str, dict[str, Any]] = {
    "bm25": {},
    "bm25, keywords": {"rewrite": "keywords"},
    "bm25, feedback": {"rewrite": "feedback"},
    "dense": {"find": "dense"},
    "hybrid": {"find": "hybrid"},
    "hybrid, weight chosen": {"find": "hybrid", "weight": "train"},
    "hybrid, learned": {"find": "hybrid", "fuse": "learned"},
    "hybrid, feedback": {"find": "hybrid", "rewrite": "feedback"},
}


def rows_of(ranked: list[list[str]], given: IrSet) -> dict[str, np.ndarray]:
    """One value a query and measure."""
    return {
        name: np.array(
            [
                measure(ids[:k], given.relevant(q), k)
                for ids, q in zip(ranked, given.questions, strict=True)
            ]
        )
        for name, (measure, k) in MEASURES.items()
    }


def ids_of(finder: Finder, given: IrSet) -> list[list[str]]:
    return [[name for name, _ in found] for found in finder.rank([q.text for q in given.questions])]


def plain(given: IrSet) -> list[list[str]]:
    """BM25 by bm25s on the tokens that come nearest to the published figures."""
    import bm25s
    from bm25s import stopwords

    pattern, stops, k1 = REFERENCE[given.name][1]
    left_out = frozenset(getattr(stopwords, stops)) if stops else frozenset()
    places: dict[str, int] = {}

    def tokens(text: str) -> list[str]:
        return [word for word in re.findall(pattern, text.lower()) if word not in left_out]

    ids = [
        [places.setdefault(w, len(places)) for w in tokens(passage.text)]
        for passage in given.passages
    ]
    scorer = bm25s.BM25(method="lucene", k1=k1, b=0.75)
    scorer.index(bm25s.tokenization.Tokenized(ids=ids, vocab=dict(places)), show_progress=False)
    out = []
    for question in given.questions:
        asked = [places[word] for word in tokens(question.text) if word in places]
        scores = scorer.get_scores_from_ids(asked)
        out.append([given.passages[place].id for place in best(scores, 100)])
    return out


def crossed(finder: Finder, given: IrSet) -> tuple[list[list[str]], list[float]]:
    """Each half of the queries ranked with what the other half taught; the weights it chose."""
    out: list[list[str]] = [[]] * len(given.questions)
    weights = []
    for half in (0, 1):
        finder.learn(given.questions[1 - half :: 2])
        weights.append(finder.weight)
        found = finder.rank([q.text for q in given.questions[half::2]])
        out[half::2] = [[name for name, _ in one] for one in found]
    return out, weights


def measured(given: IrSet, encoding: Encoding | None, shelf: Path) -> dict[str, Any]:
    ranked = {"bm25, plain tokens": plain(given)}
    weights: list[float] = []
    vectors = None
    for name, settings in WAYS.items():
        if encoding is None and settings.get("find"):
            continue
        finder = Finder(
            Looking(candidates=100, **settings),
            given.passages,
            Tools(encoding, shelf=shelf),
            vectors,
        )
        vectors = finder.vectors.vectors if finder.vectors is not None else vectors
        if settings.get("weight") == "train":
            ranked[name], weights = crossed(finder, given)
        elif settings.get("fuse") == "learned":
            ranked[name], _ = crossed(finder, given)
        else:
            ranked[name] = ids_of(finder, given)
    rows = {name: rows_of(ids, given) for name, ids in ranked.items()}
    mean = lambda sums, n: sums[..., 0] / n  # noqa: E731
    out: dict[str, Any] = {
        "queries": len(given.questions),
        "passages": len(given.passages),
        "weights": weights,
        "ways": {},
    }
    for name, values in rows.items():
        found = {}
        for measure, column in values.items():
            drawn = Weights(len(column)).values(column[:, None], mean)
            one = metric_interval(column[:, None], mean, drawn)
            found[measure] = {"value": float(column.mean()), "low": one.low, "high": one.high}
        out["ways"][name] = found
    out["differences"] = {}
    for better, worse in (
        ("hybrid", "bm25"),
        ("hybrid", "dense"),
        ("hybrid, weight chosen", "hybrid"),
        ("hybrid, learned", "hybrid"),
        ("bm25", "bm25, plain tokens"),
    ):
        if better in rows:
            for measure in MEASURES:
                one = paired_interval(
                    rows[better][measure][:, None], rows[worse][measure][:, None], mean
                )
                out["differences"][f"{better} - {worse}, {measure}"] = [
                    one.value,
                    one.low,
                    one.high,
                ]
    return out


def encoder() -> Encoding:
    from assay.models.embeddings import Embedder
    from assay.models.loading.find import find
    from assay.retrieval.encoders import FrozenEncoding, weights_digest

    folder = find("minilm-l6", kind="embedder").folder
    return FrozenEncoding("minilm-l6", weights_digest(folder), 384, Embedder(folder))


def printed(found: dict[str, Any]) -> None:
    for name in ("cranfield", "coffee"):
        given = found[name]
        print(f"\n**{name}**: {given['passages']:,} passages, {given['queries']} queries;", end=" ")
        print(f"weights chosen: {given['weights']}\n")
        print("| way |", " | ".join(MEASURES), "|\n|---|", "---:|" * len(MEASURES), sep="")
        published = REFERENCE[name][0]
        print(
            "| published |",
            " | ".join(f"{published[m]:.3f}" if m in published else "" for m in MEASURES),
            "|",
        )
        for way, values in given["ways"].items():
            cells = (f"{v['value']:.3f} [{v['low']:.3f}, {v['high']:.3f}]" for v in values.values())
            print(f"| {way} |", " | ".join(cells), "|")
        print("\n| difference | value | 95 % |\n|---|---:|---:|")
        for what, (value, low, high) in given["differences"].items():
            print(f"| {what} | {value:+.3f} | {low:+.3f} to {high:+.3f} |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument(
        "--shelf", type=Path, default=OUT.parent / "vectors", help="where vectors are kept"
    )
    parser.add_argument("--quick", action="store_true")
    args = parser.parse_args()
    encoding = None if args.quick else encoder()
    sets = (cranfield(args.data / "cranfield"), coffee(args.data / "coffee_stackexchange"))
    found: dict[str, Any] = {given.name: measured(given, encoding, args.shelf) for given in sets}
    found["machine"] = {"processor": processor(), "k1": K1}
    printed(found)
    store.write_json(OUT, found)
    print(f"\n{OUT}\n{json.dumps(found['machine'])}")


if __name__ == "__main__":
    main()
