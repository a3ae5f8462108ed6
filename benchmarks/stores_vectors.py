"""The vectors that `stores.py` keeps: those of real passages, and as many more as are wanted that
lie as they do.

Passages of 60 words of the shared data sets (Debian's manuals, Cranfield's abstracts, PubMedQA's,
answers about covid, Wikipedia), encoded by minilm-l6: about 16,000 vectors of width 384. Each
further vector is a real one moved towards another real one of the same data set, and then a little
at random: a passage that says much the same. Queries are the vectors of questions that people asked
of these texts. Encoding takes minutes once, and is kept in `benchmarks/out/`.
"""

import csv
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from assay.core import store
from assay.core.types import Document
from assay.retrieval.chunking import passages

DATA = Path(os.environ.get("ASSAY_DATA") or Path(__file__).parents[2] / "shared" / "data")
KEPT = Path("benchmarks/out/stores-vectors.safetensors")
WORDS = 60  # of a passage
TOWARDS = (0.2, 0.5)  # share of another passage's vector
NOISE = 0.15  # length of what is added at random; the passage's own is 1


def documents() -> Iterator[tuple[str, str]]:
    """(data set, text)"""
    for path in sorted((DATA / "debian_docs").glob("*.txt")):
        if not path.name.startswith(("copyright", "SOURCE")):
            yield "debian", path.read_text()
    for text in re.findall(
        r"<text>(.*?)</text>", (DATA / "cranfield" / "cran.all.1400.xml").read_text(), re.S
    ):
        yield "cranfield", text
    for row in json.loads((DATA / "pubmedqa" / "ori_pqal.json").read_text()).values():
        yield "pubmedqa", "\n\n".join([*row["CONTEXTS"], row["LONG_ANSWER"]])
    with (DATA / "covid_faq" / "faq_covidbert.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            yield "covid", row["answer"]
    for name in ("test.txt", "valid.txt"):
        yield "wikipedia", (DATA / "wikitext2" / name).read_text().replace("\n", "\n\n")


def questions() -> list[str]:
    topics = (DATA / "cranfield" / "cran.qry.xml").read_text()
    found = [" ".join(text.split()) for text in re.findall(r"<title>(.*?)</title>", topics, re.S)]
    found += [
        row["QUESTION"]
        for row in json.loads((DATA / "pubmedqa" / "ori_pqal.json").read_text()).values()
    ]
    with (DATA / "covid_faq" / "faq_covidbert.csv").open(newline="") as file:
        found += [row["question"] for row in csv.DictReader(file)]
    return list(dict.fromkeys(found))


def encoded() -> dict[str, np.ndarray]:
    """`passages` and `queries` float32 (n, 384), and `of`, the number of the data set of each
    passage."""
    if not KEPT.exists():
        import torch

        from assay.models.open import embedder

        names: list[str] = []
        texts: list[str] = []
        for number, (name, text) in enumerate(documents()):
            cut = [passage.text for passage in passages([Document(str(number), text)], WORDS)]
            cut = [text for text in cut if len(text.split()) >= 12]
            texts += cut
            names += [name] * len(cut)
        embed = embedder("minilm-l6")
        order = {name: at for at, name in enumerate(dict.fromkeys(names))}
        found = {
            "passages": torch.from_numpy(embed(texts)),
            "queries": torch.from_numpy(embed(questions())),
            "of": torch.tensor([order[name] for name in names]),
        }
        store.write_tensors(KEPT, found)
    return load_file(KEPT)


def spread(found: dict[str, np.ndarray], count: int, seed: int = 0) -> np.ndarray:
    """`count` rows of length 1: the real ones first, in random order, then those made from them."""
    draw = np.random.default_rng(seed)
    real = found["passages"][draw.permutation(len(found["passages"]))[:count]]
    made = [real]
    sets = [np.flatnonzero(found["of"] == number) for number in np.unique(found["of"])]
    of = found["of"]
    missing = count - len(real)
    for start in range(0, missing, 10_000):
        size = min(10_000, missing - start)
        first = draw.integers(len(of), size=size)
        other = np.array([draw.choice(sets[of[row]]) for row in first])
        share = draw.uniform(*TOWARDS, size=(size, 1))
        rows = (1 - share) * found["passages"][first] + share * found["passages"][other]
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        noise = draw.standard_normal(rows.shape)
        rows += NOISE * noise / np.linalg.norm(noise, axis=1, keepdims=True)
        made.append((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))
    return np.concatenate(made)
