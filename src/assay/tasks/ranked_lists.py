"""Candidates of a query, put in order: how grades and orders are written as one line.

What it is for   the task kind `rank`: the target is the candidates' grades, `2 0 1`; an answer is
                 an order of their places, `1 3 2`, best first
"""

from collections.abc import Sequence
from typing import Any

YES, NO = "yes", "no"


def grades_of(value: Any, candidates: Sequence[str]) -> list[float]:
    """The grades of a field: a list of numbers or truth values, one a candidate; the texts or the
    places (from 0) of the relevant ones; or one of these alone.

    Raises:
        ValueError: what is wrong, as a phrase that is the same for all rows with that fault.
    """
    values = value if isinstance(value, list) else [value]
    if len(values) == len(candidates) and all(isinstance(one, int | float) for one in values):
        found = [float(one) for one in values]
        if any(not 0 <= grade < 1e6 for grade in found):
            raise ValueError("has a grade that is negative or too large")
        return found
    places = []
    for one in values:
        text = str(one).strip() if isinstance(one, str | int) else ""
        if text in candidates:
            places.append(list(candidates).index(text))
        elif text.isdigit() and int(text) < len(candidates):
            places.append(int(text))
        else:
            raise ValueError("has neither a grade for each candidate, nor names the relevant ones")
    return [float(place in places) for place in range(len(candidates))]


def format_grades(grades: Sequence[float]) -> str:
    """`2 0 1`."""
    return " ".join(f"{grade:g}" for grade in grades)


def grades_in(line: str) -> list[float]:
    return [float(part) for part in line.split()]


def format_ranking(scores: Sequence[float]) -> str:
    """The places from 1 by falling scores; of equals the first."""
    order = sorted(range(len(scores)), key=lambda place: (-round(float(scores[place]), 5), place))
    return " ".join(str(place + 1) for place in order)


def order_in(line: str, count: int) -> list[int]:
    """The places (from 0) that a line names, each once and none beyond `count`."""
    places = [int(part) - 1 for part in line.split() if part.isdigit()]
    return [place for place in dict.fromkeys(places) if 0 <= place < count]
