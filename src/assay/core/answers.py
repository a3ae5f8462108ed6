"""The nouns of asking. Others take them from `assay.core.types`.

Decoding  how an answer is written                     Form           what it must look like
Generated what a model wrote                           LanguageModel  what writes and scores
Answer    what an arm says to one question, with all that a metric or a report may need
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from assay.core.examples import Messages

Tell = Callable[[dict], None]  # progress events: plain JSON objects with a key "event"


@contextmanager
def took(tell: Tell | None, part: str) -> Generator[list[Any]]:
    """Tell how long the block took, as a part of the answers, and the tokens, read and written, of
    all that the block puts into the list: answers, or what has their `prompt_tokens` and
    `tokens`."""
    begun, made = time.monotonic(), list[Any]()
    yield made
    if tell:
        tokens = sum(one.prompt_tokens + one.tokens for one in made)
        tell({"event": "took", "part": part, "seconds": time.monotonic() - begun, "tokens": tokens})


@dataclass(frozen=True, slots=True)
class Form:
    """What a written answer must look like.

    kind     choice: one of `text`, a JSON list of strings; json: fits the JSON schema `text`;
             regex: all of it matches `text`; grammar: the Lark grammar `text`
    """

    kind: Literal["choice", "json", "regex", "grammar"]
    text: str


@dataclass(frozen=True, slots=True)
class Decoding:
    """How an answer is written. By default each token is the most likely one, until the model ends
    its turn."""

    stop: tuple[str, ...] = ()  # the answer ends before the first of these texts
    temperature: float = 0.0  # 0: the most likely token; else tokens are drawn
    top_p: float = 1.0  # tokens are drawn from the likeliest ones that make up this share
    seed: int = 0  # equal prompts of one call are drawn independently of each other
    form: Form | None = None


GREEDY = Decoding()


@dataclass(frozen=True, slots=True)
class Generated:
    text: str
    prompt_tokens: int
    tokens: int
    truncated: bool  # ended by max_tokens, not by the model
    # Natural-log likelihood of the written tokens, end of turn included. Its rounding depends on
    # what runs together.
    logprob: float | None = field(default=None, compare=False)
    refused: bool = False  # a remote model declined, or its filter took the answer


@runtime_checkable
class LanguageModel(Protocol):
    """A chat model that answers, here or behind an address. `stage` model/ implements it; floors
    have none."""

    name: str
    # False: `score` is not to be called; a label is written, in the form of a choice
    can_score: bool

    def count_tokens(self, messages: Messages) -> int: ...

    def generate(
        self,
        prompts: Sequence[Messages],
        *,
        max_tokens: int,
        how: Decoding = GREEDY,
        tell: Tell | None = None,
    ) -> list[Generated]:
        """Answers in the order of `prompts`, each at most `max_tokens` tokens."""
        ...

    def score(
        self,
        prompts: Sequence[Messages],
        options: Sequence[str],
        *,
        left: float = 1e-6,
        tell: Tell | None = None,
    ) -> Any:
        """Natural-log likelihood of each option as the whole answer, end of turn included;
        (prompts, options). Options that together have at most the share `left` of all may carry an
        upper bound instead."""
        ...

    def stream(
        self, prompt: Messages, *, max_tokens: int, how: Decoding = GREEDY
    ) -> Iterator[str]: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer and everything that a metric or a report may need, so that nothing is computed
    again."""

    text: str | None  # parsed; None when it could not be parsed
    raw: str = ""
    scores: tuple[float, ...] = ()  # one per label, log-likelihood or log-probability
    confidence: float | None = None  # share of the chosen label among the labels, or None
    passages: tuple[str, ...] = ()  # ids of the retrieved passages, best first
    prompt_tokens: int = 0
    tokens: int = 0  # generated
    truncated: bool = False
    refused: bool = False  # a remote model declined, or its filter took the answer
    abstained: bool = False  # the arm says that it does not know, or that the documents do not say
    cited: tuple[str, ...] = ()  # ids of the passages that the answer names as its sources
    support: float | None = None  # share of the answer's words that stand in its passages
    judged: float | None = None  # how likely a model finds it that the passages support the answer
    by: str = ""  # the inner arm that answered, where there are several
    # Of an arm that reads how likely the row's own text is: minus its natural-log likelihood, and
    # its tokens.
    nats: float | None = None
    read: int = 0
    # Of a question with two answers to compare: the natural-log likelihood of each, and what the
    # base of a trained model says of them
    likelihoods: tuple[float, ...] = ()
    reference: tuple[float, ...] = ()
    # further answers drawn for the same question; None: not parsed
    samples: tuple[str | None, ...] = ()
    sampled: tuple[str, ...] = ()  # what running each of them came to
    # what running it came to, where the task is code: see `Outcome`
    ran: tuple[str, int, str] | tuple[()] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            name: list(v) if isinstance(v := getattr(self, name), tuple) else v
            for name in self.__slots__
        }

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Answer:
        lists: dict[str, Any] = {
            name: tuple(v) if isinstance(v, list) else v for name, v in row.items()
        }
        return cls(**lists)
