"""One request of a worker: the arm it is about, what its lesson may use, its stages, its events.

job = Job(folder)          # folder/request.json says what is asked
job.arm()                  # fits and answers; both stages survive a kill
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.core import checksummed_lines, store
from assay.core.errors import AssayError, Pruned, Stopped
from assay.core.processes import error_to_json
from assay.core.types import (
    Learner,
    Lesson,
    Means,
    Precision,
    Strategy,
    Task,
    Tell,
)
from assay.runtime.arms.answer_files import ASKED, recover_lines
from assay.runtime.arms.answer_likelihoods import PairReader, needs_likelihoods
from assay.runtime.arms.cache_keys import fit_key
from assay.runtime.arms.embedding_cache import EmbeddingCache
from assay.runtime.arms.existing_arms import fitted_arm, needed_models
from assay.runtime.arms.launcher import Launch
from assay.runtime.arms.process_group import crew
from assay.runtime.arms.stage_warnings import StageWarnings, repeat
from assay.runtime.arms.task_score import task_score, val_score
from assay.runtime.costs.contention import Contention
from assay.runtime.costs.energy import Meter
from assay.runtime.costs.latency import alone
from assay.runtime.costs.usage import PartCosts, Spent, peak_bytes
from assay.runtime.data_stage.split_files import (
    read_documents,
    read_examples,
    read_rates,
    read_unwanted,
)
from assay.runtime.data_stage.summary import content_hash, documents_hash, fields_hash, train_hash

if TYPE_CHECKING:
    from assay.models.remote.remote_model import RemoteModel

# answers between two saves: as many as are written side by side
# (models/inference/batch_generation.py)
CHUNK = 64
TELL_EVERY = 0.2  # seconds between two progress events


class Job:
    """One request with its events. `tell` raises Stopped once the process was asked to stop."""

    def __init__(
        self, folder: Path, request: dict[str, Any] | None = None, say: Tell | None = None
    ):
        """`request`: what is asked, where it does not stand in the folder. `say` hears the events;
        else stdout does."""
        self.folder = folder
        self._say = say or (lambda event: print(store.to_json(event), flush=True))
        self.request = store.read_json(folder / "request.json") if request is None else request
        self.work = Path(self.request["work"])
        self.models: dict[str, Any] = self.request["models"]
        self.task = Task.model_validate(self.request["task"])
        self.base: str = self.request["base"]
        self.seed: int = self.request["seed"]
        self.strategy = strategy_of(self.request["strategy"])
        # what inner arms of the arm at work have cost, by key: what is taken twice was paid once
        self.parts: dict[str, dict[str, Any]] = {}
        self.spent: Spent | None = None  # of the stage at work
        self.warnings = StageWarnings()
        self._asked: int | None = None
        self._last = 0.0
        self._embed: Callable[[Sequence[str]], Any] | None = None
        self._keeps_vectors = False  # not where somebody asks: a question is nobody else's business
        self._kept_vectors: EmbeddingCache | None = None
        self.remotes: dict[str, RemoteModel] = {}
        self.watch: Callable[[dict], None] = lambda event: None
        # where this process is one of several that a launcher started
        self.launch: Launch | None = None
        self.pairs: PairReader | None = None  # where pairs of answers are compared
        if needs_likelihoods(self.task):
            self.pairs = PairReader(self.strategy, self.base, self.open_model)
        self.beside = 0  # bytes that other processes of a training held

    def stop(self, number: int, frame: Any) -> None:
        if self._asked is not None:  # the second time means now
            os._exit(128 + number)
        self._asked = number

    def tell(self, event: dict) -> None:
        self.watch(event)
        self.warnings.hear(event)
        if event.get("event") == "took":  # a part of an answer: see `PartCosts`
            return
        progress = event.get("event") == "progress"
        if (
            not progress
            or event["done"] >= event["total"]
            or time.monotonic() - self._last > TELL_EVERY
        ):
            self._last = time.monotonic()
            self._say(event)
        if self._asked is not None and progress:
            raise Stopped(self._asked)

    def fail(self, error: AssayError) -> None:
        print(store.to_json({"event": "error", **error_to_json(error)}), flush=True)

    # --- what a lesson may use --------------------------------------------------------------------

    def embed(self, texts: Sequence[str]) -> Any:
        from assay.models.embeddings import Embedder
        from assay.models.loading.catalogue import EMBEDDER

        if self._embed is None:
            self._tell_loading(EMBEDDER)
            embed = self._embed = Embedder(Path(self.models[EMBEDDER]["folder"]))
            embed.tell = self.tell
            if self._keeps_vectors:
                kind = store.digest([self.models[EMBEDDER]["digest"], self.request["numeric"]])
                folder = self.work / "vectors" / "rows" / kind[:20]
                self._embed = self._kept_vectors = EmbeddingCache(embed, folder, self.tell)
        return self._embed(texts)

    def replayed_vectors(self) -> float:
        """Seconds that vectors took which an earlier strategy had computed."""
        return self._kept_vectors.replayed if self._kept_vectors else 0.0

    def _tell_loading(self, name: str) -> None:
        self.tell({"event": "activity", "text": f"loading {name}"})

    def encoder_folder(self, name: str) -> Path:
        self._tell_loading(name)
        return Path(self.models[name]["folder"])

    def open_model(self, name: str, precision: Precision = "auto") -> Any:
        if "remote" in self.models[name]:
            return self.open_remote(name)
        from assay.models.loading.find import LocalModel
        from assay.models.open import load_model

        self._tell_loading(name)
        return load_model(LocalModel.from_json(self.models[name]), precision)

    def open_remote(self, name: str) -> Any:
        """A model behind an address. It is opened once: its limits a minute hold for all that this
        process asks."""
        from assay.models.remote.remote_model import open_remote

        if name not in self.remotes:
            dry = self.request.get("mode") == "probe"  # asked from Python it has none
            self.remotes[name] = open_remote(
                self.models[name], self.work, seed=self.seed, dry=dry, tell=self.tell
            )
        return self.remotes[name]

    def replay_seconds(self) -> float:
        """Seconds that the requests of remote answers took which were handed out again, and
        vectors that were not computed anew."""
        return sum(model.waited for model in self.remotes.values()) + self.replayed_vectors()

    def lesson(self, *, rows: bool = True) -> Lesson:
        """The arm's lesson; without rows it is what `restore` needs."""
        data = Path(self.request["data"])
        return Lesson(
            task=self.task,
            train=read_examples(data / "train.jsonl") if rows else (),
            val=read_examples(data / "val.jsonl") if rows else (),
            documents=read_documents(data / "documents.jsonl") if rows else (),
            base_rates=read_rates(data) if rows else {},
            unwanted=read_unwanted(data) if rows else (),
            base=self.base,
            means=Means(
                self.seed,
                self.folder,
                self.tell,
                embed=self.embed,
                open_model=self.open_model,
                encoder_folder=self.encoder_folder,
                shelf=self.work / "vectors",
                existing=lambda reference: fitted_arm(self.models[reference]),
                make_strategy=strategy_of,
            ),
            score=lambda adapted, some: val_score(adapted, some, self.task, self.work, self.pairs),
            judge=lambda some, answers: task_score(some, answers, self.task, self.work),
            fit=self.fit_inner,
        )

    def inner_key(self, strategy: Learner, lesson: Lesson) -> str:
        parts = {
            "train": train_hash(lesson.train, lesson.base_rates, lesson.unwanted),
            "val": content_hash(lesson.val),
            "documents": documents_hash(lesson.documents),
            "fields": fields_hash([*lesson.train, *lesson.val]),
        }
        return fit_key(
            strategy, parts, self.task, self.models, self.base, self.seed, self.request["numeric"]
        )

    def fit_inner(self, strategy: Learner, lesson: Lesson) -> Any:
        """An inner arm or a part as its own cached stage; its cost is added to the outer one's as a
        part."""
        key = self.inner_key(strategy, lesson)
        outer, begun, before = self.spent, time.monotonic(), self.replayed_vectors()
        if outer:
            outer.waiting = True
        try:
            adapted, note = self.fit_or_load(strategy, lesson, key)
            if outer:
                outer.inside += time.monotonic() - begun + self.replayed_vectors() - before
        finally:
            # What was ended early is no stage of its own: its time is the outer one's.
            self.spent = outer
            if outer:
                outer.waiting = False
        self.parts[key] = {
            "name": strategy.kind,
            "fit_seconds": note["seconds"],
            "peak_bytes": note["peak_bytes"],
        }
        return adapted

    def load_fit(
        self, strategy: Learner, lesson: Lesson, key: str
    ) -> tuple[Any, dict[str, Any]] | None:
        """The arm of a finished stage and its note."""
        stage = store.Stage(self.work, "fit", key, self.tell)
        if (note := stage.completion_note()) is None:
            return None
        repeat(note, self.tell)
        return strategy.restore(
            stage.folder / "arm", replace(lesson, train=(), val=(), documents=())
        ), note

    def fit(self, strategy: Learner, lesson: Lesson) -> Any:
        """Fit with as many processes as the strategy asks for."""

        def hold(size: int) -> None:
            self.beside = max(self.beside, size)

        with crew(strategy, lesson, self.request, self.launch, self.fail, hold) as given:
            return strategy.fit(given)

    def fit_or_load(
        self, strategy: Learner, lesson: Lesson, key: str
    ) -> tuple[Any, dict[str, Any]]:
        """The arm of a finished stage, or a new one: fitted, saved, and only then marked done."""
        stage = store.Stage(self.work, "fit", key, self.tell)
        with self._alone(stage):
            return self.load_fit(strategy, lesson, key) or self._fit_new(strategy, lesson, stage)

    @contextmanager
    def _alone(self, stage: store.Stage) -> Generator[None]:
        """Where other workers are at work in the same folders: the stage is this one's alone. Two
        strategies may hold the same inner one, and a worker may still live on a node that was given
        up for lost."""
        if not self.request.get("shared"):
            yield
            return
        held = self.work / "locks" / f"{stage.name}-{stage.key}"
        with store.lock(held, "assay.worker", wait=True):
            yield

    def _fit_new(
        self, strategy: Learner, lesson: Lesson, stage: store.Stage
    ) -> tuple[Any, dict[str, Any]]:
        folder = stage.open()
        spent = self.spent = Spent(folder, self.replayed_vectors)
        scratch, meter, watch = folder / "training", Meter(), Contention()
        scratch.mkdir(exist_ok=True)

        def tell(event: dict) -> None:
            spent.note()
            meter.note()
            lesson.tell(event)

        own, self.parts = self.parts, {}
        given = replace(lesson, means=replace(lesson.means, workdir=scratch, tell=tell))
        try:
            with self.warnings.stage(folder) as warnings:
                adapted = self.fit(strategy, given)
        except Pruned:
            shutil.rmtree(scratch)
            raise
        finally:
            inner, self.parts = self.parts, own
        parts = list(inner.values())
        arm = folder / "arm"
        if arm.exists():
            shutil.rmtree(arm)
        arm.mkdir()
        adapted.save(arm)
        store.write_json(arm / "arm.json", self.arm_manifest(strategy))
        shutil.rmtree(scratch)
        # The stored cost of an inner arm is part of the outer one's, whichever run paid for it.
        seconds = spent.total() + sum(part["fit_seconds"] for part in parts)
        peak = max([peak_bytes() + self.beside, *(part["peak_bytes"] for part in parts)])
        note = {"seconds": seconds, "peak_bytes": peak, "parts": parts, "watts": meter.watts()}
        note["warnings"] = warnings
        note["contention"] = watch.result()
        spent.forget()
        stage.finish(note)
        return adapted, note

    def arm_manifest(self, strategy: Learner) -> dict[str, Any]:
        """All that is needed to restore the arm elsewhere, but for the base model itself."""
        return {
            "schema": 1,
            "strategy": {"kind": strategy.kind, **strategy.non_defaults()},
            "task": self.task.model_dump(mode="json"),
            "base": self.base,
            "seed": self.seed,
            "models": {
                name: self.models[name]["digest"]
                for name in needed_models(strategy, self.base, self.models)
                if "arm" not in self.models[name]
            },
        }

    def arm(self) -> None:
        """Fit the arm, then answer the questions in chunks; both stages survive a kill."""
        stage = store.Stage(self.work, "answers", self.request["answer_key"], self.tell)
        with self._alone(stage), self.warnings.stage(stage.folder) as warnings:
            self._fit_and_answer(stage, warnings)

    def _fit_and_answer(self, stage: store.Stage, warnings: list[dict[str, Any]]) -> None:
        self._keeps_vectors = True
        key, questions = self.request["fit_key"], read_examples(Path(self.request["questions"]))
        # Rows are read for a fit alone: where one is asked to answer, they may not be there.
        found = self.load_fit(self.strategy, self.lesson(rows=False), key)
        adapted, fitted = found or self.fit_or_load(self.strategy, self.lesson(), key)
        # the fit alone was lost: what is asked again would be the same
        if stage.completion_note() is not None:
            return
        spent, file = Spent(stage.open(), self.replayed_vectors), stage.folder / "answers.jsonl"
        size = self.request.get("piece", CHUNK)
        done = recover_lines(file, len(questions), size, self.tell)
        parts, meter, watch = PartCosts(len(questions) - done), Meter(), Contention()
        while done < len(questions):
            chunk = questions[done : done + size]
            if "piece" in self.request:
                checksummed_lines.add(stage.folder / ASKED, {"from": done, "asked": len(chunk)})

            def tell(event: dict, before: int = done, asked: int = len(chunk)) -> None:
                parts.hear(event)
                if event.get("event") == "progress":
                    # one question may be many prompts, as of a row with candidates
                    now = before + asked * event["done"] // max(1, event["total"])
                    event = {**event, "done": now, "total": len(questions)}
                self.tell(event)

            answers = adapted.answer(chunk, tell)
            if self.pairs is not None:
                answers = self.pairs.read(adapted, chunk, answers)
            checksummed_lines.add(file, *(answer.to_json() for answer in answers))
            done += len(chunk)
            spent.note(every=0)
            meter.note()
            # all that is asked for is there
            with suppress(Stopped) if done == len(questions) else nullcontext():
                self.tell(
                    {"event": "progress", "done": done, "total": len(questions), "unit": "answer"}
                )
        if not questions:
            store.write_lines(file, ())
        note = {
            "seconds": spent.total(),
            "n": len(questions),
            "peak_bytes": peak_bytes(),
            "fit": fitted,
            "warnings": warnings,
        }
        note |= {
            "watts": meter.watts(),
            "contention": watch.result(),
            **({"answer_parts": told} if (told := parts.to_json()) else {}),
        }
        if self.request.get("alone"):
            note["alone"] = (
                None if self._asked else alone(adapted, questions, self.tell, self.replay_seconds)
            )
        spent.forget()
        stage.finish(note)


def strategy_of(settings: dict[str, Any]) -> Strategy:
    from assay.config import make_strategy

    return make_strategy(settings, {})
