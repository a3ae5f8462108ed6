"""A run's states: what a checkpoint holds, and how a run goes on from one. Process 0 saves; all of
a team load."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from assay.training import checkpoint
from assay.training.distributed.process_group import Team
from assay.training.distributed.shard import as_split
from assay.training.divergence import divergence_error, not_finite
from assay.training.optim.master_weights import Masters
from assay.training.progress import Progress, Run
from assay.training.settings import NetworkChange

EXTRA = "extra."  # before the names of `Change.extra` in a state


@dataclass(frozen=True)
class States:
    """The states in `folder`. `rate` is the learning rate of the settings."""

    folder: Path
    change: NetworkChange
    team: Team
    rate: float

    def save(self, run: Run) -> None:
        """Write the newest one.

        Raises:
            TrainError: T001, a weight is no longer finite: such a state could never be continued.
        """
        if not self.team.leads and not self.change.split:
            return
        if broken := not_finite(run.masters.copies.items()):
            raise divergence_error(
                f"step {run.progress.step}: {broken[0]} is no longer finite", "", (), self.rate
            )
        weights = {
            **run.masters.copies,
            **{EXTRA + name: tensor for name, tensor in self.change.extra.items()},
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
            return Run(Progress(), masters, optimiser, {})
        weights, moments, best, note = loaded
        self.put(masters, weights)
        with torch.no_grad():
            for name, tensor in self.change.extra.items():
                tensor.copy_(weights[EXTRA + name])
        checkpoint.restore_optimiser(optimiser, moments)
        kept = {name: as_split(tensor, masters.copies[name]) for name, tensor in best.items()}
        return Run(Progress(**note["progress"]), masters, optimiser, kept)

    def put(self, masters: Masters, weights: dict[str, torch.Tensor]) -> None:
        """Set the masters, and with them the network."""
        with torch.no_grad():
            for name, copy in masters.copies.items():
                copy.copy_(as_split(weights[name], copy))
        masters.spread()
        if self.change.warmer:
            self.change.warmer()
