"""LoRA whose ranks move, while it trains, to the matrices where they matter.

What it is for   a small budget of ranks, spent where the gradient says it is needed
Costs            LoRA's memory at the larger starting rank, twice that for the importance of each
                 number
Source           Zhang et al. (2023), AdaLoRA: Adaptive Budget Allocation for Parameter-Efficient
                 Fine-Tuning, arxiv.org/abs/2303.10512
Good when        the budget is small: ranks of 1 to 8
Watch out        the schedule spans the whole run: ranks are settled late, and a run that early
                 stopping ends has more than `rank` on average; in PEFT's own comparison it was well
                 below LoRA at one rate for both
Defaults from    the scripts of the paper's summarisation runs: rank 8 from 12, gamma 0.1, decay
                 0.85; begin, settle and every: about the middle of the shares in its scripts; alpha
                 as in lora. 1e-2: `benchmarks/methods.md`; at 1e-3, of the scripts' rates, some
                 dozens of steps change nothing, for an update is a product of three that begins
                 at 0
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from assay.core.errors import Problem, TrainError
from assay.core.types import Lesson
from assay.strategies.training.fine_tuning import FineTuning
from assay.strategies.training.lora import Targets
from assay.training.settings import NetworkChange

if TYPE_CHECKING:
    from peft import AdaLoraConfig

    from assay.models.inference.chat_model import ChatModel

FEWEST = 4  # steps: two of them to measure importance, one to divide the ranks, one after it


class Adalora(FineTuning):
    kind: Literal["adalora"] = "adalora"
    VERSION = 6  # its rate
    mergeable = True
    peft = True
    learning_rate: float = Field(default=1e-2, gt=0, lt=1)
    rank: int = Field(default=8, ge=1, le=512)  # on average over the matrices, in the end
    # of each matrix in the beginning; 0: half as much again
    start_rank: int = Field(default=0, ge=0, le=768)
    alpha: float = Field(default=0.0, ge=0, le=4096)  # 0: twice the starting rank
    dropout: float = Field(default=0.0, ge=0, lt=1)
    targets: Targets = "all-linear"
    # only in the last so many decoder layers; 0: in all
    layers: int = Field(default=0, ge=0, le=1000)
    # weight of the penalty that keeps both sides orthogonal
    orthogonal: float = Field(default=0.1, ge=0, le=100)
    begin: float = Field(default=0.1, ge=0, lt=1)  # share of all steps before the first rank goes
    settle: float = Field(default=0.4, ge=0, lt=1)  # share of all steps after the last one went
    # share of all steps between two allocations; at least one step
    every: float = Field(default=0.001, ge=0, lt=1)

    @property
    def first(self) -> int:
        """The rank of every matrix in the beginning."""
        return self.start_rank or self.rank + max(1, self.rank // 2)

    @model_validator(mode="after")
    def _possible(self) -> Adalora:
        if self.first <= self.rank:
            raise ValueError(
                f"start_rank: {self.first} leaves nothing to give up; set it to {self.rank + 1}"
                " or more"
            )
        if self.begin + self.settle >= 1:
            raise ValueError(
                f"begin: {self.begin:g} and settle: {self.settle:g} leave no steps between;"
                " lower settle"
            )
        if self.unfreeze != "at once":
            raise ValueError(
                "unfreeze: gradually hides the gradients that ranks go by; set unfreeze: at once"
            )
        return self

    @property
    def reads_back(self) -> bool:
        """Not its ranks: what is saved is the product, of those that are left."""
        return False

    def change(self, model: ChatModel, lesson: Lesson) -> NetworkChange:
        from peft.tuners.adalora import AdaLoraModel

        from assay.training.adalora_ranks import Ranks
        from assay.training.peft_files import ADAPTER, fresh, translate_peft_errors
        from assay.training.target_modules import find_target_modules

        network = model.network
        config = self._config(model, find_target_modules(network, self.targets, self.layers))
        with translate_peft_errors(config):
            tuner = AdaLoraModel(network, config, ADAPTER)
        ranks = Ranks(tuner, config, fresh(network, "lora_"))

        def after(done: int, total: int) -> None:
            config.total_step = total
            config.tinit, config.tfinal, config.deltaT = self._schedule(total)
            ranks.allocate(done)

        return NetworkChange(
            ranks.trained,
            ranks.write,
            ranks.read,
            penalty=(lambda: self.orthogonal * ranks.skew()) if self.orthogonal else None,
            after=after,
            extra=ranks.state,
        )

    def _schedule(self, total: int) -> tuple[int, int, int]:
        """Steps before the first allocation, steps after the last, steps between two.

        Raises:
            TrainError: T025, the run is too short.
        """
        if total < FEWEST:
            text = (
                f"adalora divides its ranks over at least {FEWEST} optimiser steps; this run has"
                f" {total}"
            )
            raise TrainError(
                Problem("T025", text, help="set more epochs or a smaller batch_size, or take lora")
            )
        # Importance is a product of weight and gradient; at the start one of the two is 0
        # everywhere.
        begin = min(max(2, round(self.begin * total)), total - 2)
        settle = max(1, min(round(self.settle * total), total - begin - 1))
        return begin, settle, max(1, round(self.every * total))

    def _config(self, model: ChatModel, names: list[str]) -> AdaLoraConfig:
        from peft import AdaLoraConfig

        from assay.training.peft_files import base_of
        from assay.training.target_modules import is_transposed

        alpha = self.alpha or 2 * self.first
        scale = int(alpha) if alpha == int(alpha) else alpha
        base, revision = base_of(model)
        return AdaLoraConfig(
            base_model_name_or_path=base,
            revision=revision,
            task_type="CAUSAL_LM",
            target_r=self.rank,
            init_r=self.first,
            # PEFT divides AdaLoRA's alpha by the rank as it does LoRA's, and
            # takes fractions.
            lora_alpha=scale,  # pyrefly: ignore[bad-argument-type]
            lora_dropout=self.dropout,
            target_modules=names,
            fan_in_fan_out=is_transposed(model.network, names),
            orth_reg_weight=self.orthogonal,
            total_step=1,  # not known yet; PEFT wants a number
        )
