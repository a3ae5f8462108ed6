"""A round of answers that a model has written itself: the questions, the tokens, what rewards gave,
and what the model said of each token then. On the disk it is one file a round, all of which are
kept until the training is over: a run that was killed learns from the same answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from assay.core.store import read_json, write_json
from assay.models.tokenizer.chat_tokens import Encoded

Tokens = list[list[float]]  # of each answer, a number a token


@dataclass
class Round:
    """
    Attributes:
        rows: of each question its place among the training rows. prompts: its tokens. answers: the
            tokens of its answers, as many for each question.
        rewards: (questions, answers). parts: name of a reward -> its mean. cut: share of the
            answers that had no room left.
        old, start: log-probabilities of the answers' tokens when they were written, and by the
            model at the start; answer by answer. values: what ppo's layer expects at each.
        beta: how dear it was in this round to leave the start.
    """

    rows: list[int]
    prompts: list[list[int]]
    answers: list[list[list[int]]]
    rewards: list[list[float]]
    parts: dict[str, float] = field(default_factory=dict)
    cut: float = 0.0
    old: Tokens = field(default_factory=list)
    start: Tokens = field(default_factory=list)
    values: Tokens = field(default_factory=list)
    beta: float = 0.0

    @classmethod
    def read(cls, place: Path) -> Round:
        return cls(**read_json(place))

    def write(self, place: Path) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_json(place, vars(self))

    def encoded(self) -> list[Encoded]:
        """A row a question: its first answer, and beside it the others."""
        rows = []
        for prompt, answers in zip(self.prompts, self.answers, strict=True):
            start = len(prompt)
            first, *others = (
                Encoded([*prompt, *tokens], ((start, start + len(tokens)),)) for tokens in answers
            )
            rows.append(Encoded(first.ids, first.learnt, beside=tuple(others)))
        return rows

    @property
    def reward(self) -> float:
        """The mean of all answers."""
        return float(torch.tensor(self.rewards, dtype=torch.float64).mean())

    @property
    def questions_alike(self) -> set[int]:
        """Those whose answers all have the same reward: nothing is learnt from them."""
        return {at for at, own in enumerate(self.rewards) if min(own) == max(own)}

    @property
    def alike(self) -> float:
        """The share of such questions."""
        return len(self.questions_alike) / max(1, len(self.rewards))

    @property
    def length(self) -> float:
        """Tokens of an answer, on average."""
        lengths = [len(tokens) for own in self.answers for tokens in own]
        return sum(lengths) / max(1, len(lengths))

    @property
    def kl(self) -> float:
        """How far the model has gone from the start, in nats an answer: the mean of the sums of
        exp(s - o) - (s - o) - 1 over the tokens, which is never below 0 (Schulman 2020,
        joschu.net/blog/kl-approx.html)."""
        total = 0.0
        for old, start in zip(self.old, self.start, strict=True):
            apart = torch.tensor(start, dtype=torch.float64) - torch.tensor(
                old, dtype=torch.float64
            )
            total += float((torch.exp(apart) - apart - 1).sum())
        return total / max(1, len(self.old))


def place_of(folder: Path, number: int) -> Path:
    return folder / "rounds" / f"round-{number:05d}.json"


def tensors(values: Tokens) -> list[torch.Tensor]:
    return [torch.tensor(one, dtype=torch.float64) for one in values]


def summary(rounds: list[Round]) -> dict[str, Any]:
    """Means over rounds, for a look at val."""
    count = max(1, len(rounds))
    return {
        "reward": sum(one.reward for one in rounds) / count,
        "kl": sum(one.kl for one in rounds) / count,
        "alike": sum(one.alike for one in rounds) / count,
    }
