"""Rates of failure against scipy's exact test and Wilson's formula."""

import pytest
from scipy.stats import fisher_exact

from assay.core.types import Answer
from assay.deployment.monitoring.failure_rates import flags, least_of, rates


def answers(n, **failed):
    return [
        Answer("yes", confidence=0.5 + at / (2 * n)) for at in range(n - sum(failed.values()))
    ] + [
        Answer(None, **({kind: True} if kind != "unreadable" else {}))
        for kind, k in failed.items()
        for _ in range(k)
    ]


def test_more_failures_than_in_the_exam():
    exam, log = answers(200, abstained=4), answers(300, abstained=30, unreadable=3)
    found = rates(flags(log), flags(exam), 0.95)
    assert found["abstained"]["p"] == pytest.approx(
        fisher_exact([[30, 270], [4, 196]], alternative="greater").pvalue
    )
    assert found["unreadable"]["log"]["k"] == 3 and found["refused"]["log"]["k"] == 0
    # Wilson for 30 of 300, by hand: (0.1 + 1.9208 / 300 +- 1.96 sqrt(0.09 / 300 + 0.9604 / 90000))
    # / (1 + 3.8416 / 300)
    assert found["abstained"]["log"]["low"] == pytest.approx(0.0709, abs=2e-4)
    assert found["abstained"]["log"]["high"] == pytest.approx(0.1391, abs=2e-4)


def test_doubtful_is_what_a_tenth_of_the_exam_does_not_reach():
    exam = answers(200)
    least = least_of(exam)
    assert least == pytest.approx(0.5 + 0.1 * 199 / 400)
    found = rates(flags(exam, least), flags(exam, least), 0.95)
    assert found["doubtful"]["exam"]["value"] == pytest.approx(0.1)
    assert found["doubtful"]["p"] > 0.5


def test_without_confidence_nothing_is_said_of_it():
    plain = [Answer("yes")] * 50
    assert least_of(plain) is None and "doubtful" not in rates(flags(plain), flags(plain), 0.95)


def test_few_answers_give_a_rate_and_no_test():
    found = rates(flags(answers(10, refused=2)), flags(answers(200)), 0.95)
    assert found["refused"]["log"]["value"] == 0.2 and found["refused"]["p"] is None
