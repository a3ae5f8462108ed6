"""A verdict that fine-tuning lost names the base, its size and what a larger one needs."""

from dataclasses import replace

import pytest

from assay.decision.decision_table import open_questions
from assay.decision.larger_base import larger_base
from assay.models.base_sizes import BASE_WEIGHTS, LARGER
from helpers.weighings import FLOOR, N, arm, weighed

GB = 2**30
LORA = arm("lora", range(60), 1.0, fit=600.0)  # ten minutes
TFIDF = arm("tfidf", range(20), 0.001, kind="tfidf", floor=True)


def report(*arms, weights=BASE_WEIGHTS, **environment):
    data = weighed(FLOOR, *arms)
    machine = {
        "base": "small",
        "models": {"small": {"weights": weights}, "other": {"weights": LARGER[0].weights}},
        "gpu": "none",
        "memory": 16 * GB,
    }
    return {**data, "environment": {**machine, **environment}}


def test_it_says_on_which_base_how_large_and_what_a_larger_one_needs_here():
    data = report(TFIDF, LORA)
    said = larger_base(data)
    assert said.startswith("lora lost to tfidf on small, a base of 135M weights.")
    # ten minutes times 494 and 1,544 million over 135 million weights
    small, large = LARGER
    assert f"a 0.5B base needs about {small.memory} GB and about 37 minutes here" in said
    assert f"a 1.5B base needs about {large.memory} GB and about 115 minutes here" in said
    assert "this machine has 16 GB" in said
    assert said.endswith(f"Add {{kind: lora, model: {small.name}}} to compare.")
    assert said in open_questions(data)


def test_of_a_training_that_was_ended_no_minutes_are_known():
    said = larger_base(report(TFIDF, replace(LORA, status="pruned", records=[])))
    assert "4 times the training time of lora" in said and "minutes" not in said


def test_its_own_base_counts_and_the_largest_has_no_larger_one():
    said = larger_base(report(TFIDF, replace(LORA, settings={"model": "other"})))
    assert "on other, a base of 0.5B weights" in said and "0.5B base needs" not in said
    assert "about 31 minutes here" in said
    assert larger_base(report(TFIDF, LORA, weights=7_000_000_000)) == (
        "lora lost to tfidf on small, a base of 7.0B weights."
    )


@pytest.mark.parametrize(
    "data",
    [
        report(arm("lora", range(20), 1.0), replace(TFIDF, status="failed", records=[])),
        report(TFIDF),
        report(TFIDF, LORA, models={}),
    ],
    ids=["lora won", "no lora", "size not known"],
)
def test_otherwise_nothing_is_said(data):
    assert larger_base(data) == "" and data["rows"]["test"] == N


def test_memory_of_the_machine_says_nothing_where_a_card_trains():
    assert "this machine" not in larger_base(report(TFIDF, LORA, gpu="NVIDIA H100"))
