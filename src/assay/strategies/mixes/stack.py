"""Several strategies combined: what each says of each label, weighted by how it did on rows that it
had not seen.

What it is for   strategies that err on different rows are together better than the best of them
Costs            the sum of its parts, each fitted `folds` times more; a question costs what all of
                 them cost
Source           Wolpert (1992), Stacked generalization, doi.org/10.1016/S0893-6080(05)80023-1; as
                 AutoGluon has it: Erickson et al. (2020), arxiv.org/abs/2003.06505. The pool is
                 log-linear: Genest and Zidek (1986), Combining probability distributions,
                 doi.org/10.1214/ss/1177013825
How              each part of the training rows is answered by strategies fitted on the others; the
                 weights, none below 0, are those under which the right labels are likeliest; then
                 all are fitted on all rows
Good when        the parts see different things: words, meaning, a language model
Watch out        `folds: 5` trains an inner LoRA six times; `folds: 0` takes the weights from val
                 and trains it once
Defaults from    folds 5: the smallest usual number, at which a part still learns from most rows
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator

from assay.core.errors import Problem, TrainError
from assay.core.preconditions import need_rows
from assay.core.store import read_json, write_json
from assay.core.types import (
    Adapted,
    Answer,
    Example,
    Inner,
    LanguageModel,
    Lesson,
    Messages,
    Strategy,
    Task,
    Tell,
)
from assay.models.loading.catalogue import EMBEDDER
from assay.strategies.linear.logistic_regression import parts_of, scorable
from assay.strategies.mixes.knn import opinion
from assay.strategies.prompting.prompted_arm import among, best_label
from assay.strategies.text.memoise_embed import memoise_embed

if TYPE_CHECKING:
    import numpy as np

LEAST = 1e-4  # of a label's share: one strategy alone cannot rule a label out
PULL = 1.0  # strength of the pull towards equal weights that add up to 1, in rows


class Stack(Strategy):
    kind: Literal["stack"] = "stack"
    gives = "mix"
    # arms that choose among labels, or options
    inners: tuple[Inner, ...] = Field(min_length=2, max_length=16)
    # of the training rows; 0: val says how they are combined
    folds: int = Field(default=5, ge=0, le=20)
    neural = True
    libraries = ("numpy", "scipy")

    @field_validator("folds")
    @classmethod
    def _some(cls, folds: int) -> int:
        if folds == 1:
            raise ValueError(
                "must be 0, or 2 and more: a part is answered by what the others have taught"
            )
        return folds

    @property
    def reads(self) -> tuple[str, ...]:  # pyrefly: ignore[bad-override]
        return tuple(
            dict.fromkeys(
                ["train", "val", *(part for inner in self.inners for part in inner.reads)]
            )
        )

    def needs(self, base: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for inner in self.inners for name in inner.needs(base)))

    def unfit(self, task: Task) -> Iterator[Problem]:
        if not task.picks:
            text = (
                "stack: weighs what is said of each label or option; this task is of the kind"
                f" '{task.kind}'"
            )
            yield Problem("T066", text, help="take its inner strategies by themselves")

    def fit(self, lesson: Lesson) -> StackAnswers:
        need_rows("stack", lesson)
        if not self.folds and not lesson.val:
            text = "stack: there are no val rows to weigh the inner strategies on"
            raise TrainError(
                Problem("T067", text, help="give the split a val share, or set `folds: 5`")
            )
        lesson = self._share_vectors(lesson)
        if self.folds:
            rows, seen = self._out_of_fold_shares(lesson)
            arms = self._fit_inners(lesson, "all")
        else:
            rows, arms = list(lesson.val), self._fit_inners(lesson, "all")
            seen = [
                opinions(arm.answer([row.question for row in rows]), lesson.task) for arm in arms
            ]
        right = [lesson.task.labels.index(row.target or "") for row in rows]
        weights = fit_stack_weights(seen, right)
        return StackAnswers(arms, weights, lesson.task, summarise_stack(self, weights, seen, right))

    def restore(self, folder: Path, lesson: Lesson) -> StackAnswers:
        saved = read_json(folder / "stack.json")
        arms = [inner.restore(folder / f"inner-{n}", lesson) for n, inner in enumerate(self.inners)]
        return StackAnswers(arms, saved["weights"], lesson.task, saved["said"])

    def _share_vectors(self, lesson: Lesson) -> Lesson:
        """The lesson with an embedder that reads a text once. Where an inner strategy will ask, all
        rows are read at once, as others of the run do, whose vectors are then taken over."""
        if lesson.means.embed is None:
            return lesson
        embed = memoise_embed(lesson.means.embed)
        if any(EMBEDDER in inner.encoders() for inner in self.inners):
            embed([row.text for row in lesson.train])
        return replace(lesson, means=replace(lesson.means, embed=embed))

    def _fit_inners(self, lesson: Lesson, name: str) -> list[Adapted]:
        return [
            lesson.fit(inner, self._own(lesson, f"{name}-{n}"))
            for n, inner in enumerate(self.inners)
        ]

    def _own(self, lesson: Lesson, name: str) -> Lesson:
        """The lesson with a folder of its own, where an interrupted training is found again."""
        work = lesson.workdir / name
        work.mkdir(parents=True, exist_ok=True)
        return replace(lesson, start=None, means=replace(lesson.means, workdir=work))

    def _out_of_fold_shares(self, lesson: Lesson) -> tuple[list[Example], list[np.ndarray]]:
        """Training rows whose label another row has too, and what each inner strategy, fitted
        without the row, says of its labels, (rows, labels)."""
        import numpy as np

        targets = [row.target or "" for row in lesson.train]
        parts = parts_of(
            targets, self.folds, lesson.seed, [example.group for example in lesson.train]
        )
        seen = [np.zeros((len(targets), len(lesson.task.labels))) for _ in self.inners]
        for part in range(self.folds):
            held = np.flatnonzero(parts == part)
            fold = replace(
                lesson,
                train=tuple(
                    row for row, own in zip(lesson.train, parts, strict=True) if own != part
                ),
            )
            if not len(held) or not fold.train:
                continue
            asked = [lesson.train[i].question for i in held]
            for n, inner in enumerate(self.inners):
                arm = lesson.fit(inner, self._own(fold, f"part-{part}-{n}"))
                seen[n][held] = opinions(arm.answer(asked), lesson.task)
                del arm  # and its network: one at a time
        rows = scorable(targets)
        return [lesson.train[i] for i in rows], [shares[rows] for shares in seen]


class StackAnswers(Adapted):
    """`weights`: one an inner arm, of its log shares. `said`: how they came about, for the
    report."""

    def __init__(self, arms: Sequence[Adapted], weights: Sequence[float], task: Task, said: str):
        self.arms = list(arms)
        self.weights = list(weights)
        self.task = task
        self.said = said

    @property
    def model(self) -> LanguageModel | None:
        return next((arm.model for arm in self.arms if arm.model is not None), None)

    def prompt(self, question: Example) -> Messages:
        asked = next((arm for arm in self.arms if arm.model is not None), self.arms[0])
        return asked.prompt(question)

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        if not questions:
            return []
        told = [arm.answer(questions, tell) for arm in self.arms]
        pooled = pool([opinions(answers, self.task) for answers in told], self.weights)
        return [
            replace(
                self._best_answer(question, row),
                prompt_tokens=sum(answer.prompt_tokens for answer in own),
                tokens=sum(answer.tokens for answer in own),
            )
            for question, row, own in zip(questions, pooled, zip(*told, strict=True), strict=True)
        ]

    def _best_answer(self, question: Example, row: np.ndarray) -> Answer:
        """The likeliest label, or of the question's options."""
        best = best_label(self.task.labels, row)
        return among(self.task, question, best) if self.task.kind == "choose" else best

    def save(self, folder: Path) -> None:
        for n, arm in enumerate(self.arms):
            (folder / f"inner-{n}").mkdir(exist_ok=True)
            arm.save(folder / f"inner-{n}")
        write_json(folder / "stack.json", {"weights": self.weights, "said": self.said})
        write_json(folder / "note.json", {"notes": [self.said]})


