"""Rewards that a model gives: one that is asked whether the answer is good, and one that has learnt
from pairs.

judge   the share that "yes" has among "yes" and "no" where a language model is asked whether the
        answer keeps `criteria`; a model that gives no likelihoods says one of them
model   a reward model, `{kind: reward}` or a strategy like it, fitted on the rows that have a
        rejected answer
Watch out   a judge favours long answers and those of its own model; a reward model knows answers
            like those that it has seen. Both are found out by training against them: watch the
            task's own metric
Source  Zheng et al. (2023), arxiv.org/abs/2306.05685; Ouyang et al. (2022),
        arxiv.org/abs/2203.02155; what training against one does: Gao et al. (2023), Scaling Laws
        for Reward Model Overoptimization, arxiv.org/abs/2210.10760
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np

from assay.core.errors import Problem, TrainError
from assay.core.sampling import hash_rank
from assay.core.types import (
    Adapted,
    Answer,
    Decoding,
    Example,
    Form,
    Inner,
    LanguageModel,
    Lesson,
    Message,
    Messages,
    Task,
)
from assay.evaluation.rewards.reward import AnswerScorer, RewardPart
from assay.tasks.options import LETTERS, question_with_options

YES, NO = "yes", "no"
CRITERIA = "A good answer is correct, complete and to the point."


class JudgeReward(RewardPart):
    kind: Literal["judge"] = "judge"
    model: str = ""  # the project's own where none is named
    criteria: str = CRITERIA
    neural = True

    def needs(self, base: str) -> tuple[str, ...]:
        return (self.model or base,)

    def fit(self, lesson: Lesson) -> JudgeScorer:
        return JudgeScorer(lesson.open_base(self.model), self.criteria)


class JudgeScorer(AnswerScorer):
    def __init__(self, model: LanguageModel, criteria: str):
        self.model, self.criteria = model, criteria

    def score(self, rows: Sequence[Example], answers: Sequence[Answer]) -> list[float]:
        asked = [self._ask(row, answer) for row, answer in zip(rows, answers, strict=True)]
        if not asked:
            return []
        if not self.model.can_score:
            how = Decoding(form=Form("choice", json.dumps([YES, NO])))
            said = self.model.generate(asked, max_tokens=4, how=how)
            return [float(one.text.strip().casefold().startswith(YES)) for one in said]
        logs = np.asarray(self.model.score(asked, [YES, NO], left=0.0), dtype=np.float64)
        return (1 / (1 + np.exp(logs[:, 1] - logs[:, 0]))).tolist()

    def _ask(self, row: Example, answer: Answer) -> Messages:
        system = f"You judge answers. {self.criteria} Say yes or no."
        asked = f"Question:\n{row.text}\n\nAnswer:\n{answer.raw}\n\nIs this a good answer?"
        return Message("system", system), Message("user", asked)


@runtime_checkable
class ScoresAnswers(Protocol):
    """A fitted strategy that gives an answer a number."""

    def score_answers(self, questions: Sequence[Example], texts: Sequence[str]) -> list[float]: ...


class ModelReward(RewardPart):
    kind: Literal["model"] = "model"
    inner: Inner  # a strategy that learns which of two answers is better: {kind: reward}
    reads = ("train", "val")
    neural = True

    def needs(self, base: str) -> tuple[str, ...]:
        return self.inner.needs(base)

    def fit(self, lesson: Lesson) -> ModelScorer:
        """
        Raises:
            TrainError: T107 no row has a rejected answer, T112 the strategy gives no numbers.
        """
        own = choices(lesson)
        if not own.train:
            text = "the reward 'model' learns from pairs, and no training row has a rejected answer"
            way = "name its column as `rejected` under `data.columns`, or take another reward"
            raise TrainError(Problem("T107", text, help=way))
        means = replace(lesson.means, workdir=lesson.workdir / "reward-model")
        return self._scorer(lesson.fit(self.inner, replace(own, means=means)))

    def restore(self, folder: Path, lesson: Lesson) -> ModelScorer:
        return self._scorer(self.inner.restore(folder / "inner", choices(lesson)))

    def _scorer(self, arm: Any) -> ModelScorer:
        if not isinstance(arm, ScoresAnswers):
            text = f"reward: model: {self.inner.kind} gives answers no number"
            raise TrainError(Problem("T112", text, help="set inner: {kind: reward}"))
        return ModelScorer(arm)


class ModelScorer(AnswerScorer):
    def __init__(self, arm: Any):
        self.arm = arm

    def score(self, rows: Sequence[Example], answers: Sequence[Answer]) -> list[float]:
        return self.arm.score_answers(rows, [answer.raw for answer in answers])

    def save(self, folder: Path) -> None:
        (folder / "inner").mkdir(exist_ok=True)
        self.arm.save(folder / "inner")


def choices(lesson: Lesson) -> Lesson:
    """The rows with a rejected answer as questions of which of both answers is the better one."""

    def score(arm: Adapted, rows: Sequence[Example]) -> float:
        found = arm.answer([row.question for row in rows])
        right = [a.text == row.target for a, row in zip(found, rows, strict=True)]
        return sum(right) / max(1, len(right))

    return replace(
        lesson,
        task=Task(kind="choose", labels=LETTERS[:2]),
        train=tuple(_choice(row) for row in lesson.train if row.rejected is not None),
        val=tuple(_choice(row) for row in lesson.val if row.rejected is not None),
        start=None,
        score=score,
    )


def _choice(row: Example) -> Example:
    sides = [row.target or "", row.rejected or ""]
    order = sorted((0, 1), key=lambda at: hash_rank(row.id, at))
    options = tuple(sides[at] for at in order)
    asked = row.with_text(question_with_options(row.messages[-1].content, options))
    letter = LETTERS[order.index(0)]
    return replace(asked, target=letter, also=(), rejected=None, options=options, checks=None)
