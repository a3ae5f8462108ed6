"""The base model asked with solved examples: what `Shots.fit` gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.core.store import write_json, write_lines, write_tensors
from assay.core.types import GREEDY, Answer, Example, LanguageModel, Lesson, Message, Messages, Tell
from assay.strategies.linear.calibration import (
    FITTED,
    NOTHING,
    Calibration,
    calibration_for,
    cross_calibration_errors,
    prior_correction,
    random_texts,
)
from assay.strategies.prompting.example_order import score_orders
from assay.strategies.prompting.example_selection import Picker, arrangements
from assay.strategies.prompting.few_shot_settings import ShotsSettings
from assay.strategies.prompting.prompted_arm import Prompted
from assay.strategies.prompting.reasoning import BETWEEN, ask_for_label, read
from assay.tasks.parsing import AnswerParser
from assay.tasks.prompt_format import build_messages, with_policy

if TYPE_CHECKING:
    import numpy as np

# sets of examples that a question about nothing is asked with, where each question has its own
SETS = 16


class ShotsAnswers(Prompted):
    """Asks with examples. `known` is what the fit found out, as `shots.json` keeps it: room;
    numeric, orders and calibration where they are used."""

    def __init__(
        self,
        settings: ShotsSettings,
        model: LanguageModel,
        lesson: Lesson,
        pool: Sequence[Example],
        vectors: np.ndarray | None,
        room: int,
        known: dict[str, Any] | None = None,
    ):
        wording = settings.wording
        if settings.policy:
            wording = with_policy(lesson.task, wording)
        super().__init__(model, lesson.task, labels=True, room=room, wording=wording)
        self.settings = settings
        self.seed = lesson.seed
        self.known = known or {"room": room}
        self.notes: list[str] = []
        labels = lesson.task.labels
        self.picker = Picker(
            pool, vectors, lesson.means, k=settings.k, order=settings.order, labels=labels
        )
        if "orders" in self.known:
            orders = self.known["orders"]
            self.picker.arrangement = orders["tried"][orders["used"]]["order"]
        self.calibration = (
            Calibration.from_json(saved) if (saved := self.known.get("calibration")) else None
        )
        self.steps = settings.reason == "steps"

    @property
    def pool(self) -> Sequence[Example]:
        return self.picker.pool

    @property
    def vectors(self) -> np.ndarray | None:
        return self.picker.vectors

    @property
    def reading(self) -> AnswerParser:
        mark = self.wording.final_mark if self.steps else self.wording.marks[1]
        numeric = self.known.get("numeric", False)
        return replace(super().reading, mark=mark, steps=self.steps, numeric=numeric)

    def shots(self, question: Example) -> Sequence[Example]:
        return self.picker.of(question)

    def prompt(self, question: Example) -> Messages:
        return build_messages(
            self.task,
            question,
            self.shots(question),
            labels=self.labels,
            wording=self.wording,
            steps=self.steps,
        )

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        self.picker.look(questions)
        return super().answer(questions, tell)

    def reply(self, prompts: Sequence[Messages], tell: Tell | None = None) -> list[Answer]:
        return (
            self._reason_then_answer(prompts, tell) if self.steps else super().reply(prompts, tell)
        )

    def scores(self, prompts: Sequence[Messages], tell: Tell | None = None) -> np.ndarray:
        if self.calibration is None:
            return super().scores(prompts, tell)
        return self.calibration(self._exact(prompts, tell))

    def shift(self, shifts: Mapping[str, float]) -> None:
        """Add to the scores of labels from now on, in nats; all labels are then scored exactly."""
        self.calibration = Calibration(
            1.0, tuple(shifts.get(label, 0.0) for label in self.task.labels)
        )
        self.known = {**self.known, "calibration": self.calibration.to_json()}

    def _exact(self, prompts: Sequence[Messages], tell: Tell | None = None) -> np.ndarray:
        """Scores without upper bounds: a shift could lift an unlikely label above the likeliest."""
        options = [self.wording.words(label) for label in self.task.labels]
        return self.model.score(prompts, options, left=0.0, tell=tell)

    def _reason_then_answer(self, prompts: Sequence[Messages], tell: Tell | None) -> list[Answer]:
        n = self.settings.samples
        scored = self.task.picks and n == 1 and self.model.can_score
        how = replace(GREEDY, stop=self.next_question)
        if n > 1:
            how = replace(how, temperature=self.settings.temperature, seed=self.seed)
        asked = [prompt for prompt in prompts for _ in range(n)]
        first = portion(tell, len(prompts), 0, 1 + scored)
        chains = self.model.generate(
            asked, max_tokens=self.settings.reason_tokens, how=how, tell=first
        )
        if not scored:
            return [read(self.reading, chains[i : i + n]) for i in range(0, len(chains), n)]
        second = [
            ask_for_label(prompt, chain) for prompt, chain in zip(prompts, chains, strict=True)
        ]
        answers = self.choose_labels(second, portion(tell, len(prompts), 1, 2))
        return [
            replace(
                answer,
                raw=f"{chain.text}{BETWEEN}{answer.raw}",
                prompt_tokens=answer.prompt_tokens + chain.prompt_tokens,
                tokens=chain.tokens,
                truncated=chain.truncated,
            )
            for answer, chain in zip(answers, chains, strict=True)
        ]

    # --- what is found out on val -----------------------------------------------------------------

    def try_orders(self, lesson: Lesson, held: Sequence[Example]) -> None:
        """Ask val with several orders of the examples, and use one."""

        def score(order: tuple[int, ...]) -> float:
            self.picker.arrangement = order
            return lesson.score(self, held)

        orders = arrangements(self.picker.k, self.settings.orders, lesson.seed)
        found = score_orders(
            orders, score, len(held), best=self.settings.keep == "best", tell=lesson.tell
        )
        self.picker.arrangement = orders[found.used]
        self.known["orders"] = found.to_json()
        self.notes.append(found.sentence)

    def calibrate(self, lesson: Lesson, held: Sequence[Example]) -> None:
        """Find out what is to be taken away from the scores, and by what they are scaled."""
        way = self.settings.calibrate
        if way in FITTED:
            self.picker.look(held)
            scores = self._exact([self.prompt(row.question) for row in held], lesson.tell)
            right = [self.task.labels.index(row.target or "") for row in held]
            before, after = cross_calibration_errors(way, scores, right)
            self.calibration = calibration_for(way, scores, right)
            self.notes.append(
                f"Calibration ({way}) of {len(held)} val rows: the error of the confidence goes"
                f" from {before:.2f} to {after:.2f} where each half is calibrated by the other."
            )
        else:
            self.calibration = prior_correction(
                self._exact(self._nothing(lesson, held), lesson.tell)
            )
        self.known["calibration"] = self.calibration.to_json()

    def _nothing(self, lesson: Lesson, held: Sequence[Example]) -> list[Messages]:
        """Questions about nothing after the examples: of some val rows where each question has its
        own."""
        texts = NOTHING
        if self.settings.calibrate == "domain":
            texts = random_texts([row.text for row in lesson.train], lesson.seed)
        rows = [None] if self.picker.is_fixed else [row.question for row in held[:SETS]]
        asked = [Example("nothing", (Message("user", text),)) for text in texts]
        return [
            build_messages(
                self.task, one, self.shots(row or one), labels=self.labels, wording=self.wording
            )
            for row in rows
            for one in asked
        ]

    def save(self, folder: Path) -> None:
        write_json(folder / "shots.json", self.known)
        write_lines(folder / "pool.jsonl", (example.to_json() for example in self.pool))
        if self.vectors is not None:
            write_tensors(folder / "pool.safetensors", {"vectors": self.vectors})
        if self.notes:
            write_json(folder / "note.json", {"notes": self.notes})


def portion(tell: Tell | None, count: int, at: int, of: int) -> Tell | None:
    """`tell` for one of several passes over `count` questions: its progress is that of the
    whole."""
    if tell is None:
        return None

    def forward_event(event: dict) -> None:
        if event.get("event") == "progress":
            share = (at + event["done"] / max(1, event["total"])) / of
            event = {**event, "done": int(share * count), "total": count}
        tell(event)

    return forward_event
