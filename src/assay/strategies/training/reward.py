"""Put a layer with one number on the model: how good an answer is after its question. Learnt from
which of several answers is the better one.

What it is for   a judge of answers that costs one pass each: to choose among several, to train
                 against, to see whether preferences can be told from texts at all
Costs            with frozen layers one pass over the rows and their options, then next to nothing
                 an epoch; kilobytes on disk
Source           Bradley and Terry (1952), doi.org/10.2307/2334029; Ouyang et al. (2022),
                 InstructGPT, arxiv.org/abs/2203.02155; of the settings:
                 training/objectives/reward.py
Good when        thousands of pairs; a base that knows what the answers speak of
Watch out        length alone may tell most of what it tells: `length` stands beside it. A reward is
                 not known but for its order, and only for answers like those that it has seen
Defaults from    `head`, whose layer and schedule it has
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from assay.core.errors import Problem
from assay.core.types import Answer, Example, Lesson, Task, Tell
from assay.models.tokenizer.chat_tokens import Encoded, flatten
from assay.strategies.linear.option_features import best_option, strip_options
from assay.strategies.training.classification_head import LabelLayer, Recall
from assay.strategies.training.head import states_of
from assay.strategies.training.trained_arm import Tuned, train
from assay.strategies.unfit_task import other_kind
from assay.tasks.options import LETTERS
from assay.training.settings import NetworkChange

if TYPE_CHECKING:
    import torch

    from assay.models.inference.chat_model import ChatModel
    from assay.models.tokenizer.chat_tokens import Chat
    from assay.training.objectives.classification import ClassifierLayer

CHUNK = 32  # questions between two progress events


class Reward(LabelLayer):
    kind: Literal["reward"] = "reward"
    # by which the right answer's reward has to be higher
    margin: float = Field(default=0.0, ge=0, le=100)
    # weight of the squared sum of a question's rewards
    centre: float = Field(default=0.0, ge=0, le=100)
    # rewards that are learnt beside each other, each from rows drawn anew; their mean counts
    members: int = Field(default=1, ge=1, le=64)
    # standard deviations between members that a reward is lower by: of what they disagree about,
    # little is believed
    pessimism: float = Field(default=0.0, ge=0, le=100)

    @model_validator(mode="after")
    def _alone(self) -> Reward:
        if self.pessimism and self.members == 1:
            raise ValueError("pessimism: one reward disagrees with none; set members: 5")
        return self

    def unfit(self, task: Task) -> Iterator[Problem]:
        return other_kind(self, task, ("choose",), "tells the better of several answers")

    def change(self, model: ChatModel, lesson: Lesson) -> NetworkChange:
        return self._build(model, lesson)[1]

    def fit(self, lesson: Lesson) -> Rewarded:
        import torch

        from assay.training.objectives.reward import bradley_terry

        self.refuse(lesson)
        torch.manual_seed(lesson.seed)
        model = self.open(lesson)
        layer, change = self._build(model, lesson)
        arm = Rewarded(model, lesson.task, layer, self, change)
        # what it reads of the val rows is then the same at every evaluation
        arm.states.on = not self.layers
        often = self._draw(lesson) if self.members > 1 else None
        objective = bradley_terry(layer, margin=self.margin, centre=self.centre, often=often)
        train(lesson, self, model, change, arm, objective, encode_options)
        arm.states.forget()
        return arm

    def _draw(self, lesson: Lesson) -> torch.Tensor:
        """How often each row counts for each member, by the numbers of its sequences."""
        import torch

        count = sum(len(row.options) for row in lesson.train)
        draw = torch.Generator().manual_seed(lesson.seed)
        return torch.poisson(torch.ones(count, self.members), generator=draw)

    def restore(self, folder: Path, lesson: Lesson) -> Rewarded:
        model = self.open(lesson)
        layer, change = self._build(model, lesson)
        change.read(folder)
        model.network.eval().requires_grad_(False)
        arm = Rewarded(model, lesson.task, layer, self, change)
        arm.recall(folder)
        return arm

    def _build(self, model: ChatModel, lesson: Lesson) -> tuple[ClassifierLayer, NetworkChange]:
        chat = replace(model.chat, max_length=min(self.max_length, model.chat.max_length))

        def sample(rows: Sequence[Example]) -> torch.Tensor:
            options = flatten(encode_options(chat, lesson.task, rows))
            return states_of(model, [one.ids for one in options], "last")

        labels = ["reward"] if self.members == 1 else [f"reward {n}" for n in range(self.members)]
        return self.build_layer(model, lesson, labels, sample)


class Rewarded(Tuned):
    """A model with a layer for the reward: of a question's options it chooses the one with the
    highest, and nothing is generated."""

    def __init__(
        self,
        model: ChatModel,
        task: Task,
        layer: ClassifierLayer,
        settings: Reward,
        change: NetworkChange,
    ):
        super().__init__(model, task, 1, change.write)
        self._chat_model, self._layer, self._pessimism = model, layer, settings.pessimism
        self.states = Recall()

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        out: list[Answer] = []
        for start in range(0, len(questions), CHUNK):
            out += self._answer(questions[start : start + CHUNK])
            if tell:
                told = {"event": "progress", "done": len(out), "total": len(questions)}
                tell({**told, "unit": "answer"})
        return out

    def _answer(self, questions: Sequence[Example]) -> list[Answer]:
        chat = self._chat_model.chat
        options = [options_of(chat, question) for question in questions]
        keys = [tuple(one.ids) for some in options for one in some]
        rewards = iter(self.rewards(keys))
        return [
            replace(
                best_option(self.task, question, [next(rewards) for _ in some]),
                prompt_tokens=sum(len(one.ids) for one in some),
            )
            for question, some in zip(questions, options, strict=True)
        ]

    def score_answers(self, questions: Sequence[Example], texts: Sequence[str]) -> list[float]:
        """The reward of an answer to each question, whatever options it has."""
        asked = [
            tuple(self._chat_model.chat.answers(row.messages, [text])[0].ids)
            for row, text in zip(questions, texts, strict=True)
        ]
        return self.rewards(asked)

    def rewards(self, sequences: Sequence[tuple[int, ...]]) -> list[float]:
        """Of each sequence of tokens, a prompt with its answer."""
        import torch

        if not sequences:
            return []

        def read(some: list[int]) -> torch.Tensor:
            return states_of(self._chat_model, [list(sequences[i]) for i in some], "last")

        self._layer.eval()
        with torch.no_grad():
            found = self._layer(torch.stack(self.states.of(sequences, read)))
        apart = found.std(1) if found.shape[1] > 1 else 0.0
        return (found.mean(1) - self._pessimism * apart).tolist()


def options_of(chat: Chat, example: Example) -> list[Encoded]:
    """The question with each of its options as the answer, in their order; the end alone is
    read."""
    asked = example.with_text(strip_text(example)).messages
    return [replace(one, learnt=()) for one in chat.answers(asked, example.options)]


def strip_text(example: Example) -> str:
    """The last message without the lines of its options."""
    last = replace(example, messages=example.messages[-1:])
    return strip_options(last)


def encode_options(chat: Chat, task: Task, examples: Sequence[Example]) -> list[Encoded]:
    """Each row as its question with the right option, and beside it with the others."""
    from assay.training.objectives.preference import UNWANTED, WANTED

    rows = []
    for example in examples:
        options = options_of(chat, example)
        place = LETTERS.index(example.target or "A")
        others = [replace(o, label=UNWANTED) for at, o in enumerate(options) if at != place]
        rows.append(replace(options[place], label=WANTED, beside=tuple(others)))
    return rows
