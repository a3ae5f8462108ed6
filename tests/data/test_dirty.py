"""Small files of real-life dirt. What must come out of each was written down by reading it, before
anything ran."""

import json
from collections import Counter
from pathlib import Path

import pytest

from assay.config import make_step
from assay.core.types import Changed, Dropped, Means, RowStep
from assay.data.reading.load import load

CASES = sorted((Path(__file__).parent / "fixtures" / "dirty").iterdir())


@pytest.mark.parametrize(
    "case",
    # A spelling dictionary is loaded for gibberish.
    [
        pytest.param(case, marks=pytest.mark.slow if "gibberish" in case.name else ())
        for case in CASES
    ],
    ids=lambda case: case.name,
)
def test_dirt_comes_out_as_the_gold_file_says(case):
    gold = json.loads((case / "gold.json").read_text(encoding="utf-8"))
    rows = load({"data": [case / "rows.jsonl"]}, kind="classify", base=case).train
    ledger: Counter[str] = Counter()
    for step in map(make_step, json.loads((case / "steps.json").read_text())):
        means = Means(seed=1)
        results = (
            [step.one(row, means) for row in rows]
            if isinstance(step, RowStep)
            else list(step.apply(rows, means))
        )
        rows = []
        for result in results:
            if isinstance(result, Changed | Dropped):
                action = "changed" if isinstance(result, Changed) else "dropped"
                ledger[f"{step.kind} {action} {result.reason}"] += 1
            if not isinstance(result, Dropped):
                rows.append(result.example if isinstance(result, Changed) else result)
    assert [row.text for row in rows] == gold["texts"]
    assert ledger == gold["ledger"]


def test_there_are_twelve():
    assert len(CASES) == 12
