"""Ask another strategy n times, and give the answer that a reward finds best: no training.

What it is for   the baseline of all training on rewards: what the reward is worth before anything
                 is learnt from it
Costs            n answers a question, always, and the reward of each; nothing to train
Source           Stiennon et al. (2020), Learning to summarize from human feedback,
                 arxiv.org/abs/2009.01325; Nakano et al. (2021), WebGPT, arxiv.org/abs/2112.09332;
                 what it does to a flawed reward: Gao et al. (2023), arxiv.org/abs/2210.10760
Good when        a good answer is among n, and can be told without knowing the target
Watch out        rewards that read the target are refused: no question in use has one. The more
                 answers, the more of what is rewarded and not meant
Defaults from    n 8 and temperature 1: those that `policy_optimisation` learns from
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator, model_validator

from assay.core.errors import Problem, TrainError
from assay.core.types import (
    Adapted,
    Answer,
    Example,
    Inner,
    LanguageModel,
    Lesson,
    Messages,
    Piece,
    Strategy,
    Task,
    Tell,
)
from assay.evaluation.rewards.reward import RewardSum, reward_settings
from assay.strategies.prompting.prompted_arm import Prompted, parse_generated
from assay.strategies.training.answer_sampling import RewardField, as_mappings, writes_no_texts

if TYPE_CHECKING:
    import numpy as np


class BestOfN(Strategy):
    kind: Literal["best_of_n"] = "best_of_n"
    gives = "mix"
    inner: Inner  # shots, lora, or another that a model writes for
    reward: tuple[Piece, ...] = RewardField  # one or several that need no target
    n: int = Field(default=8, ge=2, le=1000)  # answers to a question
    temperature: float = Field(default=1.0, gt=0, le=2)
    top_p: float = Field(default=1.0, gt=0, le=1)
    neural = True
    seeded = True

    @field_validator("reward", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return as_mappings(value)

    @model_validator(mode="after")
    def _possible(self) -> BestOfN:
        reward_settings(self.reward, targets=False)
        if self.inner.gives not in ("model", "prompt"):
            raise ValueError(
                f"inner: {self.inner.kind} cannot be asked for several answers; take shots, lora,"
                " or another strategy that a model writes for"
            )
        return self

    needs_documents = False  # of its own; what stands inside it says so itself

    @property
    def reads(self) -> tuple[str, ...]:  # pyrefly: ignore[bad-override]
        parts = [self.inner, *self.reward]
        return tuple(dict.fromkeys(name for part in parts for name in part.reads))

    def needs(self, base: str) -> tuple[str, ...]:
        parts = [self.inner, *self.reward]
        return tuple(dict.fromkeys(name for part in parts for name in part.needs(base)))

    def belongs_elsewhere(self, task: Task) -> str:
        return writes_no_texts(task)

    def fit(self, lesson: Lesson) -> BestAnswers:
        """
        Raises:
            TrainError: T113, the inner strategy has no model that writes; and as the rewards.
        """
        arm = lesson.fit(self.inner, lesson)
        rewards = RewardSum.fit(reward_settings(self.reward, targets=False), lesson)
        return BestAnswers(self, self._writer(arm), rewards, lesson.seed)

    def restore(self, folder: Path, lesson: Lesson) -> BestAnswers:
        arm = self.inner.restore(folder / "inner", lesson)
        settings = reward_settings(self.reward, targets=False)
        rewards = RewardSum.restore(settings, folder / "rewards", lesson)
        return BestAnswers(self, self._writer(arm), rewards, lesson.seed)

    def _writer(self, arm: Adapted) -> Prompted:
        if not isinstance(arm, Prompted):
            text = f"best_of_n: {self.inner.kind} cannot be asked for several answers"
            raise TrainError(Problem("T113", text, "inner", help="take shots or lora"))
        return arm


class BestAnswers(Adapted):
    def __init__(self, settings: BestOfN, inner: Prompted, rewards: RewardSum, seed: int):
        self.settings, self.inner, self.rewards, self.seed = settings, inner, rewards, seed

    @property
    def model(self) -> LanguageModel | None:
        return self.inner.model

    def prompt(self, question: Example) -> Messages:
        return self.inner.prompt(question)

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        """What reading and writing all n take is counted with the answer that is given."""
        n = self.settings.n
        # Once for each prompt, so that no other question changes what is drawn for this one.
        asked = list(dict.fromkeys(self.inner.prompt(question) for question in questions))
        how = replace(
            self.inner.how,
            temperature=self.settings.temperature,
            top_p=self.settings.top_p,
            seed=self.seed,
        )
        every = [prompt for prompt in asked for _ in range(n)]
        written = self.inner.model.generate(every, max_tokens=self.inner.room, how=how, tell=tell)
        answers = [parse_generated(self.inner.reading, one) for one in written]
        drawn = {prompt: answers[at * n : at * n + n] for at, prompt in enumerate(asked)}
        each = [drawn[self.inner.prompt(question)] for question in questions]
        rows = [question.question for question in questions for _ in range(n)]
        found = self.rewards.of(rows, [one for own in each for one in own])
        return [best(own, at) for own, at in zip(each, found.total.reshape(-1, n), strict=True)]

    def save(self, folder: Path) -> None:
        (folder / "inner").mkdir(exist_ok=True)
        self.inner.save(folder / "inner")
        self.rewards.save(folder / "rewards")


def best(answers: Sequence[Answer], rewards: np.ndarray) -> Answer:
    """The one with the highest reward, the first of equals; with what all of them took."""
    return replace(
        answers[int(rewards.argmax())],
        prompt_tokens=sum(one.prompt_tokens for one in answers),
        tokens=sum(one.tokens for one in answers),
    )
