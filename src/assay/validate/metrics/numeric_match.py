"""Share of the test rows whose answer is the right number, however it is written.

What it reads    a number after `####` (a worked solution) or after "answer is", else the last one of the text: 1,234.5;
                 -3; 2.5e6; .5; 3/4; 1 1/2; $3.00; 12 %; 3 million is 3. Signs of currency and units are left out
Equal            within `aim.tolerance` of the target, as a share of it (1e-6: equal but for rounding); targets of 0
                 within `aim.tolerance` itself
Percent          12 % is 12, or 0.12; where one side has the sign and the other has not, either is right
Unreadable       an answer without a number is wrong, and stays in n; so is every answer to a target without one
Watch out        a comma before three digits separates thousands, any other comma ends a number: 1.234,5 is read wrongly
Source           `####`: Cobbe et al. (2021), GSM8K, arxiv.org/abs/2110.14168; the last number: Kojima et al. (2022),
                 arxiv.org/abs/2205.11916
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.nouns import Metric, Record, Task
from assay.validate.metrics.accuracy import mean

_PLAIN = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?|\.\d+"
NUMBER = re.compile(
    # A sign counts where no word or number stands before it: 3-4 is not 3 and -4.
    rf"(?P<sign>(?<![\w.)])[-+\u2212][$€£¥]?\s?)?(?<![\w.])(?:(?P<whole>\d+)\s+)?"
    rf"(?:(?P<top>\d+)\s?/\s?(?P<under>\d+)(?![\d/])|(?P<plain>{_PLAIN}))(?P<percent>\s?(?:%|percent\b))?"
)
SOLVED = re.compile(r"####\s*(.+)")
SAID = re.compile(r"\b(?:answer|result|total) (?:is|would be|must be)\b:?(.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Number:
    value: float
    percent: bool = False


def number_of(text: str) -> Number | None:
    """The number that a text answers with; None where it has none."""
    for pattern in (SOLVED, SAID):
        if (said := pattern.findall(text)) and (found := list(NUMBER.finditer(said[-1]))):
            return _read(found[0] if pattern is SOLVED else found[-1])
    found = list(NUMBER.finditer(text))
    return _read(found[-1]) if found else None


def _read(match: re.Match[str]) -> Number | None:
    if match["under"]:
        if not int(match["under"]):
            return None
        value = int(match["top"]) / int(match["under"]) + int(match["whole"] or 0)
    else:
        value = float(match["plain"].replace(",", ""))
    sign = -1 if (match["sign"] or "+")[0] in "-\u2212" else 1
    return Number(sign * value, match["percent"] is not None)


def equal(answer: str, target: str, tolerance: float) -> bool:
    """Whether both texts give the same number."""
    ours, theirs = number_of(answer), number_of(target)
    if ours is None or theirs is None:
        return False
    values = [ours.value]
    if ours.percent != theirs.percent:
        values.append(ours.value / 100 if ours.percent else ours.value * 100)
    return any(abs(value - theirs.value) <= tolerance * (abs(theirs.value) or 1.0) for value in values)


class NumericMatch(Metric):
    """One column: 1 for the right number, else 0."""

    name = "numeric_match"
    about = "share of the rows whose answer is the right number, however it is written"

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        return np.array([self._right(record, task) for record in records], dtype=np.float64).reshape(-1, 1)

    def _right(self, record: Record, task: Task) -> bool:
        text = record.answer.text
        return text is not None and any(equal(text, one, task.tolerance) for one in (record.target, *record.also))

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        return mean(sums[..., 0], n)
