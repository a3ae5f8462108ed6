"""How much training helps a search: its order, the encoder and the reranker, trained on some
questions, asked others.

    python benchmarks/reranker.py [--data cranfield,handbook] [--shares 1,0.5,0.25] [--only
                                  learned,encoder,reranker] [--encoder '{"epochs": 3}'] [--reranker
                                  '{"warm": "documents"}'] [--quick]

Cranfield: 1,400 abstracts, 90 questions to learn from, 22 for val, 113 held back. Handbook: 250
passages, 381, 63 and 224 questions. The first stage is BM25 and minilm-l6, fused by scores.
Everything is chosen on val, but for the order (`fuse: learned`), which is learnt from train and
needs none; the held-back questions are asked once. Differences to the first stage, and to the same
two fused by ranks, have paired bootstrap intervals at 95 %. Prints Markdown and writes
benchmarks/out/reranker.json. A run that was stopped goes on where it was: states of training lie in
benchmarks/out/reranker/.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assay.core.store import digest, write_json
from assay.core.types import Example, Lesson, Means, Task
from assay.models.loading.find import find
from assay.retrieval.dense import encode_with_cache
from assay.retrieval.encoders import EncoderPart, Encoding
from assay.retrieval.retriever import Finder, Looking, Tools
from assay.stats.intervals import paired_interval
from assay.training.retriever.encoder import TunedEncoder
from assay.training.retriever.mining import by_words, first_stage, nearest, words_of
from assay.training.retriever.reranker import CrossEncoder, CrossRanking, read
from assay.training.retriever.score_mixing import argsort_descending, mix_scores
from contest import processor
from searched import ROOT, Collection, cranfield, handbook, mrr, ndcg, recall

HERE = Path(__file__).parent
DATA = Path(os.environ.get("ASSAY_DATA") or ROOT.parent / "shared" / "data")
MEASURES: dict[str, Callable[[Sequence[int], Sequence[int]], float]] = {
    "nDCG@10": ndcg,
    "MRR@10": mrr,
    "recall@2": lambda ranked, right: recall(ranked, right, 2),
    "recall@4": lambda ranked, right: recall(ranked, right, 4),
}
FIRST, RANKS = "hybrid", "hybrid, by ranks"
QUICK = {
    "encoder": {"epochs": 1, "max_length": 64},
    "reranker": {"epochs": 1, "negatives": 1, "max_length": 64},
}
SHELF = HERE / "out" / "vectors"
Ranked = list[list[int]]


def main() -> None:
    options = asked()
    import torch

    from assay.models.determinism import steady

    steady(options.seed, options.threads)
    print(
        f"\n{processor()}, {torch.get_num_threads()} threads; start weights {options.model}\n",
        flush=True,
    )
    results: dict[str, Any] = {
        "processor": processor(),
        "threads": torch.get_num_threads(),
        "model": options.model,
    }
    for name in options.data:
        for share in options.shares:
            collection = opened(name, options, share)
            told = measured(collection, options, share)
            results[f"{name} {share:g}"] = told
            write_json(HERE / "out" / "reranker.json", results)
            print(table(collection, told, share), flush=True)


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--data", type=lambda text: text.split(","), default=["cranfield", "handbook"]
    )
    parser.add_argument(
        "--shares", type=lambda text: [float(n) for n in text.split(",")], default=[1.0]
    )
    parser.add_argument(
        "--only", type=lambda text: text.split(","), default=["learned", "encoder", "reranker"]
    )
    parser.add_argument("--model", default="minilm-l6", help="what both start from")
    parser.add_argument(
        "--encoder", type=json.loads, default={}, help="settings of tuned_encoder, as JSON"
    )
    parser.add_argument(
        "--reranker", type=json.loads, default={}, help="settings of cross_encoder, as JSON"
    )
    parser.add_argument(
        "--candidates", type=int, default=50, help="that the reranker reads, a question"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--quick", action="store_true", help="the handbook, one epoch, 5 candidates, 20 questions"
    )
    options = parser.parse_args()
    if options.quick:
        options.data, options.shares, options.candidates = ["handbook"], [0.25], 5
        options.encoder, options.reranker = (
            QUICK["encoder"],
            {**QUICK["reranker"], "depth": 5, "val_rows": 10},
        )
    return options


def opened(name: str, options: argparse.Namespace, share: float) -> Collection:
    if name == "cranfield":
        return cranfield(DATA / "cranfield", options.seed, share)
    whole = handbook(options.seed, share)
    if options.quick:
        return Collection(whole.name, whole.passages, whole.train, whole.val, whole.test[:20])
    return whole


def measured(collection: Collection, options: argparse.Namespace, share: float) -> dict[str, Any]:
    """Values of every way of ranking, differences to the first stage, seconds of training."""
    search = Search(collection, options.candidates)
    lesson = lesson_of(collection, options.seed)
    encoding = EncoderPart(model=options.model).fit(lesson)
    rankings: dict[str, Ranked] = search.with_encoding(encoding, "")
    rankings[RANKS] = search.found(encoding, fuse="ranks", weight=0.5)
    told: dict[str, Any] = {"seconds": {}, "training": {}}

    def fitted(part: TunedEncoder | CrossEncoder) -> Any:
        key = digest(
            [collection.name, share, options.seed, options.quick, part.kind, part.non_defaults()]
        )[:12]
        place = HERE / "out" / "reranker" / f"{collection.name}-{part.kind}-{key}"
        place.mkdir(parents=True, exist_ok=True)
        begun = time.monotonic()
        kept = part.fit(lesson_of(collection, options.seed, place))
        told["seconds"][part.kind] = round(time.monotonic() - begun, 1)
        told["training"][part.kind] = {**kept.training, "settings": part.non_defaults()}
        return kept

    if "learned" in options.only:
        rankings[f"{FIRST}, learned"] = search.found(encoding, collection.train, fuse="learned")
    if "encoder" in options.only:
        tuned = fitted(TunedEncoder(model=options.model, **options.encoder))
        rankings |= search.with_encoding(tuned, "tuned ")
    if "reranker" in options.only:
        kept = fitted(CrossEncoder(model=options.model, **options.reranker))
        told["mix"] = kept.mix
        for first in [name for name in (FIRST, f"tuned {FIRST}") if name in rankings]:
            rankings |= search.reranked(first, rankings[first], kept)
    rows = {name: search.rows(ranked) for name, ranked in rankings.items()}
    told["rankings"] = {name: figures(own, rows[FIRST], rows[RANKS]) for name, own in rows.items()}
    return told


def lesson_of(collection: Collection, seed: int, place: Path = Path()) -> Lesson:
    means = Means(seed, place, say, encoder_folder=lambda name: find(name, kind="embedder").folder)
    rows = {"train": collection.train, "val": collection.val, "documents": collection.passages}
    return Lesson(Task(kind="answer"), **rows, means=means)


def say(event: dict) -> None:
    if event["event"] == "progress" and event["done"] % 10 == 0:
        print(f"  {event['done']}/{event['total']} {event.get('values', '')}", flush=True)
    elif event["event"] in ("evaluation", "note"):
        print(f"  { ({k: v for k, v in event.items() if k != 'event'}) }", flush=True)


class Search:
    """The held-back questions of a collection, ranked in several ways."""

    def __init__(self, collection: Collection, candidates: int):
        self.passages = collection.passages
        self.texts = [passage.text for passage in collection.passages]
        known = [
            (e.text, right)
            for e, right in zip(collection.test, collection.gold, strict=True)
            if right
        ]
        self.questions, self.gold = [text for text, _ in known], [right for _, right in known]
        self.words = words_of(self.texts)
        self.top = max(10, candidates)
        self.candidates = candidates

    def with_encoding(self, encoding: Encoding, before: str) -> dict[str, Ranked]:
        told = encode_with_cache(self.texts, encoding, SHELF, None)
        cosines = encoding.vectors(self.questions, query=True) @ told.T
        found = {
            "dense": [nearest(row, self.top) for row in cosines],
            FIRST: first_stage(self.questions, self.words, cosines, self.top),
        }
        words = (
            {}
            if before
            else {"bm25": [by_words(self.words, question, self.top) for question in self.questions]}
        )
        return words | {before + name: ranked for name, ranked in found.items()}

    def found(self, encoding: Encoding, train: Sequence[Example] = (), **settings: Any) -> Ranked:
        """As `rag` with `find: hybrid` and these settings finds them."""
        looking = Looking(find="hybrid", candidates=self.candidates, **settings)
        finder = Finder(looking, self.passages, Tools(encoding, shelf=SHELF))
        finder.learn(train)
        places = {passage.id: place for place, passage in enumerate(self.passages)}
        return [[places[name] for name, _ in one] for one in finder.rank(self.questions)]

    def reranked(self, name: str, ranked: Ranked, kept: CrossRanking) -> dict[str, Ranked]:
        """The first stage and the reranker, mixed as val says; and the reranker alone."""
        first = [places[: self.candidates] for places in ranked]
        texts = [[self.texts[place] for place in places] for places in first]
        scores = read(kept.reader, self.questions, texts, kept.settings.micro_tokens)
        return {
            said: [
                [places[i] for i in argsort_descending(mix_scores(own, mix))]
                + rest[self.candidates :]
                for places, own, rest in zip(first, scores, ranked, strict=True)
            ]
            for said, mix in ((f"{name}, reranked", kept.mix), (f"{name}, reranker alone", 1.0))
        }

    def rows(self, ranked: Ranked) -> dict[str, np.ndarray]:
        """Measure -> (questions, 1)."""
        pairs = list(zip(ranked, self.gold, strict=True))
        return {
            name: np.array([[value(*pair)] for pair in pairs]) for name, value in MEASURES.items()
        }


def figures(
    own: Mapping[str, np.ndarray], first: Mapping[str, np.ndarray], ranks: Mapping[str, np.ndarray]
) -> dict[str, dict[str, Any]]:
    """Measure -> value, and differences to the first stage and to the one by ranks: value, low,
    high."""

    def mean(sums: Any, n: Any) -> Any:
        return sums[..., 0] / n

    out = {}
    for name, rows in own.items():
        apart = {
            to: paired_interval(rows, other[name], mean)
            for to, other in ((FIRST, first), (RANKS, ranks))
        }
        out[name] = {
            "value": float(rows.mean()),
            **{to: [d.value, d.low, d.high] for to, d in apart.items()},
        }
    return out


def table(collection: Collection, told: Mapping[str, Any], share: float) -> str:
    head = f"**{collection.name}**, {len(collection.train)} training questions ({share:.0%})"
    if told["seconds"]:
        head += "; training " + ", ".join(
            f"{kind} {seconds:.0f} s" for kind, seconds in told["seconds"].items()
        )
    if "mix" in told:
        head += f"; mix chosen on val {told['mix']:g}"
    shown = [("nDCG@10", FIRST), ("MRR@10", FIRST), ("nDCG@10", RANKS)]
    lines = [
        head,
        "",
        f"| ranking | {' | '.join([*MEASURES, *(f'{m} against {to}' for m, to in shown)])} |",
    ]
    lines.append("|---|" + "---|" * (len(MEASURES) + len(shown)))
    for name, own in told["rankings"].items():
        values = [f"{own[measure]['value']:.3f}" for measure in MEASURES]
        apart = [
            "" if name == to else "{:+.3f} ({:+.3f} to {:+.3f})".format(*own[m][to])
            for m, to in shown
        ]
        lines.append(f"| {name} | {' | '.join(values + apart)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
