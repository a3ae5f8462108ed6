"""What a candidate's answers to val rows are worth, read in one or two ways.

As they are  the label with the highest score
Unbiased     what the prompt prefers by itself is taken away first: the mean share of each label
             over these rows, whose own labels are not read (batch calibration). It costs no call:
             the scores of all labels are there
Rank         the mean log share of the right label: it tells a near miss from a far one, and so
             apart what scores alike. It decides between equals only: prompts that are surer of all
             they say differ in it for no good reason
Source       Zhou et al. (2024), Batch Calibration, arxiv.org/abs/2309.17249; Zhou et al. (2023),
             Large Language Models are Human-Level Prompt Engineers, arxiv.org/abs/2211.01910,
             section 3.2 (log probability as score)
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from assay.core.types import Answer, Example
from assay.strategies.linear.calibration import Calibration, prior_correction, shares
from assay.strategies.prompting.prompted_arm import best_label
from assay.strategies.prompting.search.successive_halving import Worth

if TYPE_CHECKING:
    import numpy as np

# (rows, answers) -> the metric, higher is better
Judge = Callable[[Sequence[Example], Sequence[Answer]], float]


def worths(
    rows: Sequence[Example],
    answers: Sequence[Answer],
    labels: Sequence[str],
    judge: Judge,
    *,
    calibrate: bool,
) -> list[Worth]:
    """As the answers are; with `calibrate`, where they have scores of labels, also without what the
    prompt prefers."""
    import numpy as np

    value = judge(rows, answers)
    if not all(answer.scores for answer in answers):
        return [Worth(value, value)]
    scores = shares(np.array([answer.scores for answer in answers]))
    right = [labels.index(row.target or "") for row in rows]
    found = [Worth(value, log_share(scores, right))]
    if calibrate:
        taken = prior_correction(scores)
        shifts = {label: round(shift, 4) for label, shift in zip(labels, taken.bias, strict=True)}
        scores = Calibration(1.0, tuple(shifts.values()))(scores)
        value = judge(rows, [best_label(labels, row) for row in scores])
        found.append(Worth(value, log_share(scores, right), shifts))
    return found


def log_share(scores: "np.ndarray", right: Sequence[int]) -> float:
    """Mean log share of the right label; `scores` are log shares, (rows, labels)."""
    return float(scores[range(len(right)), list(right)].mean())
