"""At which cosine, and how far from its surroundings, is a text another in other words? Precision and recall of
`split.paraphrase`.

    python benchmarks/paraphrases/measure.py [--out FILE]

Twins     74 rewritten by hand in the way of translating there and back (by_hand.tsv: banking77 and xquad); covid_faq's
          pairs of questions that people marked as the same; rows reworded by the rules of `augment: paraphrase`
Others    every other pair of a held row and a learnt row: of banking77 and snips rows of one label, of crows_pairs
          sentences that differ in the group they are about
Precision of held rows that are named, those whose twin is in train; recall: of held rows with a twin, those named
"""

import argparse
import csv
import json
import random
import sys
import time
from pathlib import Path

import numpy as np

from assay.curate.augment.wordings import reworded
from assay.curate.reworded import CHARACTERS, stand_outs
from assay.model.embed import Embedder
from assay.model.find import find

DATA = Path(__import__("os").environ.get("ASSAY_DATA", "../shared/data"))
THRESHOLDS = (0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
MARGINS = (1.0, 1.1, 1.15, 1.2, 1.25, 1.3, 1.4)


def banking(name):
    with (DATA / f"banking77/{name}.csv").open() as file:
        return [row["text"] for row in csv.DictReader(file)]


def by_hand():
    return [line.split("\t") for line in (Path(__file__).parent / "by_hand.tsv").read_text().splitlines()]


def covid():
    with (DATA / "covid_faq/eval_question_similarity_en.csv").open() as file:
        return [(row["question_1"], row["question_2"]) for row in csv.DictReader(file) if row["similar"] == "1"]


def snips(name):
    texts = []
    for path in sorted((DATA / "snips_nlu").glob(f"{name}_*.json")):
        for rows in json.loads(path.read_text(encoding="latin-1")).values():
            texts += ["".join(part["text"] for part in row["data"]) for row in rows]
    return texts


def xquad():
    text = next((DATA / "xquad").glob("*en*.json")).read_text()
    return [q["question"] for a in json.loads(text)["data"] for p in a["paragraphs"] for q in p["qas"]]


def crows():
    with (DATA / "crows_pairs/crows_pairs_anonymized.csv").open() as file:
        rows = list(csv.DictReader(file))
    return [row["sent_more"] for row in rows], [row["sent_less"] for row in rows]


def sets():
    """name -> (learnt texts, held texts, place of the twin in learnt or -1)."""
    draw = random.Random(0)
    hand = by_hand()
    train, test = banking("train"), banking("test")
    twins = hand[:45]
    plain = [text for text in test if text not in {a for a, _ in twins}][:600]
    yield "banking77, by hand", train[:5000] + [b for _, b in twins], [a for a, _ in twins] + plain, twins
    asked = [text for text in xquad() if text not in {a for a, _ in hand[45:]}]
    yield "xquad, by hand", asked[300:] + [b for _, b in hand[45:]], [a for a, _ in hand[45:]] + asked[:300], hand[45:]
    pairs = list({a: (a, b) for a, b in covid()}.values())
    yield "covid_faq, by people", [b for _, b in pairs], [a for a, _ in pairs], pairs
    pairs = [(text, new) for text in test if (new := reworded(text, draw, 2)) and new != text][:300]
    yield "banking77, by rules", train[:5000] + [b for _, b in pairs], [a for a, _ in pairs] + plain, pairs
    yield "banking77, official", train, test[:1000], []
    yield "snips, official", snips("train"), snips("validate"), []
    yield "crows_pairs, halves", *crows(), []


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    embed = Embedder(find("minilm-l6", offline=True, kind="embedder").folder)
    lines = []
    for name, learnt, held, twins in sets():
        begun = time.process_time()
        vectors = embed([text[:CHARACTERS] for text in (*learnt, *held)])
        took = time.process_time() - begun
        at = {text: place for place, text in enumerate(learnt)}
        wanted = {number: at[b] for number, (_, b) in enumerate(twins)}
        print(f"\n{name}: {len(learnt)} learnt, {len(held)} held, {len(twins)} twins; {took:.1f} s", flush=True)
        for threshold in THRESHOLDS:
            cells = []
            for margin in MARGINS:
                row, other, _ = stand_outs(vectors[len(learnt) :], vectors[: len(learnt)], threshold, margin)
                named = set(row.tolist())
                hit = {r for r, o in zip(row.tolist(), other.tolist(), strict=True) if wanted.get(r) == o}
                cells.append((len(named), len(hit)))
            lines.append({"set": name, "threshold": threshold, "named_hit": dict(zip(MARGINS, cells, strict=True))})
            print(f"  {threshold:.2f} ", "  ".join(f"{m:g}: {n}/{h}" for m, (n, h) in zip(MARGINS, cells, strict=True)))
    if args.out:
        args.out.write_text("".join(json.dumps(line) + "\n" for line in lines))


if __name__ == "__main__":
    sys.exit(main())
