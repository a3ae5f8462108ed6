"""Fusing words and meaning on eight collections: by ranks, by scores, by what other questions
teach.

    python benchmarks/fusion.py [--data ../shared/data] [--sets cranfield,coffee]

Ways        bm25 and dense alone; `fuse: ranks` with even weight; `fuse: scores` with the default
            weight; `weight: train` and `fuse: learned`, each question being ranked with what the
            other four fifths of the questions taught
Candidates  50 of each ranking, the default
Looked at   the first six collections when `fuse: scores` and the default weight were chosen; the
            last two after that
Intervals   95 % paired bootstrap over the questions

Prints Markdown and writes benchmarks/out/fusion.json. Texts are encoded once:
benchmarks/out/vectors keeps theirs.
"""

import argparse
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assay.core import store
from assay.core.types import Example, Tell
from assay.evaluation.rank_metrics import ndcg_at_k, reciprocal_rank
from assay.models.loading.find import find
from assay.retrieval.dense import encode_with_cache
from assay.retrieval.encoders import Encoding, weights_digest
from assay.retrieval.gold_passages import gold
from assay.retrieval.retriever import Finder, Looking, Tools
from assay.stats.intervals import paired_interval
from contest import processor
from ir_sets import IrSet, coffee, covid, cranfield, medquad, pubmedqa, xquad
from searched import handbook

OUT = Path(__file__).parent / "out"
MEASURES = {"nDCG@10": ndcg_at_k, "MRR@10": reciprocal_rank}
WAYS: dict[str, dict[str, Any]] = {
    "bm25": {},
    "dense": {"find": "dense"},
    "ranks": {"find": "hybrid", "fuse": "ranks", "weight": 0.5},
    "scores": {"find": "hybrid"},
    "scores, weight: train": {"find": "hybrid", "weight": "train"},
    "learned": {"find": "hybrid", "fuse": "learned"},
}
PAIRS = (
    ("scores", "bm25"),
    ("scores", "dense"),
    ("scores", "ranks"),
    ("learned", "ranks"),
    ("learned", "scores"),
)
FOLDS = 5
SETS: dict[str, Callable[[Path], IrSet]] = {
    "cranfield": lambda data: cranfield(data / "cranfield"),
    "coffee": lambda data: coffee(data / "coffee_stackexchange"),
    "handbook": lambda _: library(),
    "covid": lambda data: covid(data / "covid_faq"),
    "cdc": lambda data: medquad(data / "medquad" / "9_CDC_QA.tar"),
    "pubmedqa": lambda data: pubmedqa(data / "pubmedqa"),
    "xquad": lambda data: xquad(data / "xquad"),
    "ninds": lambda data: medquad(data / "medquad" / "6_NINDS_QA.tar"),
}


def library() -> IrSet:
    """All questions on the handbook of the examples that a passage answers."""
    whole = handbook(0)
    rows = [row for row in (*whole.train, *whole.val, *whole.test) if gold(row, whole.passages)]
    return IrSet("handbook", list(whole.passages), rows)


class Kept(Encoding):
    """minilm-l6, which reads a text once, whatever asks it: questions as passages. It is loaded
    where a text is new."""

    width = 384

    def __init__(self) -> None:
        self.folder = find("minilm-l6", kind="embedder").folder
        self.digest = weights_digest(self.folder)

    def vectors(
        self, texts: Sequence[str], *, query: bool = False, tell: Tell | None = None
    ) -> np.ndarray:
        return encode_with_cache(texts, New(self), OUT / "vectors", tell)

    def save(self, folder: Path) -> None:
        raise NotImplementedError("a benchmark saves nothing")


class New(Kept):
    """The same for texts that are not kept."""

    def __init__(self, kept: Kept):
        self.folder, self.digest = kept.folder, kept.digest

    def vectors(
        self, texts: Sequence[str], *, query: bool = False, tell: Tell | None = None
    ) -> np.ndarray:
        if not texts:
            return np.zeros((0, self.width), dtype=np.float32)
        from assay.models.embeddings import Embedder

        return Embedder(self.folder)(texts)


