"""A population of trainings that go on side by side: which take over the weights of others, and
with which settings each goes on.

How        in rounds. After each but the last, the worst quarter takes over the state of one of the
           best quarter, drawn, and goes on with its settings a little changed: each times .8 or
           1.2, or drawn anew in one of four cases. What nobody takes over goes on as it was
Source     Jaderberg et al. (2017), Population Based Training of Neural Networks,
           arxiv.org/abs/1711.09846: truncation selection, perturbation and resampling
Same again what is drawn depends on the seed, the round and the member alone. What has happened
           stands in `FILE`, so that a killed search goes on to the same members
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.core.sampling import random_stream
from assay.core.store import read_json, write_json
from assay.search.search_space import Dimension, short
from assay.search.settings import SearchSettings
from assay.search.study import Trial, TrialResult, trial_count

FILE = "population.json"
WHOLE = 100  # percent of a training
ROUNDS = 4
SHARE = 0.25  # of the members gives way, and as large a share is taken over from
PERTURB = (0.8, 1.2)
RESAMPLE = 0.25  # of the settings that are changed are drawn anew


@dataclass
class Member(Trial):
    """A training of the population: a trial whose settings may change on its way.

    Attributes:
        state: "running" until it has come to its end, was given up or failed. rounds: how many are
            behind it. step: of its last look at val. text: what it took over, and when; or why it
            failed.
    """

    state: str = "running"
    rounds: int = 0
    step: int = 0
    score: float | None = None
    seconds: float = 0.0
    text: str = ""

    @property
    def at(self) -> int:
        """Percent of its training at its last score."""
        return self.curve[-1][0] if self.curve else 0

    @property
    def is_round_over(self) -> bool:
        """Whether it has come as far as its round goes; the last one ends with the training."""
        return self.rounds < ROUNDS - 1 and self.at * ROUNDS >= WHOLE * (self.rounds + 1)

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "handle"}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Member:
        named: dict[str, Any] = dict(value)
        return cls(**named | {"curve": [(at, score) for at, score in value["curve"]]})


@dataclass
class Population:
    """The members, as `FILE` in `folder` has them. It has what a study has: `results`, `best`,
    `count`, `report`.

    Args:
        first: place -> value of the first member, such as the method's own defaults.
    """

    folder: Path
    dimensions: Sequence[Dimension]
    settings: SearchSettings
    seed: int
    first: Mapping[str, Any]
    members: list[Member] = field(default_factory=list)
    taking: list[tuple[int, int]] = field(default_factory=list)  # (who, from whom), to be copied

    def __post_init__(self) -> None:
        self.count = trial_count(self.dimensions, self.settings)
        if (self.folder / FILE).exists():
            saved = read_json(self.folder / FILE)
            self.members = [Member.from_json(one) for one in saved["members"]]
            self.taking = [(who, other) for who, other in saved["taking"]]
            return
        self.members = [Member(n, self._first_values(n)) for n in range(self.count)]
        self.save()

    def save(self) -> None:
        members = [one.to_json() for one in self.members]
        write_json(self.folder / FILE, {"members": members, "taking": self.taking})

    def _first_values(self, number: int) -> dict[str, Any]:
        if number == 0:
            return dict(self.first)
        return {one.place: draw(one, self.seed, "first", number) for one in self.dimensions}

    # --- a round ----------------------------------------------------------------------------------

    def next(self) -> Member | None:
        """Whose turn it is; None when all have come to an end."""
        if self._is_late():
            self._give_up()
        return min(self._running(), key=lambda one: (one.rounds, one.number), default=None)

    def _running(self) -> list[Member]:
        return [one for one in self.members if one.state == "running"]

    def _is_late(self) -> bool:
        limit = self.settings.minutes
        return limit is not None and sum(one.seconds for one in self.members) >= 60 * limit

    def _give_up(self) -> None:
        """All but the best: one is trained to its end."""
        ranked = sorted(self._running(), key=lambda one: (-_last(one), one.number))
        for one in ranked[1 if self.best() is None else 0 :]:
            one.state, one.score = "pruned", _last(one) if one.curve else None
        self.save()

    def report(self, trial: Trial, percent: int, score: float, loss: float | None = None) -> None:
        """A look at val after so much of a member's training."""
        if not trial.curve or percent > trial.curve[-1][0]:
            trial.curve.append((percent, score))
            self.save()

    def end_round(self, member: Member) -> None:
        """The member has come as far as its round goes. When all have, what is to be taken over
        stands in `taking`."""
        member.rounds = max(member.rounds + 1, member.at * ROUNDS // WHOLE)
        running = self._running()
        if len({one.rounds for one in running}) == 1:
            self.taking = self._select(running, member.rounds)
            self._exploit()
        self.save()

    def end(self, member: Member, state: str, score: float | None = None, text: str = "") -> None:
        """It is "complete", or has "failed" and why."""
        member.state, member.score, member.text = state, score, text or member.text
        self.save()

    def _select(self, running: Sequence[Member], past: int) -> list[tuple[int, int]]:
        """(who takes over, from whom) after a round: truncation selection."""
        ranked = sorted(running, key=lambda one: (-_last(one), one.number))
        few = round(SHARE * len(ranked))
        best, worst = ranked[:few], ranked[len(ranked) - few :]
        pairs = []
        for one in worst:
            other = random_stream(self.seed, past, one.number, "from").choice(best)
            if _last(other) > _last(one):
                pairs.append((one.number, other.number))
        return pairs

    def _exploit(self) -> None:
        for who, whose in self.taking:
            one, other = self.members[who], self.members[whose]
            said = f"from {other.at} % on with the weights of trial {other.number + 1}"
            one.values = {
                place.place: self._explore(place, other.values[place.place], one)
                for place in self.dimensions
            }
            one.text = f"{one.text}; {said}" if one.text else said
            one.curve[-1], one.step = other.curve[-1], other.step  # what it goes on from

    def _explore(self, place: Dimension, value: Any, member: Member) -> Any:
        """A value near another, or one drawn anew."""
        drawn = random_stream(self.seed, member.rounds, member.number, place.place)
        if drawn.random() < RESAMPLE:
            return draw(place, self.seed, member.rounds, member.number)
        if place.options:
            at = place.options.index(value) + drawn.choice((-1, 1))
            return place.options[min(max(at, 0), len(place.options) - 1)]
        return within(place, value * drawn.choice(PERTURB))

    # --- as a study has it ------------------------------------------------------------------------

    def results(self) -> list[TrialResult]:
        """Of all members that have ended."""
        return [
            TrialResult(
                one.number,
                one.values,
                one.state,  # type: ignore[arg-type]
                one.score,
                one.seconds,
                tuple(one.curve),
                one.text,
            )
            for one in self.members
            if one.state != "running"
        ]

    def importance(self) -> None:
        """Not known: settings have changed on the way."""

    def best(self) -> TrialResult | None:
        """The member with the best score of those that have come to their end; of equals the
        first."""
        whole = [one for one in self.results() if one.state == "complete"]
        return max(whole, key=lambda one: (one.score, -one.number), default=None)


def _last(member: Member) -> float:
    return member.curve[-1][1] if member.curve else -math.inf


def draw(place: Dimension, *parts: Any) -> Any:
    """A value of the range, by its logarithm where it says so."""
    drawn = random_stream(*parts, place.place, "value")
    if place.options:
        return drawn.choice(place.options)
    assert place.low is not None and place.high is not None, "a range has two ends"
    if place.log:
        return within(place, math.exp(drawn.uniform(math.log(place.low), math.log(place.high))))
    return within(place, drawn.uniform(place.low, place.high))


def within(place: Dimension, value: float) -> Any:
    """The nearest value that the range has."""
    assert place.low is not None and place.high is not None, "a range has two ends"
    if (known := place.values()) is not None:
        return min(known, key=lambda one: abs(one - value))
    return short(min(max(value, place.low), place.high))
