"""A reward for keeping a written policy: the share of its checkable rules that an answer keeps.

What it is for   tone and form, where people have written down what they want: `task: {policy: ...}`
Watch out        rules count form, not sense: an answer that is always the same keeps most of them.
                 Put it beside a reward that reads what is right
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from assay.core.errors import Problem, TrainError
from assay.core.types import Answer, Example, Lesson
from assay.evaluation.rewards.reward import AnswerScorer, RewardPart
from assay.tasks.policy import Policy, policy_of


class PolicyReward(RewardPart):
    kind: Literal["policy"] = "policy"
    reads_policy = True

    def fit(self, lesson: Lesson) -> PolicyScorer:
        """
        Raises:
            TrainError: T112, the task has no policy with a rule that a program can check.
        """
        policy = policy_of(lesson.task)
        if policy is None or not policy.checkable:
            text = "the reward 'policy' needs a policy with rules that a program can check"
            raise TrainError(Problem("T112", text, help="name one: `task: {policy: policy.md}`"))
        return PolicyScorer(policy)


class PolicyScorer(AnswerScorer):
    def __init__(self, policy: Policy):
        self._policy = policy

    def score(self, rows: Sequence[Example], answers: Sequence[Answer]) -> list[float]:
        count = len(self._policy.checkable)
        return [
            1 - len(self._policy.broken(answer.raw, row.text)) / count
            for row, answer in zip(rows, answers, strict=True)
        ]
