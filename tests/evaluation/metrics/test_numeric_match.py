"""Numbers read from text, JSON, and likelihoods."""

import json

import pytest

from assay.core.types import Answer, Record, Task
from assay.evaluation.metrics.numeric_match import equal
from assay.evaluation.scoring import judge
from assay.tasks.number_parsing import number_of
from helpers.answer_records import QUESTION

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
