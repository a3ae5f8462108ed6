"""What a trial tells while it is fitted and scored, as events of the search that it is part of.

trial       its beginning and its end: number, settings, state and score, with the best so far
progress    of the whole search, in hundredths of a trial; of a training also the step it is at
Watch out   the curve goes to the study, which may end the trial: `Pruned` is raised from here
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assay.core.types import Adapted, Example, Lesson, Tell
from assay.search.search_space import as_json
from assay.search.study import Trial, TrialResult
from assay.strategies.search.trials import Trials
from assay.strategies.training.trained_arm import Tuned

PARTS = (4, 2, 1)  # a trial is scored on a quarter of the val rows, a half, all
A_TRIAL = 100  # units of progress


class TrialFollower:
    """Hears what a trial tells: its scores on val go to the study, which may end it; its progress
    becomes that of the search."""

    def __init__(self, study: Trials, trial: Trial, tell: Tell):
        self.study, self.trial, self.tell = study, trial, tell
        self.steps = 0  # of the training
        self.is_trained = False

    def tell_start(self) -> None:
        self._tell_trial("start", self.trial.values)

    def tell_end(self) -> None:
        """The trial as the study has it, once it has ended there."""
        (own,) = [one for one in self.study.results() if one.number == self.trial.number]
        self._tell_trial(
            own.state,
            own.values,
            score=own.score,
            seconds=round(own.seconds, 3),
            **({"text": own.text} if own.text else {}),
        )

    def _tell_trial(self, state: str, values: Mapping[str, Any], **more: Any) -> None:
        minutes = self.study.settings.minutes
        self.tell(
            {
                "event": "trial",
                "trial": self.trial.number,
                "trials": self.study.count,
                "state": state,
                "values": _as_json(values),
                **more,
                "best": _best(self.study.best()),
                # A trial takes about as long as those before it: readers say what is left by it.
                "spent": round(sum(one.seconds for one in self.study.results()), 3),
                "limit": None if minutes is None else 60 * minutes,
            }
        )

    def __call__(self, event: dict) -> None:
        kind = event.get("event")
        if kind == "progress":
            step = None
            if event.get("unit") == "step":
                self.steps, step = event["total"], event["done"]
            share = event["done"] / max(1, event["total"])
            self._show(share, event.get("values"), step)
        elif kind == "evaluation":
            self.is_trained = True
            score = event.get("val", -event.get("val_loss", 0.0))
            percent = 100 * event["step"] // event["steps"]
            self.tell({**event, "trial": self.trial.number})
            if percent < 100:
                self.study.report(self.trial, percent, score, event.get("val_loss"))
        else:
            self.tell(event)

    @property
    def done_before(self) -> int:
        """Of the whole search, besides this trial."""
        return A_TRIAL * self.trial.number

    def _show(self, share: float, values: Any, step: int | None = None) -> None:
        done = self.done_before + int(A_TRIAL * min(1.0, share))
        event = {
            "event": "progress",
            "done": done,
            "total": A_TRIAL * self.study.count,
            "unit": "search",
            "trial": self.trial.number,
            "trials": self.study.count,
        }
        if step is not None:
            event |= {"step": step, "steps": self.steps}
        self.tell({**event, **({"values": values} if values else {})})

    def score(self, arm: Adapted, rows: Sequence[Example], lesson: Lesson) -> float:
        """The task's metric on the rows: as training has measured it, where it has; else asked in
        growing parts, so that what was not trained can be ended here."""
        known = arm.score_on(rows) if isinstance(arm, Tuned) else None
        if known is not None:
            return known
        answers: list[Any] = []
        score = float("nan")
        for share in PARTS:
            part = rows[len(answers) : len(rows) // share]
            answers += arm.answer([row.question for row in part], self._hear_answers)
            if answers:
                score = lesson.judge(rows[: len(answers)], answers)
            if share > 1 and not self.is_trained and answers:
                self.study.report(self.trial, 100 // share, score)
        return score

    def _hear_answers(self, event: dict) -> None:
        if event.get("event") == "progress":
            self._show(event["done"] / max(1, event["total"]), None)


def tell_for_trial(number: int, tell: Tell) -> Tell:
    """`tell` for the trial that is kept, which is fitted once more where its arm was not."""

    def told(event: dict[str, Any]) -> None:
        of_it = event.get("event") in ("progress", "evaluation")
        tell({**event, "trial": number} if of_it else event)

    return told


def _best(found: TrialResult | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"trial": found.number, "score": found.score, "values": _as_json(found.values)}


def _as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    return {place: as_json(value) for place, value in values.items()}
