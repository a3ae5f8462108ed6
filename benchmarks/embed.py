"""How fast assay embeds passages, against sentence-transformers' `encode` as it comes, on the same
model.

    python benchmarks/embed.py --peer-python PATH [--texts N] [--rounds N] [--quick]

The texts are passages of debian_docs, cranfield and coffee_stackexchange, of 3 to 600 words, in
mixed order. The contenders take turns, as in train.py: assay embeds all texts a round, the peer
the next `--peer-texts` of them. Vectors must be the peer's to 1e-3, entry by entry. Prints Markdown
and writes benchmarks/out/embed.json.
"""

from __future__ import annotations

import argparse
import html
import os
import random
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any
from xml.etree import ElementTree

import numpy as np

from assay.core.store import write_json
from assay.core.types import Document
from assay.models.loading.find import find
from assay.retrieval.chunking import passages
from contest import PEERS, Child, described, environment, machine, take_turns
from workloads import DATA

OUT = Path(__file__).parent / "out"
MODEL = "minilm-l6"
WORDS = (40, 120, 400)  # a document's passages have at most so many, in turn
MUST, EQUAL = 2, 1e-3  # times the peer's texts a second; the largest difference of an entry
PEER, PRODUCT = "sentence-transformers", "assay"


def main() -> None:
    options = asked()
    folder = find(MODEL, kind="embedder").folder
    around = machine(options.threads)
    print(f"\n{described(around)}\n", flush=True)
    told = measure(options, folder)
    write_json(OUT / "embed.json", {"machine": around, **told})
    print(table(told))


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--peer-python",
        default=sys.executable,
        help="an interpreter that has sentence-transformers",
    )
    parser.add_argument("--texts", type=int, default=6000)
    parser.add_argument(
        "--peer-texts", type=int, default=2000, help="texts that each embeds a round"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--quick", action="store_true", help="256 texts, one round")
    options = parser.parse_args()
    if options.quick:
        options.texts, options.peer_texts, options.rounds = 256, 256, 1
    return options


def measure(options: argparse.Namespace, model: Path) -> dict[str, Any]:
    texts = sampled(options.texts)
    job = {
        "model": str(model),
        "threads": options.threads,
        "texts": texts,
        "round": options.peer_texts,
    }
    with tempfile.TemporaryDirectory() as place:

        def child(name: str, script: str, python: str) -> Child:
            env = environment(options.threads, ours=script.startswith("assay"))
            vectors = Path(place) / f"{script}.vectors"
            return Child(
                name,
                [python, str(PEERS / script)],
                {**job, "vectors": str(vectors)},
                Path(place),
                env,
            )

        ours = child(PRODUCT, "assay_embedding.py", sys.executable)
        theirs = child(PEER, "sentence_embedding.py", options.peer_python)
        take_turns([ours, theirs], options.rounds)
        told = {child.name: result(child) for child in (ours, theirs)}
        if ours.rounds and theirs.rounds:
            a, b = (
                read(Path(place) / f"{script}.vectors")
                for script in ("assay_embedding.py", "sentence_embedding.py")
            )
            n = min(len(a), len(b))
            told[PRODUCT] |= difference(a[:n], b[:n])
    return {
        "texts": len(texts),
        "words": sum(len(text.split()) for text in texts) / len(texts),
        "contenders": told,
    }


def read(file: Path) -> np.ndarray:
    """Vectors that a contender has written, float32, (texts, width)."""
    width = int(file.with_suffix(".width").read_text())
    return np.fromfile(file, dtype="<f4").reshape(-1, width)


def difference(ours: np.ndarray, theirs: np.ndarray) -> dict[str, Any]:
    """Over the texts that both have embedded: how many, the largest difference of an entry, the
    smallest cosine."""
    cosines = (ours * theirs).sum(1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)
    return {
        "compared": len(ours),
        "largest_difference": float(np.abs(ours - theirs).max()),
        "smallest_cosine": float(cosines.min()),
    }


def result(child: Child) -> dict[str, Any]:
    told: dict[str, Any] = {"failure": child.failure}
    if child.rounds:
        speeds = sorted(r["texts"] / r["seconds"] for r in child.rounds)
        told |= {"texts_per_second": median(speeds), "spread": [speeds[0], speeds[-1]]}
        told["cpu_seconds_per_1000"] = 1000 * sum(r["cpu_seconds"] for r in child.rounds)
        told["cpu_seconds_per_1000"] /= sum(r["texts"] for r in child.rounds)
        told["peak_bytes"] = max(r["peak_bytes"] for r in child.rounds)
    return told


def table(told: dict[str, Any]) -> str:
    lines = [
        f"### {told['texts']:,} texts of {told['words']:.0f} words on average\n",
        "| contender | texts/s | rounds | processor seconds for 1,000 texts | memory |",
        "|---|---|---|---|---|",
    ]
    for name, found in told["contenders"].items():
        if found["failure"] or "spread" not in found:
            lines.append(f"| {name} | failed: {found['failure']} | | | |")
            continue
        spread = f"{found['spread'][0]:.1f}-{found['spread'][1]:.1f}"
        lines.append(
            f"| {name} | {found['texts_per_second']:.1f} | {spread}"
            f" | {found['cpu_seconds_per_1000']:.1f} | {found['peak_bytes'] / 1e9:.2f} GB |"
        )
    ours, theirs = told["contenders"][PRODUCT], told["contenders"][PEER]
    if "compared" in ours:
        ratio = ours["texts_per_second"] / theirs["texts_per_second"]
        cpu = theirs["cpu_seconds_per_1000"] / ours["cpu_seconds_per_1000"]
        same = ours["largest_difference"] <= EQUAL
        verdict = "reached" if ratio >= MUST and same else "short"
        lines.append(
            f"\nembedding against sentence-transformers: {ratio:.2f}x ({cpu:.2f}x by processor"
            f" seconds); must {MUST}x:"
            f" {verdict}. Vectors of {ours['compared']:,} texts: largest difference of an entry"
            f" {ours['largest_difference']:.1e} (must {EQUAL:.0e}), smallest cosine"
            f" {ours['smallest_cosine']:.6f}"
        )
    return "\n".join(lines) + "\n"


# --- the texts ------------------------------------------------------------------------------------


def sampled(count: int, seed: int = 0) -> list[str]:
    """`count` passages in mixed order, all of them where there are fewer."""
    found = [
        passage.text
        for i, document in enumerate(documents())
        for passage in passages([document], WORDS[i % len(WORDS)])
    ]
    random.Random(seed).shuffle(found)
    return found[:count]


def documents() -> Iterator[Document]:
    for file in sorted((DATA / "debian_docs").glob("*.txt")):
        for number, part in enumerate(
            re.split(r"\n(?=\d+(?:\.\d+)*\. )", file.read_text(errors="replace"))
        ):
            yield Document(f"{file.stem}-{number}", part)
    # The file is a line of documents without a root.
    abstracts = (DATA / "cranfield" / "cran.all.1400.xml").read_text(errors="replace")
    for number, text in enumerate(re.findall(r"<text>(.*?)</text>", abstracts, re.DOTALL)):
        yield Document(f"cranfield-{number}", html.unescape(text))
    for _, row in ElementTree.iterparse(DATA / "coffee_stackexchange" / "Posts.xml"):
        if row.get("Body"):
            text = html.unescape(re.sub(r"<[^>]+>", " ", row.get("Body", "")))
            yield Document(f"coffee-{row.get('Id')}", text)


if __name__ == "__main__":
    main()
