"""Cranfield and coffee.stackexchange, with the figures of docs/retrieval.md: what others have
measured is reproduced, and the product's own ranking does as well or better."""

import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture
def bench(monkeypatch):
    """benchmarks/retrieval.py as a module."""
    folder = str(Path(__file__).parents[2] / "benchmarks")
    monkeypatch.syspath_prepend(folder)
    import retrieval

    yield retrieval
    for name, module in [*sys.modules.items()]:
        if str(vars(module).get("__file__")).startswith(folder):
            del sys.modules[name]


@pytest.fixture(params=["cranfield", "coffee"])
def given(request, bench, shared_data):
    from ir_sets import coffee, cranfield

    if request.param == "cranfield":
        return cranfield(shared_data("cranfield", whole=True))
    return coffee(shared_data("coffee_stackexchange", whole=True))


def means(bench, ranked, given):
    return {name: float(np.mean(column)) for name, column in bench.rows_of(ranked, given).items()}


def test_published_figures_come_out_within_a_hundredth(bench, given):
    found = means(bench, bench.plain(given), given)
    for name, value in bench.REFERENCE[given.name][0].items():
        assert found[name] == pytest.approx(value, abs=0.01), name


def test_the_products_words_rank_as_well_or_better(bench, given):
    from assay.retrieval.retriever import Finder, Looking, Tools

    finder = Finder(Looking(candidates=100), given.passages, Tools())
    found = means(bench, bench.ids_of(finder, given), given)
    for name, value in bench.REFERENCE[given.name][0].items():
        assert found[name] >= value, name


def test_the_sets_are_what_their_sources_say(given):
    passages, questions = {"cranfield": (1400, 225), "coffee": (327, 105)}[given.name]
    assert (len(given.passages), len(given.questions)) == (passages, questions)
    assert all(given.relevant(question) for question in given.questions)
