"""Numbers read from text, JSON, and likelihoods."""

import json
import math

import numpy as np
import pytest

from assay.core.types import Answer, Example, Form, Message, Record, Task
from assay.evaluation.metrics.numeric_match import equal
from assay.evaluation.scoring import judge
from assay.tasks.number_parsing import number_of

QUESTION = Example("r", (Message("user", "?"),))
NUMBERS = Task(kind="answer", metrics=("numeric_match",))


def test_percent_is_a_mark():
    assert equal("12 %", "12", 1e-6) and equal("12 %", "0.12", 1e-6) and equal("0.12", "12%", 1e-6)
    assert not equal("12 %", "0.12 %", 1e-6) and not equal("1200", "12 %", 1e-6)


def test_numbers_are_equal_within_a_share_of_the_target():
    assert equal("3.1416", "3.14159", 1e-5) and not equal("3.1416", "3.14159", 1e-6)
    assert equal("100,000.00", "1e5", 0) and not equal("0.1", "0", 1e-6) and equal("0.0", "0", 0)
    rows = [
        Record(QUESTION, "200", (), Answer(text)) for text in ("201", "210", None, "two hundred")
    ]
    task = Task(kind="answer", metrics=("numeric_match",), tolerance=0.01)
    assert judge(rows, task).of_rows("numeric_match").tolist() == [1, 0, 0, 0]
    assert judge(rows, NUMBERS).values["numeric_match"] == 0


@pytest.mark.slow
def test_every_worked_solution_of_gsm8k_gives_its_own_number(shared_data):
    lines = (shared_data("gsm8k") / "test.jsonl").read_text(encoding="utf-8").splitlines()
    solutions = [json.loads(line)["answer"] for line in lines]
    # What the data set's own reader takes: all after ####, commas left out
    # (github.com/openai/grade-school-math).
    expected = [
        float(solution.rsplit("####", 1)[1].strip().replace(",", "")) for solution in solutions
    ]
    assert [found and found.value for found in map(number_of, solutions)] == expected
    rows = [
        Record(QUESTION, solution, (), Answer(f"So it is {value:,g}."))
        for solution, value in zip(solutions, expected, strict=True)
    ]
    assert judge(rows, NUMBERS).values["numeric_match"] == 1


SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name"],
    "additionalProperties": False,
}
TEXTS = {
    '{"name": "Ann", "age": 7}': (True, True),
    ' {"age": 7,\n "name": "Ann"} ': (True, True),
    '{"age": 7}': (True, False),
    '{"name": "Ann", "age": -1}': (True, False),
    "[1, 2]": (True, False),
    '{"name": "Ann",}': (False, False),
    "{'name': 'Ann'}": (False, False),
    '{"name": NaN}': (False, False),
    '```json\n{"name": "Ann"}\n```': (False, False),
    '{"name": "Ann"': (False, False),
    "": (False, False),
    "[" * 100_000: (False, False),
}


def test_json_is_valid_and_fits_its_schema():
    rows = [Record(QUESTION, "x", (), Answer(text or None, raw=text)) for text in TEXTS]
    plain = judge(rows, Task(kind="answer", metrics=("json_valid",)))
    assert plain.of_rows("json_valid").tolist() == [float(valid) for valid, _ in TEXTS.values()]
    form = Form("json", json.dumps(SCHEMA))
    fitting = judge(rows, Task(kind="answer", metrics=("json_valid",), form=form))
    assert fitting.of_rows("json_valid").tolist() == [float(fits) for _, fits in TEXTS.values()]


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
