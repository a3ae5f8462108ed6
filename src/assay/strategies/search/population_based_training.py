"""A search whose trials are one population: trained side by side, the worst take over the weights
of the best with settings a little off theirs.

What it is for   settings that are best changed on the way, such as the learning rate
Costs            as many trainings as there are members; nothing is trained again
Source           Jaderberg et al. (2017), arxiv.org/abs/1711.09846; who takes over from whom and
                 with which settings: `search/population.py`
Watch out        what is kept was trained with several settings, and the report names the last ones:
                 a strategy that is trained with these alone need not be as good
"""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from assay.core.errors import Stopped, TrainError
from assay.core.types import Adapted, Example, Lesson, Strategy, Tell
from assay.search.population import WHOLE, Member, Population
from assay.strategies.search.trial_events import A_TRIAL, TrialFollower
from assay.strategies.search.trials import (
    failure_text,
    no_trial_error,
    summarise_trials,
    trial_folder,
    trial_lesson,
)

ARM = "arm"  # in a member's folder: what it has become
# values of a trial -> the strategy that has them
StrategyOf = Callable[[Mapping[str, Any]], Strategy]


class RoundOver(Stopped):
    """A training has come as far as its round goes; its state is saved."""


class MemberFollower(TrialFollower):
    """Ends a round of a member's training."""

    def __init__(self, people: Population, member: Member, tell: Tell):
        super().__init__(people, member, tell)
        self.people, self.member = people, member

    def __call__(self, event: dict) -> None:
        if event.get("event") == "evaluation":
            self.member.step = max(self.member.step, event["step"])
        super().__call__(event)
        # a run that was killed before its state was saved takes some steps again
        is_there = event.get("unit") == "step" and event["done"] >= self.member.step
        if is_there and self.member.is_round_over:
            raise RoundOver

    @property
    def done_before(self) -> int:
        others = sum(one.at for one in self.people.members if one is not self.member)
        return A_TRIAL * others // WHOLE


def train_population(
    people: Population, strategy_of: StrategyOf, lesson: Lesson, rows: Sequence[Example]
) -> tuple[Adapted, Mapping[str, Any]]:
    """All members, trained to their ends: the best on `rows` of val, and how it was found.

    Args:
        people: in the lesson's folder.

    Raises:
        TrainError: the first member's, where none came to an end. Stopped: the user interrupted;
            the same call goes on.
    """
    errors: list[TrainError] = []
    copy_states(people)
    while (member := people.next()) is not None:
        errors += _go_on(strategy_of, people, member, lesson, rows)
        copy_states(people)
    if (best := people.best()) is None:
        raise no_trial_error(people.results(), errors)
    folder = trial_folder(people.folder, best.number)
    arm = strategy_of(best.values).restore(folder / ARM, lesson)
    return arm, summarise_trials(people, best, rows)


def _go_on(
    strategy_of: StrategyOf,
    people: Population,
    member: Member,
    lesson: Lesson,
    rows: Sequence[Example],
) -> list[TrainError]:
    """Train it to the end of its round, or to its own end, where it is scored and saved."""
    begun = time.monotonic()
    if member.is_round_over and _saved_step(people, member) >= member.step:
        people.end_round(member)  # a killed run came so far
        return []
    follow = MemberFollower(people, member, lesson.tell)
    follow.tell_start()
    own = trial_lesson(lesson, member.number, follow)
    error: list[TrainError] = []
    try:
        # not by `lesson.fit`, which would begin anew where settings have changed
        arm = strategy_of(member.values).fit(own)
        score = follow.score(arm, rows, lesson)
        save_arm(arm, own.workdir / ARM)
    except RoundOver:
        member.seconds += time.monotonic() - begun
        people.end_round(member)
        return []
    except (TrainError, ValidationError) as failure:
        member.seconds += time.monotonic() - begun
        people.end(member, "failed", text=failure_text(failure))
        error = [failure] if isinstance(failure, TrainError) else []
    except BaseException:
        member.seconds += time.monotonic() - begun
        people.save()
        raise
    else:
        member.seconds += time.monotonic() - begun
        if math.isfinite(score):
            people.end(member, "complete", score)
        else:
            people.end(member, "failed", text="its score on val is no number")
    follow.tell_end()
    return error


def _saved_step(people: Population, member: Member) -> int:
    states = trial_folder(people.folder, member.number).rglob("state-????????")
    return max((int(state.name.partition("-")[2]) for state in states), default=0)


def save_arm(arm: Adapted, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # a killed run's
    folder.mkdir()
    arm.save(folder)


def copy_states(people: Population) -> None:
    """Who takes over gets the states of whom it takes over from; as often as it is called."""
    for who, whose in people.taking:
        own, other = (trial_folder(people.folder, number) for number in (who, whose))
        for old in own.rglob("state-????????"):
            shutil.rmtree(old)
        for state in other.rglob("state-????????"):
            shutil.copytree(state, own / state.relative_to(other))
    if people.taking:
        people.taking = []
        people.save()
