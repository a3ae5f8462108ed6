"""How many label errors are found, and how many labels choosing rows saves.

    python benchmarks/annotate.py [--only errors|next] [--seeds 5] [--sets banking77,snips_nlu]
                                  [--data FOLDER] [--most 2000] [--ways random,margin,next]

Errors   5 % of the training labels are replaced by another one at random; each seed plants others.
         Rows that were wrong before count as false alarms, so the precision is a lower bound.
         cleanlab's rows, from the same probabilities, stand beside ours where it is installed
Next     a learner begins with as many rows as there are labels and asks for as many again, up to
         `--most` rows; the arm that is scored is TF-IDF with logistic regression on the official
         test rows. Random rows against chosen ones, from the same first batch; `margin` is `next`
         without its regard for likeness. Word rarities are counted over all texts, the unlabelled
         ones and the test rows too
"""

import argparse
import csv
import json
import random
import time
from pathlib import Path

import numpy as np

from assay.core.types import Example, Message
from assay.data.annotation.active_learning import informative, uncertainty
from assay.data.annotation.confident_learning import fold_of, judge, out_of_fold, rank_doubts
from assay.data.annotation.word_classifier import fit, vectors

SHARE = 0.05


def banking77(folder: Path) -> tuple[list[Example], list[Example]]:
    def part(name):
        with (folder / "banking77" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return [
                _row(f"{name}-{i}", r["text"], r["category"])
                for i, r in enumerate(csv.DictReader(file))
            ]

    return part("train"), part("test")


def snips_nlu(folder: Path) -> tuple[list[Example], list[Example]]:
    def part(name):
        rows = []
        for path in sorted((folder / "snips_nlu").glob(f"{name}_*.json")):
            (label, items) = next(
                iter(json.loads(path.read_text(encoding="utf-8", errors="replace")).items())
            )
            texts = ["".join(piece["text"] for piece in item["data"]).strip() for item in items]
            rows += [_row(f"{label}-{name}-{i}", text, label) for i, text in enumerate(texts)]
        return rows

    return part("train"), part("validate")


def _row(id: str, text: str, label: str) -> Example:
    return Example(id, (Message("user", text),), label)


SETS = {"banking77": banking77, "snips_nlu": snips_nlu}


def planted(rows: list[Example], seed: int) -> tuple[list[Example], np.ndarray]:
    """Rows of which a share has another label, and which."""
    draw = random.Random(seed)
    labels = sorted({row.target or "" for row in rows})
    flipped = set(draw.sample(range(len(rows)), round(SHARE * len(rows))))
    out = [
        _row(
            r.id,
            r.text,
            draw.choice([x for x in labels if x != r.target]) if i in flipped else r.target or "",
        )
        for i, r in enumerate(rows)
    ]
    return out, np.array([i in flipped for i in range(len(rows))])


def errors(rows: list[Example], seed: int, plant: bool = True) -> dict[str, float]:
    """What is found of planted errors; without them how many rows are named all the same."""
    from sklearn.metrics import roc_auc_score

    rows, bad = planted(rows, seed) if plant else (rows, np.zeros(len(rows), dtype=bool))
    labels = [row.target or "" for row in rows]
    began = time.process_time()
    p, names = out_of_fold(
        vectors([row.text for row in rows]), labels, fold_of(rows, 5, seed), seed
    )
    found = judge(p, names, labels, [row.id for row in rows])
    seconds = time.process_time() - began
    ours = np.array([d.likely_error for d in found])
    if not plant:
        return {"rows": len(rows), "named": int(ours.sum())}
    order = {d.id: i for i, d in enumerate(rank_doubts(found, all_rows=True))}
    rank = np.array([order[row.id] for row in rows])
    k = int(bad.sum())
    line = {"rows": len(rows), "planted": k, "named": int(ours.sum())}
    line |= {"precision": (ours & bad).sum() / max(1, ours.sum()), "recall": (ours & bad).sum() / k}
    line |= {"p@100": bad[rank < 100].sum() / 100, "p@k": bad[rank < k].sum() / k}
    line |= {"auroc": roc_auc_score(bad, [-d.margin for d in found]), "processor_s": seconds}
    return line | cleanlabs(p, np.array([names.index(label) for label in labels]), bad, ours)


def cleanlabs(
    p: np.ndarray, own: np.ndarray, bad: np.ndarray, ours: np.ndarray
) -> dict[str, float]:
    try:
        from cleanlab.filter import find_label_issues
    except ImportError:
        return {}
    theirs = find_label_issues(own, p, filter_by="both", n_jobs=1)
    line = {"cleanlab_precision": (theirs & bad).sum() / max(1, theirs.sum())}
    line |= {"cleanlab_recall": (theirs & bad).sum() / bad.sum()}
    return line | {"same_rows": (theirs & ours).sum() / max(1, (theirs | ours).sum())}


def curve(
    train: list[Example], test: list[Example], way: str, seed: int, most: int
) -> list[tuple[int, float]]:
    """(rows labelled, accuracy on the test rows) after every batch."""
    matrix = vectors([row.text for row in [*train, *test]])
    known, asked = matrix[: len(train)], matrix[len(train) :]
    labels = np.array([row.target for row in train])
    truth = np.array([row.target for row in test])
    batch = max(20, len(set(labels)))
    draw = random.Random(seed)
    have = draw.sample(range(len(train)), batch)
    points = []
    while True:
        model = fit(known[have], list(labels[have]), seed) if len(set(labels[have])) > 1 else None
        points.append((len(have), float((model.predict(asked) == truth).mean()) if model else 0.0))
        if len(have) + batch > min(most, len(train)):
            return points
        left = np.setdiff1d(np.arange(len(train)), have)
        if way == "random" or model is None:
            have = have + draw.sample(list(map(int, left)), batch)
        elif way == "margin":  # the least certain rows, alike or not
            have = have + [
                int(left[i])
                for i in np.argsort(-uncertainty(model.predict_proba(known[left])))[:batch]
            ]
        else:
            picks = informative(uncertainty(model.predict_proba(known[left])), known[left], batch)
            have = have + [int(left[i]) for i in picks]


def needed(points: list[tuple[int, float]], goal: float) -> float:
    """Rows at which the curve first reaches an accuracy, between two points by a straight line."""
    for (n0, a0), (n1, a1) in zip(points, points[1:], strict=False):
        if a0 < goal <= a1:
            return n0 + (n1 - n0) * (goal - a0) / (a1 - a0)
    return float(points[0][0]) if points and points[0][1] >= goal else float("nan")


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Label errors found, and labels saved by choosing rows."
    )
    parser.add_argument("--only", choices=("errors", "next"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--ways", default="random,margin,next")
    parser.add_argument("--most", type=int, default=2000)
    parser.add_argument("--sets", default="banking77,snips_nlu")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/out/annotate.json"))
    options = parser.parse_args()
    out: dict = {}
    for name in options.sets.split(","):
        train, test = SETS[name](options.data)
        if options.only != "next":
            lines = [errors(train, seed) for seed in range(options.seeds)]
            print(
                f"\n{name}, {SHARE:.0%} planted, mean of {options.seeds} seeds (lowest to highest)"
            )
            for key in lines[0]:
                values = [line[key] for line in lines]
                print(
                    f"| {key} | {np.mean(values):.3f} | {min(values):.3f} to {max(values):.3f} |",
                    flush=True,
                )
            clean = errors(train, 0, plant=False)
            print(
                f"| named without any planted | {clean['named']} of {clean['rows']} |", flush=True
            )
            out[f"{name} errors"] = {"planted": lines, "clean": clean}
        if options.only != "errors":
            out[f"{name} next"] = learn(name, train, test, options)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(out, indent=1, default=float) + "\n")
    return 0


def learn(
    name: str, train: list[Example], test: list[Example], options: argparse.Namespace
) -> dict:
    curves = {
        way: [curve(train, test, way, seed, options.most) for seed in range(options.seeds)]
        for way in options.ways.split(",")
    }
    print(f"\n{name}, accuracy on {len(test):,} test rows, mean of {options.seeds} seeds")
    print(f"| rows | {' | '.join(curves)} |")
    for at in range(len(curves["random"][0])):
        rows = curves["random"][0][at][0]
        means = [f"{np.mean([c[at][1] for c in curves[way]]):.3f}" for way in curves]
        print(f"| {rows:,} | {' | '.join(means)} |", flush=True)
    last = np.mean([c[-1][1] for c in curves["random"]])
    print(f"| rows needed for | {' | '.join(curves)} | next of random, by seed |")
    for goal in [round(last * share, 3) for share in (0.8, 0.9, 0.95, 1.0)]:
        rows = {way: [needed(c, goal) for c in some] for way, some in curves.items()}
        shares = [a / b for a, b in zip(rows["next"], rows["random"], strict=True)]
        means = [f"{np.nanmean(rows[way]):,.0f}" for way in curves]
        print(
            f"| {goal:.3f} | {' | '.join(means)} | {np.nanmin(shares):.2f} to"
            f" {np.nanmax(shares):.2f} |",
            flush=True,
        )
    return curves


if __name__ == "__main__":
    raise SystemExit(main())
