"""Settings of a strategy found by trial: each is fitted on train and scored on val, the best is
kept.

What it is for   a method at its best settings for these data, at a stated cost; without it methods
                 are compared at defaults that suit one better than another
Costs            the sum of its trials; those that do not keep up are ended early
Source           Bergstra et al. (2011), Algorithms for Hyper-Parameter Optimization; Akiba et al.
                 (2019), Optuna, arxiv.org/abs/1907.10902; ended early: Golovin et al. (2017),
                 doi.org/10.1145/3097983.3098043
How              `{low: .., high: ..}` or a list in the place of a setting makes this of a strategy.
                 The first trial has the method's own defaults where they lie in the range, so that
                 val never chooses worse ones
Good when        minutes are there for ten trainings, and val has a hundred rows or more
Watch out        the best of many trials looks better on val than it is: the report says by how
                 much; test rows are never seen by a trial
Defaults from    tpe and the median rule: optuna's own
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from assay.core.errors import Problem, Pruned, TrainError
from assay.core.sampling import hash_rank
from assay.core.store import read_json, write_json
from assay.core.types import (
    Adapted,
    Answer,
    Example,
    Inner,
    LanguageModel,
    Learner,
    Lesson,
    Messages,
    Strategy,
    Task,
    Tell,
)
from assay.search.population import Population
from assay.search.search_space import Dimension, as_json, value_at, with_values
from assay.search.settings import SearchSettings
from assay.search.study import JOURNAL, Study, Trial
from assay.strategies.search.population_based_training import train_population
from assay.strategies.search.trial_events import TrialFollower, tell_for_trial
from assay.strategies.search.trials import (
    failure_text,
    no_trial_error,
    summarise_trials,
    trial_lesson,
)

FILE = "search.json"  # in the arm's folder: the trials, and which one is kept
NONE = object()


class HyperparameterSearch(Strategy):
    kind: Literal["search"] = "search"
    VERSION = 2  # a trial is ended by its loss on val, where it has one
    inner: Inner  # with one value of each range
    ranges: tuple[Dimension, ...] = Field(min_length=1)  # their places are those in `inner`
    search: SearchSettings = SearchSettings()
    judges = True
    seeded = True
    discards_parts = True
    libraries = ("optuna",)

    @field_validator("ranges")
    @classmethod
    def _open_options(
        cls, ranges: tuple[Dimension, ...], info: ValidationInfo
    ) -> tuple[Dimension, ...]:
        """Options that are mappings become the strategies or parts that they describe."""
        inner = info.data.get("inner")

        def opened(one: Dimension, option: Any) -> Any:
            if inner is None or not (isinstance(option, dict) and "kind" in option):
                return option
            return value_at(with_values(inner, {one.place: option}, info.context), one.place)

        return tuple(
            one.model_copy(update={"options": tuple(opened(one, each) for each in one.options)})
            for one in ranges
        )

    @model_validator(mode="after")
    def _changes_on_the_way(self) -> Self:
        known = self.inner.mutable_settings
        for one in self.ranges if self.search.sampler == "pbt" else ():
            if one.place not in known:
                named = ", ".join(known) or f"none of {self.inner.kind}"
                raise ValueError(
                    f"`sampler: pbt` changes settings while a training goes on ({named}), and"
                    f" '{one.place}' cannot be changed then: take another sampler"
                )
        return self

    # --- what it can do is what the strategy inside can do ----------------------------------------

    @property
    def reads(self) -> tuple[str, ...]:  # pyrefly: ignore[bad-override]
        return tuple(dict.fromkeys([*self.inner.reads, "val"]))

    @property
    def neural(self) -> bool:  # pyrefly: ignore[bad-override]
        return self.inner.neural

    @property
    def peft(self) -> bool:  # pyrefly: ignore[bad-override]
        return self.inner.peft

    @property
    def sklearn(self) -> bool:  # pyrefly: ignore[bad-override]
        return self.inner.sklearn

    needs_documents = False  # of its own; what stands inside it says so itself

    @property
    def baseline(self) -> bool:  # pyrefly: ignore[bad-override]
        return self.inner.baseline

    @property
    def reads_text(self) -> bool:  # pyrefly: ignore[bad-override]
        return self.inner.reads_text

    @property
    def gives(self) -> Any:  # pyrefly: ignore[bad-override]
        return self.inner.gives

    @property
    def does(self) -> str:  # pyrefly: ignore[bad-override]
        return self.inner.does

    def needs(self, base: str) -> tuple[str, ...]:
        some = [self.inner, *self._corners()]
        return tuple(dict.fromkeys(name for one in some for name in one.needs(base)))

    def encoders(self) -> tuple[str, ...]:
        some = [self.inner, *self._corners()]
        return tuple(dict.fromkeys(name for one in some for name in one.encoders()))

    def belongs_elsewhere(self, task: Task) -> str:
        return self.inner.belongs_elsewhere(task)

    def unfit(self, task: Task) -> Iterator[Problem]:
        if find_spec("optuna") is None and self.search.sampler != "pbt":
            way = "pip install 'assay[search]', or write one value in the place of each range"
            yield Problem("T106", "ranges are searched with optuna, which is not here", help=way)
        yield from self.inner.unfit(task)

    def _corners(self) -> Iterator[Strategy]:
        """One strategy for each option, as another model needs other files."""
        for one in self.ranges:
            for option in one.options[1:]:
                if one.when is None:
                    yield with_values(self.inner, {one.place: option})

    # --- the search -------------------------------------------------------------------------------

    def strategy_of(self, values: Mapping[str, Any]) -> Strategy:
        """The strategy of a trial, whose values may be those of its record.

        Raises:
            pydantic.ValidationError: values that do not go together.
        """
        known = [option for one in self.ranges for option in one.options]
        return with_values(
            self.inner,
            {
                place: next((one for one in known if as_json(one) == value), value)
                if isinstance(value, dict)
                else value
                for place, value in values.items()
            },
        )

    def defaults(self) -> dict[str, Any]:
        """place -> the method's own default, of the settings whose range it lies in; of the
        others the first option, or the middle."""
        values = {one.place: one.first for one in self.ranges if one.when is None}
        for one in self.ranges:
            known = _default_at(self.inner, one.place)
            if one.when is None and one.admits(known):
                values[one.place] = known
        return values

    def without_ranges(self) -> Strategy:
        """The strategy with the method's own default in the place of each range, and in that of a
        list that has some."""
        places = [re.sub(r"(\.\d+)+$", "", one.place) for one in self.ranges]
        values = {place: _default_at(self.inner, place) for place in places}
        return with_values(
            self.inner, {place: value for place, value in values.items() if value is not NONE}
        )

    def fit(self, lesson: Lesson) -> SearchAnswers:
        if not lesson.val:
            text = "search: there are no val rows to choose settings on"
            raise TrainError(Problem("T104", text, help="give the split a val share"))
        rows = sorted(lesson.val, key=lambda row: hash_rank(lesson.seed, row.id))
        rows = rows[: self.search.val_rows]
        if self.search.sampler == "pbt":
            people = Population(
                lesson.workdir, self.ranges, self.search, lesson.seed, self.defaults()
            )
            return SearchAnswers(*train_population(people, self.strategy_of, lesson, rows))
        study = Study(
            lesson.workdir / JOURNAL, self.ranges, self.search, lesson.seed, self.defaults()
        )
        errors: list[TrainError] = []
        while (trial := study.next()) is not None:
            errors += self._try(study, trial, lesson, rows)
        if (best := study.best()) is None:
            raise no_trial_error(study.results(), errors)
        told = tell_for_trial(best.number, lesson.tell)
        arm = lesson.fit(self.strategy_of(best.values), trial_lesson(lesson, best.number, told))
        return SearchAnswers(arm, summarise_trials(study, best, rows))

    def _try(
        self, study: Study, trial: Trial, lesson: Lesson, rows: list[Example]
    ) -> list[TrainError]:
        """Fit and score it; why it could not be fitted."""
        begun = time.monotonic()
        follow = TrialFollower(study, trial, lesson.tell)
        follow.tell_start()
        try:
            strategy = self.strategy_of(trial.values)
            arm = lesson.fit(strategy, trial_lesson(lesson, trial.number, follow))
            score = follow.score(arm, rows, lesson)
        except Pruned:
            study.spend(trial, time.monotonic() - begun)
            study.prune(trial)
        except (TrainError, ValidationError) as error:
            study.spend(trial, time.monotonic() - begun)
            study.fail(trial, failure_text(error))
            follow.tell_end()
            return [error] if isinstance(error, TrainError) else []
        except BaseException:
            study.spend(trial, time.monotonic() - begun)
            raise
        else:
            study.spend(trial, time.monotonic() - begun)
            if math.isfinite(score):
                study.complete(trial, score)
            else:
                study.fail(trial, "its score on val is no number")
        follow.tell_end()
        return []

    def restore(self, folder: Path, lesson: Lesson) -> SearchAnswers:
        found = read_json(folder / FILE)
        return SearchAnswers(self.strategy_of(found["values"]).restore(folder, lesson), found)


class SearchAnswers(Adapted):
    """The arm of the trial that is kept. `search`: how it was found, as `search.json` has it."""

    def __init__(self, arm: Adapted, search: Mapping[str, Any]):
        self.arm = arm
        self.search = search

    @property
    def model(self) -> LanguageModel | None:
        return self.arm.model

    def prompt(self, question: Example) -> Messages:
        return self.arm.prompt(question)

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        return self.arm.answer(questions, tell)

    def save(self, folder: Path) -> None:
        self.arm.save(folder)
        write_json(folder / FILE, dict(self.search))


def _default_at(learner: Any, place: str) -> Any:
    """The default of the setting that stands there; NONE where it has none."""
    *path, last = place.split(".")
    for part in path:
        learner = learner[int(part)] if isinstance(learner, tuple) else getattr(learner, part)
    field = type(learner).model_fields.get(last) if isinstance(learner, Learner) else None
    return NONE if field is None or field.is_required() else field.get_default()
