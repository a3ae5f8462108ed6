"""How long an arm will take, how much memory and disk it needs, from a short run of the arm itself.

How       In a process of its own the arm is fitted on all rows, but its trainings are rehearsed: a
          few steps of the real plan through the real loop, the dearest of them among these
          (`training/estimate/trial_run.py`). Then it is saved, and answers some questions
          (`answer_time.py`). An arm that learns nothing by steps is fitted as in the run.
Watch out early stopping may end a training sooner than planned; the estimate is for all epochs
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.core import store
from assay.core.errors import ResourceError, TrainError
from assay.core.types import Adapted, Example, Lesson, Strategy
from assay.runtime.arms.job import Job
from assay.runtime.costs.usage import peak_bytes
from assay.runtime.data_stage.split_files import read_examples
from assay.runtime.planning.answer_time import AnswerTimes, Learnt, answering, once_more
from assay.runtime.planning.plan import Plan, free_disk
from assay.search.study import trial_count
from assay.strategies.compression.compressed_arm import Shrunk
from assay.strategies.prompting.prompt_search import WordingSearch
from assay.strategies.prompting.prompted_arm import Prompted
from assay.strategies.search.hyperparameter_search import HyperparameterSearch
from assay.training.estimate.protocol import ask, read_rehearsals
from assay.training.estimate.usage import clock, memory

if TYPE_CHECKING:
    from assay.evaluation.held_out_test import Exam
    from assay.runtime.arms.runner import Bench

LOOK = 1.5  # seconds that a sample of val may take in a call, about
ANSWERS = 3.0  # and one of the questions
# the same of an arm that is not trained: answering is all it does, and a whole batch needs most
# memory
PROMPTED = 8.0
GROWN = 1.05  # memory of a long run over that of its dearest steps alone: the allocator's gaps
# What a probe tells.
FOUND = (
    "seconds",
    "processor_seconds",
    "answer",
    "bytes",
    "need_bytes",
    "disk_bytes",
    "kept_bytes",
    "parts",
)
# and of an arm whose model is behind an address
PAID = ("requests", "prompt_tokens", "answer_tokens", "money")
COPIES = 2  # of an answer: in work/, and in the report with its question

# --- in the worker --------------------------------------------------------------------------------


@dataclass
class Looks:
    """The `score` of a rehearsal's lesson: it measures what asking val takes, and gives no score. A
    rehearsal calls it twice, for an arm may remember what it has read.

    Attributes:
        learnt: what the arm would know in the end. usual: see `usual`.
        found: of the first call of the last training. seconds: of a first look and of a later one,
            by training.
    """

    learnt: Learnt
    usual: bool = False
    found: AnswerTimes | None = None
    seconds: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    _again: bool = False

    def __call__(self, adapted: Adapted, rows: Sequence[Example]) -> float:
        self.usual = usual(adapted)
        if self._again and self.found:
            first = self.found.seconds(len(rows))
            share = 1.0 if self.usual else once_more(adapted, self.found)
            self.seconds.append((first, share * first))
        else:
            self.found = answering(adapted, rows, self.learnt if self.usual else None, enough=LOOK)
        self._again = not self._again
        return 0.0


def usual(adapted: Adapted) -> bool:
    """Whether an arm asks its model for its answers as all prompted ones do."""
    if isinstance(adapted, Shrunk):
        adapted = adapted.inner
    return isinstance(adapted, Prompted) and type(adapted).answer is Prompted.answer


def probe(job: Job) -> None:
    """Runs in the worker: rehearse the arm, then tell the event "probe" with seconds, bytes, and
    what they go into."""
    if job.strategy.neural:
        from assay.models.determinism import steady
        from assay.models.environment import threads

        steady(job.seed, threads())
    questions = read_examples(Path(job.request["questions"]))
    if any("remote" in model for model in job.models.values()):
        job.tell(estimate_remote(job, questions))
        return
    stage = store.Stage(job.work, "fit", job.request["fit_key"])
    done = stage.completion_note() is not None
    lesson = job.lesson(rows=not done)
    # To start the interpreter, to import, to read the rows: nothing is waited for there.
    parts = {"process": np.full(2, time.process_time())}
    begun = clock()
    if done:
        fitted, sizes, looks = (
            job.strategy.restore(stage.folder / "arm", lesson),
            Sizes(),
            Looks(Learnt((), ())),
        )
        parts["restore"] = clock() - begun
    else:
        fitted, sizes, looks = _rehearse(job, lesson, stage, parts)
    known = sizes.trained and (looks.usual or usual(fitted))
    # What reads in its own way costs after training what it did before.
    found = looks.found if sizes.trained and not known else None
    if questions and found is None:
        enough = ANSWERS if sizes.trained else PROMPTED
        found = answering(fitted, questions, looks.learnt if known else None, enough=enough)
    parts["answers"] = found.seconds(len(questions)) if found else np.zeros(2)
    if isinstance(job.strategy, WordingSearch) and not done and found:
        parts["search"] = found.seconds(job.strategy.asks)
    if isinstance(job.strategy, HyperparameterSearch) and not done:
        _multiply_by_trials(parts, sizes, job.strategy, found, len(lesson.val))
    if not done:
        _multiply_by_folds(parts, sizes, job.request.get("folds", 0))
    answers = found.answers if found else []
    said = sum(len(store.to_json(answer.to_json())) for answer in answers) / max(1, len(answers))
    job.tell(
        {
            "event": "probe",
            **sum_times(parts),
            "answer": float(parts["answers"][0]) / max(1, len(questions)),
            "bytes": round(GROWN * peak_bytes()) + sizes.left * looks.usual + job.beside,
            "need_bytes": sizes.need,
            "disk_bytes": sizes.kept + sizes.scratch + round(COPIES * said * len(questions)),
            "kept_bytes": sizes.kept + round(COPIES * said * len(questions)),
            "fits": sizes.fits,
        }
    )


def _multiply_by_trials(
    parts: dict[str, np.ndarray],
    sizes: Sizes,
    search: HyperparameterSearch,
    found: AnswerTimes | None,
    val: int,
) -> None:
    """One trial was rehearsed; as many are fitted, scored on `val` rows and kept, if none is ended
    early."""
    count = trial_count(search.ranges, search.search)
    for name in parts.keys() - {"process", "answers"}:
        parts[name] = count * parts[name]
    if found:
        parts["search"] = count * found.seconds(min(val, search.search.val_rows))
    sizes.kept *= count + 1  # and the best once more, as the arm


def _multiply_by_folds(parts: dict[str, np.ndarray], sizes: Sizes, folds: int) -> None:
    """A fit of each fold's others, which take as long as `folds` - 1 of all rows, and one of all;
    each in a process of its own. See `arms/cross_validation.py`."""
    if not folds:
        return
    for name in parts.keys() - {"answers"}:
        parts[name] = (folds + 1 if name == "process" else folds) * parts[name]
    sizes.kept *= folds + 1


def estimate_remote(job: Job, questions: Sequence[Example]) -> dict[str, Any]:
    """The event "probe" of an arm whose model is behind an address: nothing is sent, and what would
    be is counted."""
    stage = store.Stage(job.work, "fit", job.request["fit_key"])
    if stage.completion_note() is not None:
        fitted = job.strategy.restore(stage.folder / "arm", job.lesson(rows=False))
    else:
        place = job.folder / "dry"
        place.mkdir()
        whole = job.lesson()
        means = replace(whole.means, workdir=place)
        dry = replace(whole, means=means, fit=lambda inner, lesson: inner.fit(lesson))
        fitted = job.strategy.fit(dry)
    fitted.answer([question.question for question in questions])
    due = [pair for model in job.remotes.values() for pair in model.due.values()]
    spent = [
        (model.endpoint.price, *pair)
        for model in job.remotes.values()
        for pair in model.due.values()
    ]
    return {
        "event": "probe",
        **dict.fromkeys(FOUND),
        "requests": len(due),
        "prompt_tokens": sum(prompt for prompt, _ in due),
        "answer_tokens": sum(answer for _, answer in due),
        "money": sum(price.of(prompt, answer) for price, prompt, answer in spent if price),
        "fits": [],
    }


def sum_times(parts: dict[str, np.ndarray]) -> dict[str, Any]:
    wall, processor = sum(parts.values(), np.zeros(2)).tolist()
    shown = {name: [round(took, 2) for took in pair.tolist()] for name, pair in parts.items()}
    return {"seconds": round(wall, 2), "processor_seconds": round(processor, 2), "parts": shown}


@dataclass
class Sizes:
    """Bytes that an arm keeps on the disk, and that it writes there for a time; whether it was
    trained; bytes of memory that were counted before its first step, and that looks at val leave
    behind; and what would take less."""

    kept: int = 0
    scratch: int = 0
    trained: bool = False
    need: int = 0
    left: int = 0
    fits: list[str] = field(default_factory=list)


def _rehearse(
    job: Job, whole: Lesson, stage: store.Stage, parts: dict[str, np.ndarray]
) -> tuple[Adapted, Sizes, Looks]:
    """The arm after a rehearsal, its sizes, and how val was asked; `parts` get the seconds."""
    place, sizes = job.folder / "rehearsal", Sizes()
    place.mkdir()
    ask(place, done=steps_done(stage))
    looks = Looks(Learnt([example.target or "" for example in whole.train], whole.task.labels))

    def inner(strategy: Strategy, lesson: Lesson) -> Adapted:
        """An inner arm: restored where there is one, else rehearsed too, and saved by itself as in
        the run."""
        known = store.Stage(job.work, "fit", job.inner_key(strategy, lesson))
        if known.completion_note() is not None:
            return job.fit_inner(strategy, lesson)
        ask(place, done=steps_done(known))
        fitted = job.fit(strategy, lesson)
        sizes.kept += save_and_measure(fitted, place / known.key)
        ask(place, done=steps_done(stage))  # what the outer arm trains after it is its own
        return fitted

    begun = clock()
    means = replace(whole.means, workdir=place)
    # A search does what its inner arm does, only more often: that is counted, not done.
    strategy = job.strategy
    if isinstance(strategy, WordingSearch):
        strategy = strategy.final
    elif isinstance(strategy, HyperparameterSearch):
        strategy = strategy.strategy_of(strategy.defaults())
    fitted = job.fit(strategy, replace(whole, means=means, score=looks, fit=inner))
    sizes.kept += save_and_measure(fitted, place / "arm")
    parts["fit"] = clock() - begun
    for told in read_rehearsals(place):
        _add(parts, told, looks.seconds.pop(0) if told["scored"] else None)
        sizes.scratch = max(sizes.scratch, sum(told["disk"].values()))
        sizes.need, sizes.left = max(sizes.need, told["need"]), max(sizes.left, told["left"])
        sizes.trained, sizes.fits = True, told["fits"]
    return fitted, sizes, looks


def steps_done(stage: store.Stage) -> int:
    """Optimiser steps that a killed run of this stage has saved."""
    # An arm around another trains in a folder within its own.
    states = [
        *stage.folder.glob("training/state-????????"),
        *stage.folder.glob("training/*/state-????????"),
    ]
    return max((int(state.name.partition("-")[2]) for state in states), default=0)


def save_and_measure(fitted: Adapted, folder: Path) -> int:
    """Bytes of the arm in its folder."""
    folder.mkdir()
    fitted.save(folder)
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _add(
    parts: dict[str, np.ndarray], told: dict[str, Any], looks: tuple[np.ndarray, np.ndarray] | None
) -> None:
    """The seconds of a whole training in place of those that its rehearsal took."""
    parts["fit"] = parts["fit"] - told["inside"]
    for name, pair in told["seconds"].items():
        parts[name] = parts.get(name, 0 * parts["fit"]) + pair
    if looks and told["looks"]:
        first, later = looks
        parts["looks"] = parts.get("looks", 0 * first) + first + (told["looks"] - 1) * later


# --- in the parent --------------------------------------------------------------------------------


def make_plan(bench: Bench, arms: dict[str, Strategy], exam: Exam) -> Plan:
    """Probe every arm that is not cached, one after the other, each in a process of its own."""
    from assay.runtime.arms.runner import hand_over
    from assay.runtime.planning.plan import plan_event

    asked = bench.project.work / "questions" / f"{exam.hash}.jsonl"
    hand_over(asked, [q.to_json() for q in exam.questions_in_order], bench.tell)
    rows = []
    for name, strategy in arms.items():
        state = bench.state(strategy, exam.hash)
        row: dict[str, Any] = {
            "name": name,
            "state": state,
            **dict.fromkeys(FOUND),
            "fits": [],
            "refused": "",
        }
        if state != "cached":
            bench.tell({"event": "note", "text": f"probing {name}"})
            try:
                row |= probe_arm(bench, name, strategy, asked)
            except (TrainError, ResourceError) as error:
                row |= {"state": "cannot", "refused": f"{name}: {error.problems[0]}"}
        rows.append(row)
    work = bench.project.work
    return Plan(plan_event(bench, arms, exam)["lines"][0], rows, memory(), free_disk(work))


def probe_arm(bench: Bench, name: str, strategy: Strategy, asked: Path) -> dict[str, Any]:
    """What the probe of one arm tells. `asked`: the file of the questions."""
    found: dict[str, Any] = {}

    def hear(event: dict[str, Any]) -> None:
        if event["event"] == "probe":
            found.update({key: event[key] for key in (*FOUND, *PAID, "fits") if key in event})

    # Beside the results, for a trunk or a state may be large: where these are to lie, there must be
    # room.
    with tempfile.TemporaryDirectory(dir=bench.project.work, prefix="probe-") as place:
        folds = bench.prepared.note["rows"].get("folds", 0) if "train" in strategy.reads else 0
        own = {"mode": "probe", "questions": str(asked), "folds": folds}
        request = {**bench.request(strategy), **own}
        replace(bench, tell=hear).launch(Path(place), request, name)
    return found
