"""Verdicts on pairs of answers, made from what a judge said with both orders.

Won          the same answer is preferred in both places; else, and where an answer of the judge
             cannot be read, a tie
Share        (won + ties / 2) / rows, with its bootstrap interval over rows; rows answered alike are
             ties without asking
Position     share of the judge's answers that prefer what stands first: 0.5 without a bias; and how
             often both orders lead to the same answer
People       of the rows that people rated, ties on either side left out, the share on which the
             judge says the same
Watch out    a judge favours long answers and those of its own model, and reads what answers tell it
             to do
Source       Zheng et al. (2023), Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena,
             arxiv.org/abs/2306.05685; Wang et al. (2024), Large Language Models are not Fair
             Evaluators, aclanthology.org/2024.acl-long.511
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from assay.evaluation.metrics.accuracy import mean
from assay.stats.intervals import Weights, metric_interval
from assay.stats.paired_tests import paired_p

FIRST, SECOND = "A", "B"  # what the judge says


def verdict(forward: str | None, backward: str | None) -> int:
    """1 when the first arm's answer won, -1 when the second's did, 0 for a tie.

    Args:
        forward: what the judge said with the first arm's answer at A. backward: with it at B.
    """
    if (forward, backward) == (FIRST, SECOND):
        return 1
    return -1 if (forward, backward) == (SECOND, FIRST) else 0


def summarise_verdicts(verdicts: Sequence[int], *, level: float, seed: int) -> dict[str, Any]:
    """{"n", "won", "lost", "ties", "share": {"value", "low", "high"}, "p"} of one pair of arms; `p`
    is two-sided, None for fewer than two rows."""
    said = np.array(verdicts, dtype=np.float64)
    share = ((said + 1) / 2).reshape(-1, 1)

    def total(sums: Any, n: Any) -> Any:
        return mean(np.asarray(sums)[..., 0], n)

    drawn = Weights(len(share), seed=seed).values(share, total)
    found = metric_interval(share, total, drawn, level=level)
    p = paired_p(share, 1 - share, total, seed=seed) if len(share) > 1 else None
    return {
        "n": len(share),
        "won": int((said > 0).sum()),
        "lost": int((said < 0).sum()),
        "ties": int((said == 0).sum()),
        "share": {name: round(float(getattr(found, name)), 6) for name in ("value", "low", "high")},
        "p": None if p is None else float(f"{p:.6g}"),
    }


def position(said: Sequence[tuple[str | None, str | None]]) -> dict[str, Any] | None:
    """{"n", "first", "same", "unreadable"}: of so many rows asked in both orders the share of
    answers that prefer what stands first, and of rows where both orders prefer the same answer.
    None where nothing was asked."""
    read = [answer for pair in said for answer in pair if answer is not None]
    if not read:
        return None
    return {
        "n": len(said),
        "first": round(sum(answer == FIRST for answer in read) / len(read), 6),
        "same": round(sum(verdict(*pair) != 0 for pair in said) / len(said), 6),
        "unreadable": 2 * len(said) - len(read),
    }


def agreement(
    verdicts: Mapping[tuple[str, str, str], int],
    ratings: Sequence[Mapping[str, str]],
    *,
    level: float,
    seed: int,
) -> dict[str, Any] | None:
    """How often judge and people prefer the same answer: {"n", "ties", "share"}; None where they
    met on no row.

    Args:
        verdicts: (row, first arm, second arm) -> verdict. ratings: {"id", "first", "second",
            "better"} each, of either order of the arms.
    """
    same, ties = [], 0
    for one in ratings:
        said = verdicts.get((one["id"], one["first"], one["second"]))
        if (
            said is None
            and (turned := verdicts.get((one["id"], one["second"], one["first"]))) is not None
        ):
            said = -turned
        if said is None:
            continue
        theirs = {"first": 1, "second": -1}.get(one["better"], 0)
        if said and theirs:
            same.append(1 if said == theirs else -1)
        else:
            ties += 1
    if not same:
        return None
    return {
        "n": len(same),
        "ties": ties,
        "share": summarise_verdicts(same, level=level, seed=seed)["share"],
    }