def measured(given: IrSet, encoding: Encoding) -> dict[str, Any]:
    right = {row.id: set(ids) for row, ids in zip(given.questions, relevant(given), strict=True)}
    rows: dict[str, dict[str, np.ndarray]] = {}
    vectors = None
    taught: dict[str, Any] = {}
    for name, settings in WAYS.items():
        finder = Finder(Looking(**settings), given.passages, Tools(encoding), vectors)
        vectors = finder.vectors.vectors if finder.vectors is not None else vectors
        found, taught[name] = ranked(finder, given.questions)
        rows[name] = {
            measure: np.array(
                [value(found[row.id][:10], right[row.id], 10) for row in given.questions]
            )
            for measure, value in MEASURES.items()
        }
    mean = lambda sums, n: sums[..., 0] / n  # noqa: E731
    apart = {}
    for better, worse in PAIRS:
        for measure in MEASURES:
            one = paired_interval(
                rows[better][measure][:, None], rows[worse][measure][:, None], mean
            )
            apart[f"{better} - {worse}, {measure}"] = [one.value, one.low, one.high]
    values = {
        name: {measure: float(row.mean()) for measure, row in own.items()}
        for name, own in rows.items()
    }
    size = {"passages": len(given.passages), "questions": len(given.questions)}
    return {
        **size,
        "ways": values,
        "differences": apart,
        "taught": {k: v for k, v in taught.items() if v},
    }


def relevant(given: IrSet) -> list[list[str]]:
    """Ids of the passages that are relevant, of each question."""
    if given.name == "handbook":  # documents of several passages
        return [
            [given.passages[place].id for place in gold(row, given.passages)]
            for row in given.questions
        ]
    return [sorted(given.relevant(row)) for row in given.questions]


def ranked(finder: Finder, questions: list[Example]) -> tuple[dict[str, list[str]], list[Any]]:
    """The ids found for each question, by its id; and what was taught, of each fold."""
    if "train" not in (
        finder.settings.weight,
        "train" if finder.settings.fuse == "learned" else "",
    ):
        folds = [(questions, [])]
    else:
        order = random.Random(0).sample(questions, len(questions))
        folds = [
            (order[i::FOLDS], [row for n, row in enumerate(order) if n % FOLDS != i])
            for i in range(FOLDS)
        ]
    out: dict[str, list[str]] = {}
    taught = []
    for asked, others in folds:
        if others:
            finder.learn(others)
            taught.append(finder.order if finder.settings.fuse == "learned" else finder.weight)
        found = finder.rank([row.text for row in asked])
        out |= {row.id: [name for name, _ in one] for row, one in zip(asked, found, strict=True)}
    return out, taught


def printed(found: dict[str, Any]) -> None:
    sets = [name for name in SETS if name in found]
    for measure in MEASURES:
        print(f"\n| {measure} | {' | '.join(sets)} |\n|---|{'---:|' * len(sets)}")
        for way in WAYS:
            print(
                f"| {way} |",
                " | ".join(f"{found[name]['ways'][way][measure]:.3f}" for name in sets),
                "|",
            )
        for better, worse in PAIRS:
            cells = [found[name]["differences"][f"{better} - {worse}, {measure}"] for name in sets]
            shown = (f"{value:+.3f} [{low:+.3f}, {high:+.3f}]" for value, low, high in cells)
            print(f"| *{better} - {worse}* |", " | ".join(shown), "|")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--sets", type=lambda text: text.split(","), default=list(SETS))
    args = parser.parse_args()
    encoding = Kept()
    found: dict[str, Any] = {}
    for name in args.sets:
        found[name] = measured(SETS[name](args.data), encoding)
        store.write_json(OUT / "fusion.json", {**found, "machine": processor()})
    printed(found)


if __name__ == "__main__":
    main()
