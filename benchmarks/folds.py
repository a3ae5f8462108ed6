"""Few rows: what is kept after a choice by a quarter of them as test rows, and by folds.

    python benchmarks/folds.py [--rows 150,300] [--draws 15] [--folds 3]

Seven classifiers of scikit-learn on words, letters and the vectors of all-MiniLM-L6-v2; rows are
drawn again and again, and 1,000 others say what was kept is worth. No part of assay fits or
chooses: it is the bare question whether folds pay. Prints a table, which docs/steps.md#folds has in
words. Intervals: of all pairs of candidates, how often the difference of the fits on the 1,000 rows
lies in the 95 % interval from the test rows.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import warnings
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.naive_bayes import ComplementNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from assay.evaluation.metrics.accuracy import Accuracy
from assay.stats.standard_error import paired_difference
from workloads import DATA

OUTSIDE, TEST = 1000, 0.25
Make = Callable[[], Any]
CANDIDATES: tuple[tuple[str, Make], ...] = (
    ("words", lambda: LogisticRegression(C=10, max_iter=300)),
    ("words", ComplementNB),
    ("letters", lambda: LinearSVC(C=1)),
    ("vectors", lambda: LogisticRegression(C=10, max_iter=300)),
    ("vectors", lambda: KNeighborsClassifier(5, metric="cosine")),
    ("all", lambda: LogisticRegression(C=10, max_iter=300)),
    ("all", lambda: LinearSVC(C=1)),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", default="150,300")
    parser.add_argument("--draws", type=int, default=15)
    parser.add_argument("--folds", type=int, default=3)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=UserWarning)  # a label with a single row
    print("| set | rows | quarter | quarter, fitted on all | folds, fitted on all | best |", end="")
    print(" told score off, quarter | folds | intervals that hold, quarter | folds |")
    print("|---" * 10 + "|")
    for name, rows in sets():
        random.Random(0).shuffle(rows)
        texts, labels = [text for text, _ in rows], np.array([label for _, label in rows])
        vectors = embed(texts)
        for count in map(int, options.rows.split(",")):
            found = [
                once(texts, vectors, labels, count, draw, options.folds)
                for draw in range(options.draws)
            ]
            cells = " | ".join(f"{100 * value:.1f}" for value in np.mean(found, axis=0))
            print(f"| {name} | {count} | {cells} |", flush=True)


def sets() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    lines = (DATA / "sms_spam" / "SMSSpamCollection").read_text(encoding="utf-8").splitlines()
    yield (
        "sms_spam",
        [(text, label) for label, text in (one.split("\t", 1) for one in lines)][:4000],
    )
    found = table("banking77/train.csv", "text", "category")
    some = sorted({label for _, label in found})[:15]
    yield "banking77, 15 labels", [one for one in found if one[1] in some]
    yield "davidson", table("davidson_hate/labeled_data_first6000.csv", "tweet", "class")[:4000]
    rows = []
    for file in sorted((DATA / "snips_nlu").glob("train_*.json")):
        label = file.stem.removeprefix("train_")
        said = json.loads(file.read_text(encoding="utf-8", errors="replace"))[label]
        rows += [("".join(part["text"] for part in one["data"]), label) for one in said]
    yield "snips", rows[::3]
    files = sorted((DATA / "docs_issues").glob("*.jsonl"))
    told = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    yield "docs_issues", [(one["text"], one["answer"]) for one in told]


def table(file: str, text: str, label: str) -> list[tuple[str, str]]:
    with (DATA / Path(file)).open(encoding="utf-8", newline="") as lines:
        return [(row[text], row[label]) for row in csv.DictReader(lines)]


@torch.no_grad()
def embed(texts: Sequence[str]) -> np.ndarray:
    """(texts, width), of length 1: the mean over tokens."""
    from transformers import AutoModel, AutoTokenizer

    from assay.models.loading.find import find

    folder = find("minilm-l6", offline=True, kind="embedder").folder
    tokenizer, network = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)
    parts = []
    for at in range(0, len(texts), 64):
        batch = tokenizer(
            list(texts[at : at + 64]),
            padding=True,
            truncation=True,
            max_length=128,
            return_tensors="pt",
        )
        mask = batch["attention_mask"][..., None]
        mean = (network.eval()(**batch).last_hidden_state * mask).sum(1) / mask.sum(1)
        parts.append(torch.nn.functional.normalize(mean, dim=1))
    return torch.cat(parts).numpy()


def once(
    texts: list[str], vectors: np.ndarray, labels: np.ndarray, count: int, draw: int, folds: int
) -> tuple[float, ...]:
    """Of one draw of rows: accuracies outside of what is kept, how far the told one is off, and the
    share of pairs whose interval holds."""
    order = np.random.default_rng(draw).permutation(len(texts))
    use, out = order[:count], order[count : count + OUTSIDE]

    def right(train: np.ndarray, asked: np.ndarray) -> np.ndarray:
        return answers(texts, vectors, labels, train, asked) == labels[asked]

    often = min(np.unique(labels[use], return_counts=True)[1]) > 1
    train, test = train_test_split(
        use, test_size=TEST, random_state=draw, stratify=labels[use] if often else None
    )
    whole, part, quarter = right(use, out).mean(1), right(train, out).mean(1), right(train, test)
    pooled, outside = [], []
    parts = StratifiedKFold(folds, shuffle=True, random_state=draw).split(use, labels[use])
    for learnt, asked in parts:
        both = right(use[learnt], np.concatenate([use[asked], out]))
        pooled.append(both[:, : len(asked)])
        outside.append(both[:, len(asked) :].mean(1))
    every = np.concatenate(pooled, axis=1)
    one, several = int(quarter.mean(1).argmax()), int(every.mean(1).argmax())
    told = abs(quarter[one].mean() - part[one]), abs(every[several].mean() - whole[several])
    held = holds(quarter, part), holds(every, np.mean(outside, axis=0))
    return (part[one], whole[one], whole[several], whole.max(), *told, *held)


def holds(right: np.ndarray, true: np.ndarray) -> float:
    """Share of pairs of candidates whose difference outside lies in the report's interval."""
    found = []
    for one, other in combinations(range(len(right)), 2):
        pair = [right[at].astype(float).reshape(-1, 1) for at in (one, other)]
        span = paired_difference(*pair, Accuracy().total)
        found.append(span.low <= true[one] - true[other] <= span.high)
    return float(np.mean(found))


def answers(
    texts: list[str], vectors: np.ndarray, labels: np.ndarray, train: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    """(candidates, asked) labels."""
    own, other = [texts[at] for at in train], [texts[at] for at in asked]
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)).fit(own)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True).fit(own)
    views: dict[str, tuple[Any, Any]] = {"vectors": (vectors[train], vectors[asked])}
    views["words"] = (words.transform(own), words.transform(other))
    views["letters"] = stacked(views["words"], (letters.transform(own), letters.transform(other)))
    views["all"] = stacked(views["letters"], tuple(map(csr_matrix, views["vectors"])))
    return np.array(
        [
            make().fit(views[view][0], labels[train]).predict(views[view][1])
            for view, make in CANDIDATES
        ]
    )


def stacked(first: tuple[Any, Any], second: tuple[Any, ...]) -> tuple[Any, Any]:
    learnt, asked = (hstack(pair).tocsr() for pair in zip(first, second, strict=True))
    return learnt, asked


if __name__ == "__main__":
    main()
