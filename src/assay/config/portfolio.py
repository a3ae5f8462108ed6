"""Which strategies a project of `assay run FILE` compares: what may win there, by the kind of task and its size.

How       two baselines, the strongest that need no language model, prompting, and one or two trainings. What cannot win is
          left out: a small base asked over many labels, training on rows that nothing is found in
Measured  docs/which-way.md: for each kind what won on public sets, and what never did
Watch out these are a first run's, minutes on two cores; with a larger base or a GPU the trained ones gain most
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

EPOCHS = 3
FEW_LABELS = 20  # more do not fit into a prompt that a small model can use
CONTRAST_ROWS = 3000  # rows up to which an encoder is tuned by contrast in minutes

Entry = tuple[dict[str, Any], str]  # settings, and why they are there


@dataclass(frozen=True)
class Size:
    """Of a project's data. `labels`: 0 where there are none. `most`: training rows that a language model learns from in
    minutes; None where it may learn from all. `context`: whether rows bring a text to answer from."""

    rows: int
    labels: int = 0
    most: int | None = None
    context: bool = False


def portfolio(kind: str, size: Size) -> Iterator[Entry]:
    """The strategies of a first run, in the order in which they are fitted."""
    yield from {
        "classify": _labels,
        "multilabel": _label_sets,
        "choose": _options,
        "rank": _ranks,
        "extract": _pieces,
        "summarise": _summaries,
        "number": _numbers,
        "rewrite": _rewritten,
    }.get(kind, _written)(size)


def _lora(size: Size) -> Entry:
    settings = {"kind": "lora", "epochs": EPOCHS}
    if size.most is not None:
        return settings | {"max_rows": size.most}, "fine-tuned; on so many rows, so that the first run is short"
    return settings, "fine-tuned"


MAJORITY: Entry = ({"kind": "majority"}, "a constant: always the most frequent answer")
TFIDF: Entry = ({"kind": "tfidf"}, "words and characters, a linear model")
PROBE: Entry = ({"kind": "probe"}, "sentence vectors, words and characters, a linear model")
BASE: Entry = ({"kind": "shots", "k": 0}, "the base model as it is")
SIMILAR: Entry = (
    {"kind": "shots", "k": 4, "choose": "similar"},
    "with the 4 most similar training rows in the prompt",
)
NEIGHBOURS: Entry = ({"kind": "neighbours"}, "the answer of the most similar training rows")


def _labels(size: Size) -> Iterator[Entry]:
    yield from (MAJORITY, TFIDF, PROBE)
    inner = [TFIDF[0], PROBE[0]]
    if size.rows <= CONTRAST_ROWS:
        tuned = {"kind": "setfit"}
        inner.append(tuned)
        yield tuned, "the sentence encoder tuned by contrast, a linear model on it"
    yield {"kind": "stack", "inner": inner}, "those three together"[: None if len(inner) == 3 else 0] or "both together"
    if size.labels <= FEW_LABELS:
        yield BASE
        yield _lora(size)


def _label_sets(size: Size) -> Iterator[Entry]:
    yield from (MAJORITY, TFIDF, PROBE, SIMILAR)
    yield _lora(size)


def _options(size: Size) -> Iterator[Entry]:
    yield from (MAJORITY, TFIDF, PROBE, BASE)
    yield _lora(size)


def _ranks(size: Size) -> Iterator[Entry]:
    yield MAJORITY
    yield {"kind": "tfidf"}, "shared words, rare ones first (BM25)"
    yield from (NEIGHBOURS, BASE)
    yield _lora(size)


def _pieces(size: Size) -> Iterator[Entry]:
    yield MAJORITY
    yield {"kind": "dictionary"}, "what training rows have named, and the patterns of it"
    yield {"kind": "crf"}, "a linear model of the words of a text, one after the other"
    yield {"kind": "tagger"}, "a small encoder, tuned to tag words"
    yield SIMILAR
    yield _lora(size)


def _summaries(size: Size) -> Iterator[Entry]:
    yield MAJORITY
    yield {"kind": "lead", "sentences": 3}, "the first sentences of the text"
    yield {"kind": "lead", "sentences": 1, "choose": "longest"}, "its longest sentence"
    yield from (BASE, SIMILAR)
    yield _lora(size)


def _numbers(size: Size) -> Iterator[Entry]:
    yield from (MAJORITY, NEIGHBOURS, SIMILAR)
    yield _lora(size)


def _rewritten(size: Size) -> Iterator[Entry]:
    yield {"kind": "copy"}, "the text as it is: what an arm has above this is what it does"
    yield from (NEIGHBOURS, BASE, SIMILAR)
    yield _lora(size)


def _written(size: Size) -> Iterator[Entry]:
    yield from (MAJORITY, NEIGHBOURS, BASE, SIMILAR)
    yield _lora(size)
