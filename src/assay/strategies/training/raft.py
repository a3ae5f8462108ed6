"""Learn from the best of the model's own answers, in rounds: rejection sampling.

What it is for   rewards, with the ordinary training: no step is taken on an answer that is not good
Costs            the inner strategy's training; then each round writes `samples` answers to each
                 question and trains on the best of them
Source           Dong et al. (2023), RAFT: Reward rAnked FineTuning, arxiv.org/abs/2304.06767; with
                 answers that are right or wrong: Yuan et al. (2023), arxiv.org/abs/2308.01825
Good when        a good answer is among several, and rewards tell it
Watch out        it learns from what it can already do, and nothing from its mistakes; what is
                 rewarded and not meant grows here too, and is watched as there
Defaults from    3 rounds: Dong et al. gain little after the third; .3 of the inner
                 method's own learning rate
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator

from assay.core import checksummed_lines
from assay.core.errors import Problem, TrainError
from assay.core.store import read_json, write_json
from assay.core.types import Example, Lesson, Piece, Task
from assay.evaluation.rewards.reward import RewardSum, reward_settings
from assay.evaluation.scoring import metrics_for
from assay.strategies.prompting.few_shot import sample_rows
from assay.strategies.prompting.prompted_arm import answer_room
from assay.strategies.training.after_inner import OWN, AfterInner
from assay.strategies.training.answer_sampling import (
    RewardField,
    Sampler,
    as_mappings,
    rewarded,
    rows_of_round,
    watch,
    with_room,
    writes_no_texts,
)
from assay.strategies.training.trained_arm import Tuned, train
from assay.training.estimate.protocol import find_request, part

if TYPE_CHECKING:
    from assay.models.inference.chat_model import ChatModel
    from assay.training.settings import NetworkChange

REHEARSED = 8  # questions that are asked in a rehearsal, for all of a round


class Raft(AfterInner):
    kind: Literal["raft"] = "raft"
    VERSION = 6  # learning_rate: auto
    share_of_inner = 0.3
    usual_ranges = {"learning_rate": {"low": 1e-4, "high": 9e-4, "log": True}}
    reward: tuple[Piece, ...] = RewardField  # one or several, added up by their weights
    rounds: int = Field(default=3, ge=1, le=100)
    samples: int = Field(default=8, ge=2, le=256)  # answers to a question
    prompts: int = Field(default=0, ge=0)  # questions in a round; 0: all training rows
    # reward that an answer needs to be learnt; None: more than the mean of its round
    above: float | None = None
    temperature: float = Field(default=1.0, gt=0, le=2)
    top_p: float = Field(default=1.0, gt=0, le=1)
    # from the base, without the inner strategy's own training before
    from_base: bool = False
    epochs: int = Field(default=1, ge=1, le=1000)  # of a round
    patience: int = Field(default=2, ge=1)  # rounds without a better val score before it ends

    @field_validator("reward", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return as_mappings(value)

    def _faults(self) -> Iterator[str]:
        yield from super()._faults()
        reward_settings(self.reward, targets=True)
        why = "rewards say what is learnt; give it to `inner`, or leave it out"
        yield from self._set_elsewhere(OWN, why)
        yield from self._set_elsewhere(("processes",), "answers are written by one; leave it out")

    def needs(self, base: str) -> tuple[str, ...]:
        own = [name for one in self.reward for name in one.needs(base)]
        return tuple(dict.fromkeys([*self.inner.needs(base), *own]))

    def belongs_elsewhere(self, task: Task) -> str:
        return writes_no_texts(task)

    def fit(self, lesson: Lesson) -> Tuned:
        """
        Raises:
            TrainError: T114, no answer of the first round was good enough; and as `FineTuning.fit`
                and the rewards. Stopped: rounds that are done are kept, and the same call goes on.
        """
        self.refuse(lesson)
        lesson = self.after_inner(lesson)
        rewards = RewardSum.fit(reward_settings(self.reward, targets=True), lesson)
        if find_request(lesson.workdir) is not None:
            return self._rehearse(lesson, rewards)
        points: list[dict[str, float]] = []
        ended = "all rounds done"
        for number in range(self.rounds):
            place = lesson.workdir / f"round-{number}"
            if not (place / "done.json").exists():
                self._round(lesson, rewards, number, place)
            told = read_json(place / "done.json")
            points += told["points"]
            if why := told["ended"] or self._past(points, lesson):
                ended = why
                break
        return self._best(lesson, points, ended)

    # --- a round ----------------------------------------------------------------------------------

    def _round(self, lesson: Lesson, rewards: RewardSum, number: int, place: Path) -> None:
        """Write, choose, train; the arm is saved, and what val says of it.

        Raises:
            TrainError: T114, as `fit`.
        """
        start = lesson.start if number == 0 else place.parent / f"round-{number - 1}" / "arm"
        means = replace(lesson.means, workdir=place)
        own = replace(lesson, start=start, means=means)
        model, change, arm = self._open(own)
        points = [] if number else [self._look(own, arm, rewards, 0)]
        if number == 0:
            self._keep(arm, place / "start")
        rows, reward = self._chosen(own, arm, rewards, number)
        if not rows and number == 0:
            raise nothing_kept(self.kind, self.above)
        if not rows:
            text = f"no answer of round {number + 1} was better than the others"
            write_json(place / "done.json", {"points": [], "ended": text})
            return
        train(replace(own, train=rows), self, model, change, arm)
        point = self._look(own, arm, rewards, number + 1)
        loss = arm.curve[-1]["train_loss"] if arm.curve else 0.0
        points.append({**point, "reward": reward, "learnt": len(rows), "train_loss": loss})
        self._keep(arm, place / "arm")
        write_json(place / "done.json", {"points": points, "ended": ""})

    def _open(self, lesson: Lesson) -> tuple[ChatModel, NetworkChange, Tuned]:
        import torch

        torch.manual_seed(lesson.seed)
        model = self.open(lesson)
        change = self.change(model, lesson)
        if lesson.start is not None:
            change.read(lesson.start)
        if change.warmer:
            change.warmer()
        model.network.eval()
        room = answer_room(lesson, model, whole=True)
        return model, change, Tuned(model, lesson.task, room, change.write)

    def _chosen(
        self, lesson: Lesson, arm: Tuned, rewards: RewardSum, number: int
    ) -> tuple[tuple[Example, ...], float]:
        """The rows with the best answers that were written to them for targets, and the mean reward
        of all answers. Kept in a file: a run that goes on does not ask again."""
        file = lesson.workdir / "answers.json"
        rows = with_room(lesson, arm, self.max_length, self.kind)
        rows = rows if self.max_rows is None else sample_rows(rows, self.max_rows, lesson.seed)
        if not (known := checksummed_lines.one(file, lesson.tell)):
            places = rows_of_round(
                rows, number, min(self.prompts or len(rows), len(rows)), lesson.seed
            )
            known = self._ask(lesson, arm, rewards, number, [rows[at] for at in places])
            known["places"] = places
            checksummed_lines.write(file, known)
        best = zip(known["places"], known["texts"], strict=True)
        kept = [replace(rows[at], target=text, also=()) for at, text in best if text]
        text = f"{self.kind}: round {number + 1}: {len(kept):,} of {len(known['places']):,}"
        lesson.tell({"event": "note", "text": f"{text} questions have an answer to learn"})
        return tuple(kept), known["reward"]

    def _ask(
        self,
        lesson: Lesson,
        arm: Tuned,
        rewards: RewardSum,
        number: int,
        rows: Sequence[Example],
    ) -> dict[str, Any]:
        """Of each row the text of its best answer, "" where none is to be learnt."""
        sampler = Sampler(arm, self.samples, self.temperature, self.top_p, lesson.seed)
        sampled = sampler.write(rows, number, lesson.tell)
        found = rewarded(rewards, sampled).total.reshape(-1, self.samples)
        least = float(found.mean()) if self.above is None else self.above
        texts = []
        for at, own in enumerate(found):
            answers = sampled.answers[at * self.samples : (at + 1) * self.samples]
            whole = [
                (-value, n)
                for n, (value, answer) in enumerate(zip(own, answers, strict=True))
                if value > least and not answer.truncated and answer.raw.strip()
            ]
            texts.append(answers[min(whole)[1]].raw.strip() if whole else "")
        return {"texts": texts, "reward": float(found.mean())}

    def _look(self, lesson: Lesson, arm: Tuned, rewards: RewardSum, at: int) -> dict[str, float]:
        held = sample_rows(lesson.val, self.val_rows, lesson.seed)
        seen = watch(lesson, arm, rewards, held) if held else {}
        if seen:
            name = metrics_for(lesson.task)[0].name
            told = f"{name} {seen['val']:.3g}, reward {seen['val_reward']:.3g} on val"
            lesson.tell({"event": "note", "text": f"{self.kind}: after round {at}: {told}"})
        return {"step": at, "train_loss": 0.0, **seen}

    def _keep(self, arm: Tuned, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        arm.save(folder)

    # --- the rounds together ----------------------------------------------------------------------

    def _past(self, points: list[dict[str, float]], lesson: Lesson) -> str:
        """Why no further round is made; empty where one is."""
        from assay.training.over_optimisation import moved, over_optimised

        seen = [point for point in points if "val" in point]
        if not seen or len(seen) - 1 - seen.index(best_of(seen)) < self.patience:
            return ""
        if found := over_optimised(points):
            said = moved(points, metrics_for(lesson.task)[0].name)
            return f"over-optimised since round {found['step']:g}: {said}"
        return f"no better val score in {self.patience} rounds"

    def _best(self, lesson: Lesson, points: list[dict[str, float]], ended: str) -> Tuned:
        """The arm of the best round; of the last one where val was not asked."""
        from assay.training.over_optimisation import verdict

        seen = [point for point in points if "val" in point]
        at = int((best_of(seen) if seen else points[-1])["step"])
        name = f"round-{at - 1}/arm" if at else "round-0/start"
        arm = self.restore(lesson.workdir / name, replace(lesson, train=(), val=()))
        arm.curve, arm.ended, arm.best_step = points, ended, at
        arm.fit = verdict(points, metrics_for(lesson.task)[0].name).to_json()
        return arm

    def _rehearse(self, lesson: Lesson, rewards: RewardSum) -> Tuned:
        model, change, arm = self._open(lesson)
        asked = min(self.prompts or len(lesson.train), len(lesson.train))
        some = lesson.train[:REHEARSED]
        with part(lesson.workdir, "answers", self.rounds * asked / len(some)):
            self._ask(lesson, arm, rewards, 0, some)
        for _ in range(self.rounds):
            train(replace(lesson, train=lesson.train[:asked]), self, model, change, arm)
        return arm


def best_of(points: Sequence[dict[str, float]]) -> dict[str, float]:
    return max(points, key=lambda point: (point["val"], point["val_reward"]))


def nothing_kept(kind: str, above: float | None) -> TrainError:
    text = f"{kind}: no answer of the first round was good enough to learn from"
    if above is None:
        way = "all had the same reward: raise samples or temperature, or take another reward"
    else:
        way = f"lower above, which is {above:g}, or raise samples"
    return TrainError(Problem("T114", text, help=way))
