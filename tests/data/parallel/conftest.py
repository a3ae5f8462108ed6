"""Rows on which every step has something to do, and what a curation gives as bytes."""

import json
import random

import pytest

from assay.core.types import Example, Means, Message
from assay.data.pipeline import run
from assay.data.split import Split
from assay.data.steps.dedupe import Dedupe
from assay.data.steps.length import Length
from assay.data.steps.near import Near
from assay.data.steps.repair import Repair

STEPS = (Repair(), Length(max_chars=90), Dedupe(), Repair(lower=True), Length(min_chars=12), Near())
WORDS = (
    "card account transfer refund payment balance limit order parcel ticket password login"
    " invoice address".split()
)


def rows_of(n, seed=0):
    """Clean rows, damaged ones, empty ones, long ones, copies and near copies."""
    draw = random.Random(seed)
    texts = []
    for _ in range(n):
        text = " ".join(draw.choices(WORDS, k=draw.randint(4, 11))) + f" {draw.randrange(10**6)}"
        kind = draw.random()
        if kind < 0.2:
            text = f"CafÃ©  {text}   schlieÃŸt &amp; nie "
        elif kind < 0.25:
            text = ""
        elif kind < 0.4 and texts:
            text = draw.choice(texts).upper() + "!"
        elif kind < 0.5 and texts:
            text = draw.choice(texts) + "s"
        texts.append(text)
    return [
        Example(f"rows-{at}", (Message("user", text),), "ab"[at % 2], source=f"rows.csv:{at + 1}")
        for at, text in enumerate(texts, 1)
    ]


def result_of(rows, *, test=(), scale=None, steps=STEPS, tell=lambda event: None):
    """The bytes of everything that a curation gives."""
    curated = run(
        rows,
        (),
        test,
        official=bool(test),
        steps=steps,
        split=Split(leaks="repair"),
        task_kind="classify",
        seed=0,
        means=Means(seed=3),
        tell=tell,
        scale=scale,
    )
    splits = [
        [example.to_json() for example in part]
        for part in (curated.train, curated.val, curated.test)
    ]
    whole = [
        splits,
        curated.ledger,
        curated.counts,
        curated.audit.to_json(),
        curated.after.to_json(),
        curated.warnings,
    ]
    return json.dumps(whole).encode()


@pytest.fixture(name="rows_of")
def _rows_of():
    return rows_of


@pytest.fixture(name="result_of")
def _result_of():
    return result_of
