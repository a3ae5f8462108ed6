"""All strategies, in the order in which `assay list strategies` shows them. A new one is one more name here."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from assay.errors import Problem, TrainError
from assay.nouns import Part, Strategy, Task
from assay.prompt import (
    Copy,
    Encoder,
    Knn,
    Lead,
    Majority,
    Neighbours,
    QuestionLikelihood,
    Rag,
    RetrievalAware,
    Router,
    Shots,
    Tfidf,
    WordingSearch,
)
from assay.train import METHODS
from assay.train.retriever import CrossEncoder, TunedEncoder

STRATEGIES: tuple[type[Strategy], ...] = (
    Majority,
    Tfidf,
    Neighbours,
    Lead,
    Copy,
    Shots,
    WordingSearch,
    Rag,
    RetrievalAware,
    Knn,
    Router,
    *METHODS,
)

# Fitted pieces of a strategy, each named by the setting that takes it: `rag` has `embed` and `rerank`.
PARTS: tuple[type[Part], ...] = (Encoder, TunedEncoder, CrossEncoder, QuestionLikelihood)

# Names that people look for, as settings of a kind above.
PRESETS: dict[str, dict] = {
    "qlora": {"kind": "lora", "bits": 4},
    "dora": {"kind": "lora", "decompose": True},
}

# What a strategy must beat to be worth its cost: kinds that train no language model and ask none.
FLOORS = ("majority", "tfidf", "neighbours", "lead", "copy")


def refuse_unfit(arms: Mapping[str, Strategy], task: Task) -> None:
    """Arms that cannot do the task, whatever their models are. The task's kind is known once the data was read.

    Args:
        arms: by name.

    Raises:
        TrainError: with every problem, its place the arm's name.
    """
    problems = [replace(problem, place=name) for name, arm in arms.items() for problem in _unfit(arm, task)]
    if problems:
        raise TrainError(*problems)


def _unfit(strategy: Strategy, task: Task) -> Iterator[Problem]:
    """Of the strategy and of those inside it."""
    yield from strategy.unfit(task)
    for _, value in strategy:
        if isinstance(value, Strategy):
            yield from _unfit(value, task)
