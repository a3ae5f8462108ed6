"""The figures of docs/anonymise.md, held from below."""

import sys
from pathlib import Path

import pytest

BENCHMARKS = str(Path(__file__).parents[3] / "benchmarks")


@pytest.fixture
def bench(monkeypatch):
    """benchmarks/pii.py as a module."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    import pii

    yield pii
    sys.modules.pop("pii", None)


def test_the_arithmetic(bench):
    marks = [(0, 4, "PERSON"), (10, 20, "EMAIL_ADDRESS"), (30, 35, "GPE")]
    found = [(0, 4, "PERSON"), (12, 20, "EMAIL"), (30, 35, "PERSON"), (40, 44, "CARD")]
    scores = bench.score([("x" * 50, marks)], [found])
    assert scores["recall"]["PERSON"] == {"n": 1, "any": 1, "typed": 1, "exact": 1}
    assert scores["recall"]["EMAIL_ADDRESS"] == {"n": 1, "any": 1, "typed": 1, "exact": 0}
    assert scores["recall"]["GPE"] == {"n": 1, "any": 1, "typed": 0, "exact": 1}
    assert scores["precision"]["PERSON"] == {"n": 2, "any": 2, "typed": 1}
    assert scores["precision"]["CARD"] == {"n": 1, "any": 0, "typed": 0}


@pytest.mark.real
@pytest.mark.nightly
def test_presidio_pii(bench, shared_data):
    rows = bench.presidio_rows(shared_data("presidio_pii", whole=True).parent)
    scores = bench.score(rows, bench.ours()([text for text, _ in rows]))
    structured = bench.pooled(scores["recall"], bench.STRUCTURED)
    assert structured["n"] == 407 and structured["any"] / 407 >= 0.98
    person = scores["recall"]["PERSON"]
    assert person["n"] == 857 and person["typed"] / 857 >= 0.85 and person["any"] / 857 >= 0.95
    assert scores["precision"]["PERSON"]["any"] / scores["precision"]["PERSON"]["n"] >= 0.9


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.nightly
def test_enron(bench, shared_data):
    rows = bench.enron_rows(shared_data("enron1_sample", whole=True).parent)
    assert len(rows) == 100 and sum(len(marks) for _, marks in rows) == 306
    scores = bench.score(rows, bench.ours()([text for text, _ in rows]))
    assert scores["recall"]["PERSON"]["any"] / 263 >= 0.85
    assert scores["recall"]["EMAIL"]["any"] == 20
