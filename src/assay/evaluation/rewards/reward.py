"""What a reward is: a part of a strategy that gives each answer a number; and the weighted sum of
several.

Settings   `RewardPart`: a kind, a weight, and whether it reads what only rows with targets have
At work    `AnswerScorer`: rows and answers in, one number an answer out, higher is better
Sum        `RewardSum` adds them up by weight, keeps what each said, and refuses what is no number
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from pydantic import Field

from assay.core.errors import Problem, TrainError
from assay.core.types import Answer, Example, Kept, Learner, Lesson, Part

LARGEST = 1e9  # in size: sums of squares of larger ones have no place in 32 bits
NUMBERS = "give one number from -1e9 to 1e9 an answer, in the order of the answers"


class AnswerScorer(Kept):
    """A reward at work."""

    @abstractmethod
    def score(self, rows: Sequence[Example], answers: Sequence[Answer]) -> Sequence[float]:
        """One number an answer, higher is better.

        Args:
            rows: of each answer its row, with the target where the reward's settings say
                `needs_target`.
        """

    def save(self, folder: Path) -> None:
        """Most have nothing to keep but their settings."""


class RewardPart(Part):
    """Settings of a reward."""

    # the number is multiplied by it before it is added to those of other rewards
    weight: float = Field(default=1.0, ge=-1000, le=1000)
    reads = ()
    # True where it reads a row's target or tests, which no question has that is asked in use
    needs_target: ClassVar[bool] = False

    @abstractmethod
    def fit(self, lesson: Lesson) -> AnswerScorer: ...

    def restore(self, folder: Path, lesson: Lesson) -> AnswerScorer:
        return self.fit(lesson)


@dataclass(frozen=True)
class Rewards:
    """Of some answers.

    Attributes:
        total: (answers,), float64. parts: name of a reward -> (answers,), before its weight.
    """

    total: np.ndarray
    parts: dict[str, np.ndarray]


class RewardSum:
    """Several rewards at work, added up by weight."""

    def __init__(self, settings: Sequence[RewardPart], scorers: Sequence[AnswerScorer]):
        self.settings, self.scorers = tuple(settings), tuple(scorers)
        self.names = names_of(self.settings)

    @classmethod
    def fit(cls, settings: Sequence[RewardPart], lesson: Lesson) -> RewardSum:
        return cls(settings, [one.fit(lesson) for one in settings])

    @classmethod
    def restore(cls, settings: Sequence[RewardPart], folder: Path, lesson: Lesson) -> RewardSum:
        places = [folder / name for name in names_of(settings)]
        pairs = zip(settings, places, strict=True)
        return cls(settings, [one.restore(place, lesson) for one, place in pairs])

    def save(self, folder: Path) -> None:
        for name, scorer in zip(self.names, self.scorers, strict=True):
            (folder / name).mkdir(parents=True, exist_ok=True)
            scorer.save(folder / name)

    def of(self, rows: Sequence[Example], answers: Sequence[Answer]) -> Rewards:
        """
        Raises:
            TrainError: T111, a reward is no number or above `LARGEST`, or there are too few or too
                many; and as the rewards themselves.
        """
        parts = {
            name: checked(name, scorer.score(rows, answers), rows)
            for name, scorer in zip(self.names, self.scorers, strict=True)
        }
        total = np.zeros(len(answers))
        for one, values in zip(self.settings, parts.values(), strict=True):
            total += one.weight * values
        return Rewards(total, parts)


def names_of(settings: Sequence[RewardPart]) -> list[str]:
    """A name for each: its kind, with a number where another of the kind stands before it."""
    kinds = [one.kind for one in settings]
    counts = [kinds[:at].count(kind) for at, kind in enumerate(kinds)]
    return [f"{kind}-{n + 1}" if n else kind for kind, n in zip(kinds, counts, strict=True)]


def checked(name: str, values: Sequence[float], rows: Sequence[Example]) -> np.ndarray:
    """The values as float64, (answers,).

    Raises:
        TrainError: T111.
    """
    if len(values) != len(rows):
        text = f"the reward '{name}' gave {len(values)} numbers for {len(rows)} answers"
        raise TrainError(Problem("T111", text, help=NUMBERS))
    found = np.asarray(values, dtype=np.float64)
    for row, value in zip(rows, found, strict=True):
        if not abs(value) <= LARGEST:  # nor is NaN
            text = f"the reward '{name}' of an answer to row {row.id} is {value:g}"
            raise TrainError(Problem("T111", text, row.source, help=NUMBERS))
    return found


def reward_settings(given: Sequence[Learner], *, targets: bool) -> tuple[RewardPart, ...]:
    """The parts that a strategy names under `reward`.

    Args:
        targets: whether the rows that are scored have theirs.

    Raises:
        ValueError: what is wrong, in the file's words.
    """
    found = []
    for one in given:
        if not isinstance(one, RewardPart):
            raise ValueError(f"reward: {one.kind} is no reward")
        if one.needs_target and not targets:
            raise ValueError(
                f"reward: {one.kind} reads the row's target, which a question in use does not have;"
                " take check, form, length, policy, judge, model or python"
            )
        found.append(one)
    if not any(one.weight for one in found):
        raise ValueError("reward: all weights are 0, so no answer is better than another")
    return tuple(found)
