"""Questions as rows of numbers for the network, by what was seen in train."""

import json
from dataclasses import replace

import numpy as np
import pytest

from assay.evaluation.metrics.token_f1 import overlap
from assay.strategies.spans.span_reader import SpanEncoder, sentences_of, worth
from helpers.passage_rows import row

ROWS = [
    row("Who opened the bridge?", "Anna Berg"),
    row("When was it opened?", "May 1931"),
    row("How long is it?", "345 metres"),
]


def test_a_run_is_worth_the_f1_of_its_words():
    texts = ["the red barn", "red barn door", "house", "Barn"]
    one = replace(row("?", "red barn", "x"), also=("door",))
    assert worth(one, texts) == pytest.approx(
        [max(overlap(t, "red barn"), overlap(t, "door")) for t in texts], abs=1e-6
    )


def test_every_run_of_a_question_has_a_text_and_a_row_of_numbers():
    reading = SpanEncoder.of(ROWS, {})
    posed = reading.encode_row(ROWS[0], {})
    assert posed.columns.shape == (len(posed.texts), reading.known.width + 1)
    assert reading.longest == 2, "no answer of train is longer"
    assert {"Anna Berg", "May 1931", "345 metres"} <= set(posed.texts)
    assert np.isfinite(posed.columns).all() and np.isfinite(posed.asked).all()


def test_an_answer_that_stands_in_no_passage_is_a_run_where_many_rows_have_it():
    lost = [row(f"Why {n}?", "unknown") for n in range(3)]
    assert SpanEncoder.of([*ROWS, *lost[:2]], {}).nowhere == ""
    reading = SpanEncoder.of([*ROWS, *lost], {})
    posed = reading.encode_row(ROWS[0], {})
    assert posed.texts[-1] == reading.nowhere == "unknown"
    assert posed.columns[:, -1].tolist() == [0] * (len(posed.texts) - 1) + [1]


def test_a_question_without_a_passage_has_no_runs():
    posed = SpanEncoder.of(ROWS, {}).encode_row(row("Who?", None, ""), {})
    assert posed.texts == [] and len(posed.columns) == 0


def test_it_comes_back_from_json():
    reading = SpanEncoder.of(ROWS, {})
    saved = json.loads(json.dumps(reading.to_json()))
    assert SpanEncoder.from_json(saved, reading.order, None) == reading


def test_directions_of_questions_have_mean_zero_and_deviation_one():
    draw = np.random.default_rng(0)
    questions = [row.messages[-1].content for row in ROWS]
    known = dict(zip([*questions, *sentences_of(ROWS)], draw.standard_normal((9, 4)), strict=False))
    axes = SpanEncoder.of(ROWS, known).axes
    assert axes is not None and axes.shape == (5, 2)  # three questions differ in two directions
    projected = np.array([known[text] for text in questions]) @ axes[:-1] - axes[-1]
    assert projected.mean(0) == pytest.approx([0, 0], abs=1e-5)
    assert projected.std(0) == pytest.approx([1, 1], abs=1e-5)
