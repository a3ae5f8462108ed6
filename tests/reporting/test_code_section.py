"""What running an arm's answers came to, counted and in a sentence."""

from assay.core.types import Answer, Example, Message, Record, Task
from assay.evaluation.sandbox.python import KINDS as OUTCOMES
from assay.reporting.code_section import KINDS, arms, counts, outcome_kinds, sentence
from helpers.lines import named

QUESTION = Example("r", (Message("user", "?"),))


def record(kind):
    return Record(QUESTION, "x", (), Answer("x", ran=(kind, 0, "")))


def strategy(name, **found):
    outcomes = dict.fromkeys((key for key, _, _ in KINDS), 0) | found
    n = sum(outcomes.values())
    value = {"value": outcomes["passed"] / n, "low": 0.5, "high": 0.9}
    return {"name": name, "n": n, "outcomes": outcomes, "metrics": {"pass_at_1": value}}


def data(*strategies):
    return {"strategies": strategies, "task": {"metric": "pass_at_1", "level": 0.95}}


def test_every_outcome_has_a_row_and_only_code_has_outcomes():
    rows = [record(kind) for kind in OUTCOMES]
    found = counts(rows, Task(kind="code"))
    assert found is not None and set(found.values()) == {1} and len(found) == len(OUTCOMES)
    assert counts(rows, Task(kind="answer")) is None


def test_the_best_arm_is_told_with_what_its_failures_came_to():
    told = data(
        {"name": "no code", "outcomes": None},
        strategy("worse", passed=3, timeout=7),
        strategy("best", passed=7, wrong_value=2, exception=1),
    )
    assert [(place, one["name"]) for place, one in arms(told)] == [(2, "best"), (1, "worse")]
    said = sentence(told)
    assert named(said, "7 of the 10 programs of best passed", "0.700", "0.500 to 0.900", "95 %")
    assert said.endswith("Of the 3 others, 2 gave a wrong value, 1 ended with an exception.")


def test_a_kind_that_no_answer_came_to_has_no_column():
    told = data(strategy("one", passed=0, timeout=3))
    assert [key for key, _ in outcome_kinds(told)] == ["passed", "timeout"]