def opinions(answers: Sequence[Answer], task: Task) -> np.ndarray:
    """What an arm thinks of each label, (answers, labels), rows adding up to 1."""
    import numpy as np

    return np.array([opinion(answer, task.labels) for answer in answers])


def pool(shares: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    """Log shares, up to a constant a row: the sum of the arms' own, each times its weight."""
    import numpy as np

    logs = np.stack([np.log(np.maximum(one, LEAST)) for one in shares])  # (arms, rows, labels)
    return np.tensordot(np.asarray(weights, dtype=np.float64), logs, 1)


def fit_stack_weights(shares: Sequence[np.ndarray], right: Sequence[int]) -> list[float]:
    """Weights, none below 0, under which the right labels are likeliest. The negative
    log-likelihood is convex in them; a pull towards equal ones that add up to 1 keeps them finite.

    Args:
        shares: of each arm, (rows, labels). right: the index of each row's label.
    """
    import numpy as np
    from scipy.optimize import minimize
    from scipy.special import log_softmax

    logs = np.stack([np.log(np.maximum(one, LEAST)) for one in shares])  # (arms, rows, labels)
    rows, wanted, equal = np.arange(len(right)), np.asarray(right, dtype=np.int64), 1 / len(shares)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        told = log_softmax(np.tensordot(weights, logs, 1), axis=1)
        away = np.exp(told)
        away[rows, wanted] -= 1
        value = PULL / 2 * ((weights - equal) ** 2).sum() - told[rows, wanted].sum()
        return float(value), (away * logs).sum((1, 2)) + PULL * (weights - equal)

    start = np.full(len(shares), equal)
    best = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(shares)).x
    return [round(float(weight), 6) for weight in best]


def summarise_stack(
    settings: Stack, weights: Sequence[float], shares: Sequence[np.ndarray], right: Sequence[int]
) -> str:
    """How the strategies were combined, as a sentence of the report."""
    import numpy as np

    wanted = np.asarray(right)
    alone = [float((one.argmax(1) == wanted).mean()) for one in shares]
    both = float((pool(shares, weights).argmax(1) == wanted).mean())
    where = "training rows when they were left out" if settings.folds else "val rows"
    named = ", ".join(
        f"{inner.name or inner.kind} {weight:.2f} (alone {score:.3f})"
        for inner, weight, score in zip(settings.inners, weights, alone, strict=True)
    )
    return (
        f"Weights of the inner strategies on {len(right):,} {where}: {named}; accuracy together"
        f" {both:.3f}."
    )
