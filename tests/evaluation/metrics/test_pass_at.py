"""pass@k against its definition: the chance that k of n programs, drawn without return, have one
that passes."""

import itertools
import math

import numpy as np
import pytest

from assay.core.types import Answer, Checks, Example, Message, Record, Task
from assay.evaluation.code_outcomes import NO_CODE, outcomes, ran, spread, with_outcomes
from assay.evaluation.metrics.pass_at import pass_at_k
from assay.evaluation.scoring import judge
from assay.strategies.prompting.prompted_arm import Prompted
from helpers import bubblewrap


@pytest.mark.parametrize("n", [1, 2, 5, 7])
def test_it_is_the_share_of_draws_that_have_one(n):
    for c in range(n + 1):
        passes = [True] * c + [False] * (n - c)
        for k in range(1, n + 1):
            draws = [any(draw) for draw in itertools.combinations(passes, k)]
            assert pass_at_k(n, c, k) == pytest.approx(sum(draws) / len(draws), abs=1e-12)


def test_it_is_the_published_formula_where_that_would_overflow():
    # Chen et al. 2021, equation 1; the numbers of samples are the paper's n = 200
    for c, k in ((1, 1), (10, 1), (10, 10), (50, 100), (150, 100)):
        wanted = 1 - math.comb(200 - c, k) / math.comb(200, k)
        assert pass_at_k(200, c, k) == pytest.approx(wanted, abs=1e-12)
    assert pass_at_k(200, 13, 1) == pytest.approx(13 / 200)


def test_it_is_unbiased_where_the_plain_estimate_is_not():
    draw, rate, n, k = np.random.default_rng(0), 0.3, 10, 5
    counts = draw.binomial(n, rate, size=20_000)
    wanted = 1 - (1 - rate) ** k
    unbiased = np.mean([pass_at_k(n, c, k) for c in counts])
    plain = np.mean([1 - (1 - c / n) ** k for c in counts])
    assert abs(unbiased - wanted) < 0.005 < abs(plain - wanted)


def test_what_cannot_be_is_refused():
    for n, c, k in ((3, 4, 1), (3, -1, 1), (3, 1, 4), (3, 1, 0)):
        with pytest.raises(ValueError, match="pass@"):
            pass_at_k(n, c, k)


def record(text, tests=("assert f(1) == 2",), **more):
    question = Example("a", (Message("user", "add one"),))
    return Record(
        question, "def f(x): return x + 1", (), Answer(text, **more), checks=Checks(tests)
    )


def test_an_answer_without_a_program_has_failed_and_needs_no_sandbox(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    task = Task(kind="code")
    assert outcomes([record(None)], task) == [NO_CODE]
    scores = judge([record(None), record("x", ran=("passed", 0, ""))], task)
    assert scores.values == {"pass_at_1": 0.5} and scores.n == 2


@pytest.mark.slow
def test_answers_are_run_in_order():
    if reason := bubblewrap.missing():
        pytest.skip(reason)
    texts = [
        "def f(x): return x + 1",
        "def f(x): return 3",
        "def f(x): return y",
        None,
        "f = lambda x: 2",
    ]
    found = outcomes([record(text) for text in texts], Task(kind="code"))
    assert [one.kind for one in found] == [
        "passed",
        "wrong value",
        "exception",
        "not parsed",
        "passed",
    ]
    scores = judge([record(text) for text in texts], Task(kind="code"))
    assert scores.values["pass_at_1"] == pytest.approx(0.4)


def test_drawn_programs_give_the_estimate_and_a_single_one_itself():
    right, wrong = ("passed", 0, ""), ("wrong value", 0, "")
    drawn = record(
        "x", ran=wrong, samples=("a",) * 10, sampled=("passed",) * 3 + ("exception",) * 7
    )
    records = [drawn, record("x", ran=right), record("x", ran=wrong)]
    task = Task(kind="code", samples=10)
    found = {name: rows[:, 0].tolist() for name, rows in judge(records, task).rows.items()}
    assert list(found) == ["pass_at_1", "pass_at_5", "pass_at_10"]
    assert found["pass_at_1"] == [0, 1, 0] and found["pass_at_10"] == [1, 1, 0]
    assert found["pass_at_5"] == pytest.approx([1 - math.comb(7, 5) / math.comb(10, 5), 1, 0])


@pytest.mark.slow
def test_drawn_programs_are_run_like_answers():
    if reason := bubblewrap.missing():
        pytest.skip(reason)
    texts = ("def f(x): return x + 1", None, "def f(x): return 2", "def f(x): return 0", "f = 3")
    one = record("def f(x): return 0", samples=texts)
    found = judge([one], Task(kind="code", samples=5))
    assert found.values == {"pass_at_1": 0.0, "pass_at_5": 1.0}
    (kept,) = with_outcomes([one], list(ran(spread([one]), Task(kind="code"))))
    assert kept.answer.sampled == ("passed", "not parsed", "passed", "wrong value", "wrong value")
    assert Answer.from_json(kept.answer.to_json()) == kept.answer


def test_a_model_draws_as_many_programs_as_it_is_asked_for(open_tiny):
    task = Task(kind="code", samples=5, max_answer_tokens=8)
    arm = Prompted(open_tiny("tiny"), task, labels=False, room=8)
    questions = [Example(str(n), (Message("user", f"add {n}"),)) for n in range(2)]
    answers = arm.answer(questions)
    assert [len(answer.samples) for answer in answers] == [5, 5]
    assert arm.answer(questions) == answers  # drawn by the seed
    plain = Prompted(open_tiny("tiny"), Task(kind="code"), labels=False, room=8).answer(questions)
    assert [answer.raw for answer in plain] == [answer.raw for answer in answers]
