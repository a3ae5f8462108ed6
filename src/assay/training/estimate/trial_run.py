"""A few steps of a training, through the loop itself, and from them what the whole will take.

How       A `rehearse.json` in the run's folder asks for it, in the manner of a worker's request:
          `run_or_rehearse` then puts a rehearsal in the training's place, and adds a line to
          `rehearsed.jsonl` there. Plan, optimiser and frozen trunk are those of the run; of its
          steps one row alone, some typical ones and the dearest part are taken, and val is asked a
          part of its rows. Nothing is compiled.
Seconds   are pairs, on the wall and of the processor, so that a machine that is busy or was stopped
          can be told
Watch out what `Training.evaluate` takes is not in the sums: it is called twice, for whoever gave it
          to measure
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from assay.core.store import append
from assay.models.tokenizer.chat_tokens import Encoded, flatten
from assay.training.acceleration import asking
from assay.training.batch_schedule import BatchPlan
from assay.training.decoder_layers import decoder_layers, first_trained
from assay.training.estimate import memory_estimate
from assay.training.estimate.protocol import RESULT, find_request
from assay.training.estimate.step_costs import MicroBatch, Survey, first_parts, line, neighbours
from assay.training.estimate.usage import clock, memory
from assay.training.frozen_layer_cache import GROUP, LIMIT, SPARE, Trunk
from assay.training.loop import Training
from assay.training.progress import Progress, Run
from assay.training.step_loop import SAVE_EVERY, SAVE_SHARE
from assay.training.training_data import Exercise

FREE = 0.8  # share of the memory that a proposal takes at most
TYPICAL = 3  # steps at most
ENOUGH = 4.0  # seconds after which no further typical step is taken
# seconds that one may take, about; of a longer one only the first micro-batches are computed
STEP = 4.0
HEAVY = 64 << 20  # bytes of weights that are seen in the peak
# Layers are not compiled here, which takes longer than all else. Share of a step's time:
# benchmarks/train.py, A8, 2,771 against 3,771 tokens a second. Seconds to compile: 7 with the
# results of an earlier run on the disk, 30 without.
COMPILED, COMPILING = 0.75, 15.0
# Each look asks val in shapes that were not met before: kernels for them, and gaps in the memory,
# stay. Measured over 11 runs, between none and 0.18 GB a look, 0.12 in the middle: half of what the
# output layer works in.
LEFT, LOOKS = 0.5, 5
KEPT = 3  # states on the disk at once: two, and one that is written


def run_or_rehearse(training: Training) -> Progress:
    """Run the training; or its rehearsal, where the folder asks for one.

    Raises:
        TrainError, ResourceError, Stopped: as `Training.run`.
    """
    request = find_request(training.workdir)
    return training.run() if request is None else Rehearsal(training, *request).run()


class Rehearsal(Training):
    """Takes the place of a training."""

    def __init__(self, whole: Training, place: Path, request: dict[str, Any]):
        self.begun = clock()
        self.whole, self.place, self.request = whole, place, request
        if whole.change.compiled:  # as the run will, before it decides whether to compile
            _ = self.plan.cells
        laid = clock()
        self.survey = Survey.of(self.plan, whole.epochs)
        self.chosen = sorted(
            self.survey.typical(TYPICAL), key=lambda step: sum(part.price for part in step)
        )
        rows = {row for step in self.chosen for part in step for row in part.rows}
        rows |= {*self.survey.dearest.rows, *self.survey.cheapest.rows}
        self.numbers = {row: number for number, row in enumerate(sorted(rows))}
        self.surveying = clock() - laid
        self.disk = {"trunk": 0, "states": 0}
        zero = np.zeros(2)
        self.took = {name: zero for name in ("start", "compile", "trunk", "steps", "val", "states")}
        super().__init__(
            network=whole.network,
            change=whole.change,
            sequences=[whole.sequences[row] for row in self.numbers],
            sources=[whole.sources[row] for row in self.numbers],
            settings=whole.settings,
            seed=whole.seed,
            pad=whole.pad,
            objective=whole.objective,
            held=[whole.held[row] for row in self.val_rows],
            evaluate=whole.evaluate,
            nats=whole.nats,
            workdir=whole.workdir,
            tell=whole.tell,
            team=whole.team,
            refers=whole.refers,
        )

    @property
    def epochs(self) -> int:
        return self.whole.epochs

    @cached_property
    def plan(self) -> BatchPlan:
        return self.whole.plan

    @cached_property
    def val_rows(self) -> list[int]:
        """One of the groups that val is asked in: the middle one by length."""
        whole = self.whole
        if not whole.held:
            return []
        own = (whole.network, whole.change, whole.held, whole.settings, whole.pad, whole.objective)
        groups = Exercise(*own, trees=self.plan.merges).groups()
        return groups[len(groups) // 2]

    def run(self) -> Progress:
        progress = super().run()
        if self.team.leads:
            append(self.place / RESULT, self.estimate())
        return progress

    def estimate(self) -> dict[str, Any]:
        """Seconds of the whole run by part, each [on the wall, of the processor]; how often val is
        looked at; bytes that lie on the disk while it runs; what was counted of memory before the
        first step, what looks at val leave behind there, and single changes with which it would
        take less; whether `evaluate` was called; and `inside`, the seconds that the rehearsal
        itself took."""
        return {
            "seconds": {name: took.tolist() for name, took in self.took.items()},
            "looks": self.looks,
            "steps": self.steps_left,
            "cells": round(self.survey.cells * self.steps_left),
            "disk": self.disk,
            "need": self.need.total,
            "left": round(
                LEFT * min(self.looks, LOOKS) * memory_estimate.output_bytes(self.network)
            ),
            "fits": self.need.would_fit(int(FREE * self.limit), self.settings),
            "scored": bool(self.held and self.evaluate),
            "inside": (clock() - self.begun).tolist(),
        }

    @cached_property
    def steps_left(self) -> int:
        """Steps that the run has still to take."""
        return max(0, self.plan.steps * self.epochs - self.request["done"])

    @cached_property
    def _at(self) -> frozenset[int]:
        """Steps after which the run will look at val."""
        tokens, held = (
            sum(sequence.size for sequence in some)
            for some in (self.whole.sequences, self.whole.held)
        )
        return self._points(tokens, held).at

    @property
    def looks(self) -> int:
        return sum(at > self.request["done"] for at in self._at)

    @cached_property
    def _is_compiled(self) -> bool:
        return False

    @property
    def _has_whole_trunk(self) -> bool:
        """Whether the trunk has all layers: none of them runs in training, so that none is
        compiled."""
        layers = len(decoder_layers(self.network))
        return self.trunk is not None and first_trained(self.network, self.change.trained) == layers

    # --- the steps --------------------------------------------------------------------------------

    def _train(self, run: Run) -> None:
        self.took["start"] = clock() - self.begun - self.surveying - self._filling
        self._wake(self.epochs - 1)
        alone = MicroBatch.of(
            self.plan, [min(self.survey.cheapest.rows, key=lambda row: self.plan.lengths[row])]
        )
        first, again = self._time_steps(run, [alone]), self._time_steps(run, [alone])
        self.took["start"] = self.took["start"] + np.maximum(0, first - again)
        if self.held:
            self._ask_val()
        taken = self._typical(run, STEP * alone.price / self.team.agree([float(again[0])])[0])
        fixed, each = line((alone.price, again), taken)
        begun = clock()
        self.plan.step(0, 0)  # which takes time too where rows are many
        drawing = clock() - begun
        if self.whole._is_compiled and not self._has_whole_trunk:
            each = COMPILED * each
            self.took["compile"] = np.full(2, COMPILING)
        self.took["steps"] = self.steps_left * (fixed + each * self.survey.price + drawing)
        losses = 0 if self.score_tells_loss else self.looks
        self.took["val"] = self.took["val"] * (losses + (not self.request["done"]))
        self._largest(run)

    def _refuse_too_large(self, run: Run) -> None:
        found = memory_estimate.need(self._exercise, run.masters, self._local_survey, self.settings)
        self.need = replace(found, least=max(self.plan.lengths))
        memory_estimate.refuse(self.need, self.settings, self.limit)

    @property
    def limit(self) -> int:
        return self.request["memory"] or memory()

    _cells = 0  # of the dearest part so far

    def _time_steps(self, run: Run, parts: Sequence[MicroBatch]) -> np.ndarray:
        begun = clock()
        total = self.plan.steps * self.epochs
        self._step([[self.numbers[row] for row in part.rows] for part in parts], run, total)
        run.progress.step = (run.progress.step + 1) % total
        self._cells = max(self._cells, *(part.cells for part in parts))
        return clock() - begun

    def _typical(self, run: Run, most: float) -> list[tuple[float, np.ndarray]]:
        """(price, seconds) of some steps; the first one warms up, and is left out where there is
        another. Where lower layers begin to learn later, half of them are of the first epoch.

        Args:
            most: price of a step; of a dearer one only the first parts are taken.
        """
        gradual = self.settings.unfreeze != "at once" and self.epochs > 1
        found: list[tuple[float, np.ndarray]] = []
        begun = time.monotonic()
        for number, step in enumerate(self.chosen * (2 if gradual else 1)):
            late = time.monotonic() - begun > ENOUGH and len(found) > gradual
            if self.team.agree([float(late)])[0]:
                break
            if gradual:
                self._wake(0 if number % 2 == 0 else self.epochs - 1)
            parts = first_parts(step, most)
            found.append((sum(part.price for part in parts), self._time_steps(run, parts)))
        if gradual:
            self._wake(self.epochs - 1)
            return found[: len(found) // 2 * 2]
        return found[1:] or found

    def _largest(self, run: Run) -> None:
        """What takes most memory: the dearest part, and a state, both with the best weights where a
        run that is not over yet will have some."""
        best = sum(copy.nbytes for copy in run.masters.copies.values()) if self.held else 0
        early = best and min(self._at) < self.plan.steps * self.epochs
        if early:
            run.keep()
        # After smaller parts: in what these have left of memory there is no room for it, as in a
        # run.
        if self.survey.dearest.cells > self._cells or (early and best > HEAVY):
            self._time_steps(run, [self.survey.dearest] * self.team.size)
        self._save(run)
        if best and not early:
            run.keep()

    # --- val, the trunk, states -------------------------------------------------------------------

    def _ask_val(self) -> None:
        """The loss of one group of val rows, for that of all; and the score, twice."""
        with asking(self._is_compiled):
            self.network.eval()
            if self.change.warmer:
                self.change.warmer()
            own = (self.network, self.change, self.held, self.settings, self.pad, self.objective)
            val = Exercise(*own, trunk=self._val_trunk, trees=self.plan.merges)
            begun = clock()
            with self.alone():
                if self.team.leads:
                    with torch.no_grad(), val.at_work(range(len(self.held))) as (loss, _):
                        float(loss.value)
                self.took["val"] = (clock() - begun) * self._whole_val
                for _ in range(2):
                    if self.evaluate and self.team.leads:
                        self.evaluate()
                self.team.agree([0.0])  # the others wait

    @property
    def _whole_val(self) -> float:
        """Times the rows that are asked here."""
        return sum(s.size for s in self.whole.held) / sum(s.size for s in self.held)

    _filling = np.zeros(2)  # seconds that trunks took here
    _rate = np.zeros(2)  # seconds of a byte of one

    def _refer(self, sequences: Sequence[Encoded], name: str) -> Sequence[Encoded]:
        """Their references, which are not kept: the run has more rows."""
        begun = clock()
        every = self.whole.sequences if name == "train" else self.whole.held
        with TemporaryDirectory() as folder:
            known = self._compute_reference(sequences, Path(folder) / f"{name}.json")
        share = sum(one.size for one in every) / max(1, sum(one.size for one in sequences))
        self.took["trunk"] = self.took["trunk"] + share * (clock() - begun)
        self._filling = self._filling + clock() - begun
        return known

    def _cache_frozen_states(self, sequences: Sequence[Encoded], name: str) -> Trunk | None:
        begun = clock()
        trunk = super()._cache_frozen_states(sequences, name)
        if trunk is not None:
            every = flatten(self.whole.sequences if name == "train" else self.whole.held)
            whole = self._trunk_of(every, f"{name}-whole")
            if whole.bytes > min(LIMIT, int(shutil.disk_usage(self.workdir).free * SPARE)):
                trunk = None
            else:
                if name == "train":
                    self._rate = self._time_filling(every)
                self.took["trunk"] = self.took["trunk"] + self._rate * whole.bytes
                self.disk["trunk"] += whole.bytes
        self._filling = self._filling + clock() - begun
        return trunk

    def _trunk_of(self, sequences: Sequence[Encoded], name: str) -> Trunk:
        first = first_trained(self.network, self.change.trained)
        place = self.workdir / "trunk" / name
        place.mkdir(parents=True, exist_ok=True)
        return Trunk(self.network, first, sequences, place, pad=self.pad, tree=self.plan.merges)

    def _time_filling(self, sequences: Sequence[Encoded]) -> np.ndarray:
        """Seconds of a byte of a trunk, from a group of rows as large as the run fills it in."""
        rows = neighbours([sequence.ids for sequence in sequences], GROUP, merges=self.plan.merges)
        group = self._trunk_of([sequences[row] for row in rows], "group")
        begun = clock()
        group.fill(lambda event: None)
        return (clock() - begun) / group.bytes

    def _save(self, run: Run) -> None:
        """A state, where the run will save any: what it takes depends on how long the run is."""
        seconds = float(sum(took[0] for took in self.took.values()))
        if seconds < SAVE_EVERY:
            return
        begun = clock()
        self._states.save(run)
        cost = clock() - begun
        count = saves(seconds, float(cost[0]))
        self.took["states"] = count * cost
        size = sum(file.stat().st_size for file in self.workdir.glob("state-*/*"))
        self.disk["states"] = min(count, KEPT) * size

    @cached_property
    def _local_survey(self) -> Survey:
        """The survey with the numbers that the rows have here."""

        def here(part: MicroBatch) -> MicroBatch:
            return MicroBatch(
                tuple(self.numbers.get(row, 0) for row in part.rows), part.cells, part.price
            )

        return Survey(((here(self.survey.cheapest), here(self.survey.dearest)),))


def saves(seconds: float, cost: float) -> int:
    """States that a run of so many seconds writes, each taking `cost`."""
    if seconds < SAVE_EVERY:
        return 0
    return 1 + int((seconds - SAVE_EVERY) / max(SAVE_EVERY, cost / SAVE_SHARE))
