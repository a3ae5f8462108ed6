"""At which cosine, and how far from its surroundings, is a text another in other words? Precision
and recall of `split.paraphrase`.

    python benchmarks/paraphrases/measure.py

Twins     74 questions rewritten by hand in the way of translating there and back (by_hand.tsv: 45
          of banking77, 29 of xquad); covid_faq's pairs of questions that people have marked as the
          same
Others    held rows without a twin: test rows of banking77 among 5,000 training rows, of xquad among
          590 questions; the official splits of snips and banking77, near copies left out as the
          audit does before
Recall    twins that are named, by cosine alone and standing out; the rest of the columns: other
          rows that are named
Needs     the shared data sets in ../shared/data, or where ASSAY_DATA says; minilm-l6 on this
          machine
"""

import csv
import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assay.core.types import Example, Message
from assay.data.leak_audit import audit
from assay.data.paraphrase_leaks import CHARACTERS, alike, candidates, stand_outs

DATA = Path(os.environ.get("ASSAY_DATA", "../shared/data"))
THRESHOLDS = (0.7, 0.75, 0.8, 0.85, 0.9)
Pairs = list[tuple[str, str]]


def banking(name: str) -> list[str]:
    with (DATA / f"banking77/{name}.csv").open() as file:
        return [row["text"] for row in csv.DictReader(file)]


def by_hand() -> Pairs:
    lines = (Path(__file__).parent / "by_hand.tsv").read_text().splitlines()
    return [(text, other) for text, other in (line.split("\t") for line in lines)]


def covid() -> Pairs:
    with (DATA / "covid_faq/eval_question_similarity_en.csv").open() as file:
        pairs = [
            (row["question_1"], row["question_2"])
            for row in csv.DictReader(file)
            if row["similar"] == "1"
        ]
    return list({first: (first, second) for first, second in pairs}.values())


def snips(name: str) -> list[str]:
    texts: list[str] = []
    for path in sorted((DATA / "snips_nlu").glob(f"{name}_*.json")):
        for rows in json.loads(path.read_text(encoding="latin-1")).values():
            texts += ["".join(part["text"] for part in row["data"]) for row in rows]
    return texts


def xquad() -> list[str]:
    text = next((DATA / "xquad").glob("*en*.json")).read_text()
    return [
        q["question"]
        for article in json.loads(text)["data"]
        for p in article["paragraphs"]
        for q in p["qas"]
    ]


def sets() -> Iterator[tuple[str, list[str], list[str], Pairs]]:
    """name, learnt texts, held texts (those with a twin first), the twins."""
    hand, train, test = by_hand(), banking("train"), banking("test")
    for name, twins, learnt, held in (
        ("banking77, by hand", hand[:45], train[:5000], test[:700]),
        ("xquad, by hand", hand[45:], xquad()[300:], xquad()[:300]),
        ("covid_faq, by people", covid(), [], []),
    ):
        own = {text for text, _ in twins}
        others = [text for text in held if text not in own]
        there = [text for text in learnt if text not in own]
        yield name, [*there, *(b for _, b in twins)], [*(a for a, _ in twins), *others], twins
    yield "snips, official", snips("train"), snips("validate"), []
    yield "banking77, official", train, test[:1000], []


def without_copies(learnt: Sequence[str], held: Sequence[str], twins: int) -> list[str]:
    """The held texts with a twin, and the others that are no near copy of a learnt one."""
    rows = [
        [Example(f"{at}", (Message("user", text),)) for at, text in enumerate(some)]
        for some in (learnt, held)
    ]
    leaks = {row for pair in audit(rows[0], (), rows[1]).pairs for row in pair.right.ids}
    return [text for at, text in enumerate(held) if at < twins or f"{at}" not in leaks]


def measured(
    name: str, learnt: list[str], held: list[str], twins: Pairs, embed: Any
) -> Iterator[str]:
    """A line of the table for each threshold."""
    held = without_copies(learnt, held, len(twins))
    read = [learnt[at] for at in candidates(held, learnt)]
    vectors = embed([text[:CHARACTERS] for text in (*read, *held)])
    place = {text: at for at, text in enumerate(read)}
    wanted = {at: place.get(other) for at, (_, other) in enumerate(twins)}
    n, others = len(twins), len(held) - len(twins)
    for threshold in THRESHOLDS:
        cells = []
        for find in (alike, stand_outs):
            row, other, _ = find(vectors[len(read) :], vectors[: len(read)], threshold)
            hit = {
                a
                for a, b in zip(row.tolist(), other.tolist(), strict=True)
                if a < n and wanted[a] == b
            }
            rest = {a for a in row.tolist() if a >= n}
            cells += [
                f"{len(hit)} of {n}" if n else "–",
                f"{len(rest)} of {others}" if others else "–",
            ]
        yield f"| {name} | {threshold:g} | " + " | ".join(cells) + " |"


def main() -> None:
    from assay.models.embeddings import Embedder
    from assay.models.loading.find import find

    embed = Embedder(find("minilm-l6", offline=True, kind="embedder").folder)
    print(
        "| set | cosine | twins, by cosine | others, by cosine | twins that stand out | others"
        " that stand out |"
    )
    print("|---|---|---|---|---|---|")
    for name, learnt, held, twins in sets():
        begun = time.process_time()
        for line in measured(name, learnt, held, twins, lambda texts: np.asarray(embed(texts))):
            print(line, flush=True)
        print(f"<!-- {name}: {time.process_time() - begun:.1f} s of a processor -->", flush=True)


if __name__ == "__main__":
    main()
