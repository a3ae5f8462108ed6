"""Bits a byte and perplexity, by hand."""

import math

import numpy as np
import pytest

from assay.core.types import Answer, Record, Task
from assay.evaluation.scoring import judge
from helpers.answer_records import QUESTION

READ = Task(kind="answer", metrics=("bits_per_byte", "perplexity"))


def test_a_model_that_knows_nothing_wavers_between_all_tokens():
    # 480 tokens, each as likely as any other: perplexity 480; ten tokens of a text of 40 bytes: 10
    # log2(480) / 40 bits.
    rows = [
        Record(QUESTION, "x" * 40, (), Answer("", nats=10 * math.log(480), read=10))
        for _ in range(3)
    ]
    values = judge(rows, READ).values
    assert values["perplexity"] == pytest.approx(480)
    assert values["bits_per_byte"] == pytest.approx(10 * math.log2(480) / 40)


def test_likelihoods_are_summed_before_they_are_shared_out_and_missing_ones_are_left_out():
    rows = [
        Record(QUESTION, "é" * 5, (), Answer("", nats=2.0, read=4)),
        Record(QUESTION, "a" * 20, (), Answer("", nats=8.0, read=4)),
    ]
    rows.append(Record(QUESTION, "not read", (), Answer("")))
    values = judge(rows, READ).values
    assert values["perplexity"] == pytest.approx(math.exp(10 / 8))
    assert values["bits_per_byte"] == pytest.approx(10 / math.log(2) / 30)
    silent = judge(rows[2:], READ).values
    assert math.isnan(silent["perplexity"]) and math.isnan(silent["bits_per_byte"])
    assert np.isnan(judge(rows, READ).of_rows("perplexity")[2])
