"""Choose the option that a language model finds likeliest after the question, question and option
as plain text.

What it is for   what a base knows that is too small to say it by a letter
Costs            the base is not trained; each option is read after its question
Source           Brown et al. (2020), section 2.4, arxiv.org/abs/2005.14165: likelihood per token,
                 and against that of the option by itself; the latter alone: Holtzman et al. (2021),
                 Surface Form Competition, aclanthology.org/2021.emnlp-main.564; per character: Gao
                 (2021), Multiple Choice Normalization in LM Evaluation,
                 blog.eleuther.ai/multiple-choice-normalization. Texts against letters: Gu et al.
                 (2024), OLMES, arxiv.org/abs/2406.08446. The weights are a conditional logit:
                 McFadden (1974)
Good when        options are texts that can stand as the answer; the base is small, or not trained
                 to chat
Watch out        of options that speak of others ("both", "none of these") it knows nothing: it sees
                 one at a time
Defaults from    the words of the question are those of lm-evaluation-harness
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from assay.core.errors import Problem
from assay.core.preconditions import need_rows
from assay.core.store import read_json, write_json
from assay.core.types import (
    Adapted,
    Answer,
    Example,
    LanguageModel,
    Lesson,
    Message,
    Messages,
    Strategy,
    Task,
    Tell,
)
from assay.retrieval.learned_fusion import fit_rank_weights
from assay.strategies.linear.option_features import best_option, strip_options
from assay.strategies.prompting.example_selection import sample_rows
from assay.strategies.unfit_task import other_kind
from assay.tasks.options import LETTERS

if TYPE_CHECKING:
    import numpy as np

    from assay.models.inference.chat_model import ChatModel

WAYS = ("sum", "token", "character")  # that are weighed together
# On 400 rows of piqa, 100 of them to fit on, 60 draws: accuracy of the others .640; with a start of
# 0 and a pull of 4 rows, .616; with `pmi` too, which costs a third more, .633.
START = 0.1  # of each weight, where values have deviation 1
PULL = 100.0  # rows that the start counts as much as
LEAST = 1e-6  # of the weight of a single way
QUESTION, ANSWER = "Question: ", "Answer:"


class Likelihood(Strategy):
    kind: Literal["likelihood"] = "likelihood"
    gives = "likelihoods"
    # What of the likelihood counts: of the whole option, a token, a character, or beside that of
    # the option by itself. fitted: the first three, weighed by training rows
    by: Literal["fitted", "sum", "token", "character", "pmi"] = "fitted"
    rows: int = Field(default=100, ge=10)  # training rows that are read for it, drawn with the seed
    model: str = ""  # another base than the project's
    neural = True
    seeded = True

    @property
    def ways(self) -> tuple[str, ...]:
        return WAYS if self.by == "fitted" else (self.by,)

    def needs(self, base: str) -> tuple[str, ...]:
        return (self.model or base,)

    def unfit(self, task: Task) -> Iterable[Problem]:
        return other_kind(self, task, ("choose",), "compares the options of a question")

    def fit(self, lesson: Lesson) -> LikelihoodAnswers:
        import numpy as np

        need_rows("likelihood", lesson)
        arm = self._open_arm(lesson, [1.0] * len(self.ways))
        rows = [
            row
            for row in sample_rows(lesson.train, self.rows, lesson.seed)
            if row.target in LETTERS[: len(row.options)]
        ]
        values = [one.values for one in read(arm.reader, rows, self.ways, lesson.tell)]
        if values:
            spread = np.concatenate([one - one.mean(0) for one in values]).std(0)
            scale = np.where(spread > 0, spread, 1.0)
            right = [[LETTERS.index(row.target or "")] for row in rows]
            known = [(one / scale, own) for one, own in zip(values, right, strict=True)]
            arm.weights = (
                np.array(fit_rank_weights(known, [START] * len(scale), PULL)) / scale
            ).tolist()
        if len(self.ways) == 1:
            # the likeliest option is taken, however little it says
            arm.weights = [max(arm.weights[0], LEAST)]
        return arm

    def restore(self, folder: Path, lesson: Lesson) -> LikelihoodAnswers:
        saved = read_json(folder / "likelihood.json")["weights"]
        return self._open_arm(lesson, [saved[way] for way in self.ways])

    def _open_arm(self, lesson: Lesson, weights: Sequence[float]) -> LikelihoodAnswers:
        from assay.models.inference.log_likelihood import need_likelihoods

        return LikelihoodAnswers(
            need_likelihoods(lesson.open_base(self.model)), lesson.task, self.ways, weights
        )


class LikelihoodAnswers(Adapted):
    """`weights`: one for each of `ways`; their sum over an option is its log score."""

    def __init__(
        self, reader: ChatModel, task: Task, ways: Sequence[str], weights: Sequence[float]
    ):
        self.reader, self.task, self.ways, self.weights = reader, task, tuple(ways), list(weights)

    @property
    def model(self) -> LanguageModel:
        return self.reader

    def prompt(self, question: Example) -> Messages:
        """What options are read after. It is sent as it stands, without a chat template."""
        return (Message("user", before(question)),)

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        found = read(self.reader, questions, self.ways, tell)
        return [
            replace(
                best_option(self.task, question, (one.values @ self.weights).tolist()),
                prompt_tokens=one.tokens,
            )
            if question.options
            else Answer(None)
            for question, one in zip(questions, found, strict=True)
        ]

    def save(self, folder: Path) -> None:
        write_json(
            folder / "likelihood.json", {"weights": dict(zip(self.ways, self.weights, strict=True))}
        )
        told = ", ".join(
            f"{way} {weight:.3g}" for way, weight in zip(self.ways, self.weights, strict=True)
        )
        write_json(
            folder / "note.json", {"notes": [f"Weights of the options' log-likelihoods: {told}."]}
        )


@dataclass(frozen=True)
class OptionLikelihoods:
    """Of one question. `values`: float64 (options, ways). `tokens`: how many were read."""

    values: np.ndarray
    tokens: int


def before(question: Example) -> str:
    """Passages and question, up to where an option begins."""
    passages = [passage.text for passage in question.context]
    return "\n\n".join([*passages, f"{QUESTION}{strip_options(question).strip()}\n{ANSWER}"])


def read(
    reader: ChatModel, questions: Sequence[Example], ways: Sequence[str], tell: Tell | None = None
) -> list[OptionLikelihoods]:
    """How likely the options of each question are, in the order of `ways`."""
    import numpy as np

    from assay.models.inference.log_likelihood import continuation_log_probs

    pairs = [
        (before(question), f" {option}") for question in questions for option in question.options
    ]
    alone = [(ANSWER, option) for _, option in pairs] if "pmi" in ways else []
    known = list(dict.fromkeys([*pairs, *alone]))
    found = dict(
        zip(
            known,
            continuation_log_probs(reader, known, by_question(tell, len(questions))),
            strict=True,
        )
    )
    rows, at = [], 0
    for question in questions:
        own = slice(at, at + len(question.options))
        at = own.stop
        after, by_itself = ([found[pair] for pair in some[own]] for some in (pairs, alone))
        sums = np.array([one.log_probs.sum() for one in after])
        by = {
            "sum": sums,
            "token": sums / [max(1, len(one.log_probs)) for one in after],
            "character": sums / [max(1, len(option)) for option in question.options],
            "pmi": sums - [one.log_probs.sum() for one in by_itself] if alone else sums,
        }
        tokens = sum(one.tokens for one in (*after, *by_itself))
        rows.append(OptionLikelihoods(np.stack([by[way] for way in ways], 1), tokens))
    return rows


def by_question(tell: Tell | None, questions: int) -> Tell | None:
    """Progress over so many questions in place of the texts that are read for them."""

    def forward_event(event: dict[str, Any]) -> None:
        if tell and event["event"] == "progress":
            done = event["done"] * questions // event["total"]
            event = {**event, "done": done, "total": questions, "unit": "question"}
        if tell:
            tell(event)

    return forward_event if tell else None
