"""How often answers fail in the log and in the exam: abstained, unreadable, cut, refused, with
little confidence.

Test       Fisher's exact test, one-sided: is it surely more than in the exam? The exam's own rate
           is an estimate too
Interval   Wilson's
Unit       the family: a question asked in nearly the same words counts once, as its first row was
           answered
Doubtful   a confidence below that which a tenth of the exam's answers have
Source     Fisher (1922), doi.org/10.2307/2340521
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from assay.audits.human_review.tally import wilson
from assay.core.types import Answer

KINDS = ("abstained", "unreadable", "cut", "refused")
DOUBTFUL = "doubtful"
TENTH = 0.1
FEWEST = 20  # answers on each side


def flags(answers: Sequence[Answer], least: float | None = None) -> dict[str, np.ndarray]:
    """Kind of failure -> (answers,) float: 1 it failed so, 0 it did not, NaN it is not known.

    Args:
        least: the confidence under which an answer is doubtful; None leaves that kind out.
    """
    found = {
        "abstained": [float(one.abstained) for one in answers],
        "unreadable": [
            float(one.text is None and not one.refused and not one.abstained) for one in answers
        ],
        "cut": [float(one.truncated) for one in answers],
        "refused": [float(one.refused) for one in answers],
    }
    if least is not None:
        found[DOUBTFUL] = [
            np.nan if one.confidence is None else float(one.confidence < least) for one in answers
        ]
    return {name: np.asarray(values) for name, values in found.items()}


def least_of(answers: Sequence[Answer]) -> float | None:
    """The confidence that a tenth of the answers do not reach; None where too few have one."""
    known = [one.confidence for one in answers if one.confidence is not None]
    return float(np.quantile(known, TENTH)) if len(known) >= FEWEST else None


def rates(
    log: Mapping[str, np.ndarray], exam: Mapping[str, np.ndarray], level: float
) -> dict[str, dict[str, Any]]:
    """Kind -> {"log", "exam": {value, low, high, k, n}, "p"}; "exam" and "p" are None where the
    exam has none.

    Args:
        log, exam: see `flags`, one row a family. level: of the intervals.
    """
    told: dict[str, dict[str, Any]] = {}
    for name, values in log.items():
        own = values[~np.isnan(values)]
        other = exam[name][~np.isnan(exam[name])] if name in exam else np.zeros(0)
        if not len(own):
            continue
        told[name] = {"log": share(own, level), "exam": None, "p": None}
        if len(own) >= FEWEST and len(other) >= FEWEST:
            k, m = int(own.sum()), int(other.sum())
            told[name] |= {"exam": share(other, level), "p": more_p(k, len(own), m, len(other))}
    return told


def more_p(k: int, n: int, other: int, m: int) -> float:
    """Fisher's exact p-value, one-sided: is k of n more than `other` of m?"""
    from scipy.stats import hypergeom

    return float(hypergeom.sf(k - 1, n + m, k + other, n))


def share(values: np.ndarray, level: float) -> dict[str, Any]:
    """The share of ones, with Wilson's interval; plain JSON."""
    k, n = int(values.sum()), len(values)
    found = wilson(k, n, level)
    return {
        "value": round(found.value, 6),
        "low": round(found.low, 6),
        "high": round(found.high, 6),
        "k": k,
        "n": n,
    }
