"""A run's states: what a checkpoint holds, and how a run goes on from one. Process 0 saves; all of
a team load."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from assay.training import checkpoint
from assay.training.distributed.process_group import Team
from assay.training.distributed.shard import as_split
from assay.training.divergence import divergence_error, not_finite
from assay.training.optim.master_weights import Masters
from assay.training.progress import Progress, Run

EXTRA = "extra."  # before the names of `NetworkChange.extra` in a state


@dataclass(frozen=True)
class States:
    """The states in `folder`. `rate` is the learning rate of the settings; `extra`, `split` and
    `warmer` are those of `NetworkChange`; `kind`: what the progress is read as."""

    folder: Path
    rate: float
    team: Team = field(default_factory=Team)
    extra: dict[str, torch.Tensor] = field(default_factory=dict)
    split: bool = False
    warmer: Callable[[], None] | None = None
    kind: type[Progress] = Progress

    def save(self, run: Run) -> None:
        """Write the newest one.

        Raises:
            TrainError: T001, a weight is no longer finite: such a state could never be continued.
        """
        if not self.team.leads and not self.split:
            return
        if broken := not_finite(run.masters.copies.items()):
            raise divergence_error(
                f"step {run.progress.step}: {broken[0]} is no longer finite", "", (), self.rate
            )
        weights = {
            **run.masters.copies,
            **{EXTRA + name: tensor for name, tensor in self.extra.items()},
        }
        note = {"progress": vars(run.progress)}
        checkpoint.save(
            self.folder,
            run.progress.step,
            weights,
            run.optimiser,
            run.best,
            note,
            write=self.team.leads,
        )

    def resume(self, masters: Masters, optimiser: torch.optim.Optimizer) -> Run:
        """The run as the newest whole state has it, weights and random state put back; a new run
        where none is.

        Raises:
            TrainError: T016, the state is in another format.
        """
        loaded = checkpoint.load(self.folder) if self.team.leads else None
        self.team.agree([0.0])  # by now a damaged state has been set aside
        if not self.team.leads:
            loaded = checkpoint.load(self.folder)
        if loaded is None:
            return Run(self.kind(), masters, optimiser, {})
        weights, moments, best, note = loaded
        self.put(masters, weights)
        with torch.no_grad():
            for name, tensor in self.extra.items():
                tensor.copy_(weights[EXTRA + name])
        checkpoint.restore_optimiser(optimiser, moments)
        kept = {name: as_split(tensor, masters.copies[name]) for name, tensor in best.items()}
        return Run(self.kind(**_progress(note)), masters, optimiser, kept)

    def put(self, masters: Masters, weights: dict[str, torch.Tensor]) -> None:
        """Set the masters, and with them the network."""
        with torch.no_grad():
            for name, copy in masters.copies.items():
                copy.copy_(as_split(weights[name], copy))
        masters.spread()
        if self.warmer:
            self.warmer()


def _progress(note: dict[str, Any]) -> dict[str, Any]:
    """Encoders' states had another key in 0.1."""
    return note["progress"] if "progress" in note else note["went"]
