"""Ask the cheap arm first; hand on what it is unsure of to the strong one: a cascade.

What it is for   most of the strong arm's quality at a part of its cost, where many questions are
                 easy
Costs            both arms are fitted and kept; an easy question costs the cheap arm alone, a hard
                 one both
Source           Chen, Zaharia and Zou (2023), FrugalGPT, arxiv.org/abs/2305.05176; the rule of
                 thresholds: Viola and Jones (2001), Rapid object detection using a boosted cascade,
                 doi.org/10.1109/CVPR.2001.990517
Good when        the cheap arm knows when it is right: its confidence orders its answers
Watch out        the threshold is chosen on val; with few val rows it is a guess
Defaults from    give_up .01: a point of the metric is within the noise of most val splits
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import Field

from assay.core.errors import Problem, TrainError
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
    Tell,
)

STEPS = 100  # thresholds tried at most: more than a val split can tell apart


class Router(Strategy):
    kind: Literal["router"] = "router"
    gives = "mix"
    cheap: Inner  # asked first; its answers must carry a confidence
    strong: Inner  # asked where the cheap arm's confidence is below the threshold
    threshold: float | None = Field(default=None, ge=0, le=1)  # chosen on val when left out
    give_up: float = Field(
        default=0.01, ge=0, le=1
    )  # of the val score, for more questions that stay with the cheap arm
    reads = ("train", "val", "documents")
    needs_documents = False  # of its own; what stands inside it says so itself
    neural = True

    def needs(self, base: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.cheap.needs(base), *self.strong.needs(base)]))

    def fit(self, lesson: Lesson) -> "RouterAnswers":
        cheap, strong = lesson.fit(self.cheap, lesson), lesson.fit(self.strong, lesson)
        if self.threshold is not None:
            return RouterAnswers(cheap, strong, self.threshold, {})
        if not lesson.val:
            help = "give the split a val share, or set `threshold`"
            raise TrainError(
                Problem(
                    "T054", "router: there are no val rows to choose the threshold on", help=help
                )
            )
        threshold, note = select_threshold(cheap, strong, lesson, self.give_up)
        return RouterAnswers(cheap, strong, threshold, note)

    def restore(self, folder: Path, lesson: Lesson) -> "RouterAnswers":
        saved = read_json(folder / "router.json")
        cheap = self.cheap.restore(folder / "cheap", lesson)
        strong = self.strong.restore(folder / "strong", lesson)
        return RouterAnswers(cheap, strong, saved["threshold"], saved["val"])


class RouterAnswers(Adapted):
    """`threshold`: the lowest confidence with which the cheap arm's answer stands; above 1 none
    does. `note`: what val said, for the report."""

    def __init__(self, cheap: Adapted, strong: Adapted, threshold: float, note: dict):
        self.cheap = cheap
        self.strong = strong
        self.threshold = threshold
        self.note = note

    @property
    def model(self) -> LanguageModel | None:
        return self.strong.model

    def prompt(self, question: Example) -> Messages:
        return self.strong.prompt(question)

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        first = [replace(answer, by="cheap") for answer in self.cheap.answer(questions, tell)]
        hard = [i for i, answer in enumerate(first) if sure(answer) < self.threshold]
        if not hard:
            return first
        second = self.strong.answer([questions[i] for i in hard], tell)
        for i, answer in zip(hard, second, strict=True):
            both = {
                name: getattr(first[i], name) + getattr(answer, name)
                for name in ("prompt_tokens", "tokens")
            }
            first[i] = replace(answer, by="strong", **both)
        return first

    def save(self, folder: Path) -> None:
        for name, arm in (("cheap", self.cheap), ("strong", self.strong)):
            (folder / name).mkdir(exist_ok=True)
            arm.save(folder / name)
        write_json(folder / "router.json", {"threshold": self.threshold, "val": self.note})
        if self.note:
            write_json(folder / "note.json", {"notes": [describe_val(self.note)]})


def sure(answer: Answer) -> float:
    """How sure the arm is, in [0, 1]; an answer that is none, or says that it does not know, is
    handed on.

    Raises:
        TrainError: T054, the arm gives no confidence.
    """
    if answer.text is None or answer.refused or answer.abstained:
        return -1.0
    if answer.confidence is None:
        help = "use a strategy that scores labels: tfidf, probe, knn, knn_mix, few-shot prompting"
        raise TrainError(
            Problem(
                "T054", "router: the answers of the cheap strategy carry no confidence", help=help
            )
        )
    return answer.confidence


def select_threshold(
    cheap: Adapted, strong: Adapted, lesson: Lesson, give_up: float
) -> tuple[float, dict]:
    """The threshold that keeps most val questions with the cheap arm and costs at most `give_up` of
    the best val score that any threshold reaches; and what val said of it."""
    questions = [row.question for row in lesson.val]
    first, second = cheap.answer(questions), strong.answer(questions)
    confidence = [sure(answer) for answer in first]
    tried = thresholds(confidence)
    scores, kept = [], []
    for threshold in tried:
        stay = [value >= threshold for value in confidence]
        mixed = [a if keep else b for a, b, keep in zip(first, second, stay, strict=True)]
        scores.append(lesson.judge(lesson.val, mixed))
        kept.append(sum(stay) / len(stay))
    enough = max(scores) - give_up
    best = max(
        (i for i, score in enumerate(scores) if score >= enough - 1e-12),
        key=lambda i: (kept[i], scores[i]),
    )
    note = {"rows": len(questions), "share": kept[best], "score": scores[best]}
    ends = {"cheap": lesson.judge(lesson.val, first), "strong": lesson.judge(lesson.val, second)}
    return tried[best], note | ends


def thresholds(confidence: Sequence[float]) -> list[float]:
    """At most `STEPS` values between which the confidences lie, then one that no confidence
    reaches. Lowest first."""
    values = sorted({value for value in confidence if value >= 0})
    middles = [0.0, *((a + b) / 2 for a, b in zip(values, values[1:], strict=False))]
    step = max(1, -(-len(middles) // STEPS))
    return [*middles[::step], 1.01]


def describe_val(val: dict) -> str:
    """What val said, as a sentence of the report."""
    scores = (
        f"{val['score']:.3f}; the cheap strategy alone {val['cheap']:.3f}, the strong one alone"
        f" {val['strong']:.3f}"
    )
    return (
        f"On {val['rows']:,} val rows {100 * val['share']:.0f} % of the questions stay with the"
        f" cheap strategy: {scores}."
    )
