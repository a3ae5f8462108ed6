"""AdaLoRA's ranks: which are left, how that is decided, and how only those are kept.

How   PEFT's allocator decides. It keeps a running importance and uncertainty of every number, and
      which ranks are left, outside the parameters. They are lent to it for each allocation and live
      in `state`, so that a resumed run goes on as it would have.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from assay.core.store import read_json
from assay.training import peft_files

if TYPE_CHECKING:
    from peft import AdaLoraConfig, AdaLoraModel


class Ranks:
    """The ranks of PEFT's AdaLoRA layers.

    Attributes:
        trained: the adapters' parameters by name: lora_A (rank, in), lora_E (rank, 1), lora_B (out,
            rank).
        state: what allocation remembers from step to step.
    """

    def __init__(
        self, tuner: AdaLoraModel, config: AdaLoraConfig, trained: dict[str, torch.nn.Parameter]
    ):
        self.allocator: Any = tuner.rankallocator
        self.config = config
        self.trained = trained
        # (rank, 1) each
        self.values = {name: p for name, p in trained.items() if ".lora_E." in name}
        self.state: dict[str, torch.Tensor] = {"settled": torch.zeros(1, dtype=torch.bool)}
        for name, parameter in trained.items():
            self.state |= {
                f"{what} {name}": torch.zeros_like(parameter)
                for what in ("importance", "uncertainty")
            }
        for name, value in self.values.items():
            self.state[f"kept {name}"] = torch.ones_like(value, dtype=torch.bool)

    def named_parameters(self) -> Iterable[tuple[str, torch.nn.Parameter]]:
        """What PEFT's allocator asks a network for. A network's own names change while its layers
        are compiled."""
        return self.trained.items()

    def allocate(self, done: int) -> None:
        """What follows a step: importance is taken from its gradients, ranks go when the schedule
        says so."""
        allocator, config = self.allocator, self.config
        allocator.exp_avg_ipt = {name: self.state[f"importance {name}"] for name in self.trained}
        allocator.exp_avg_unc = {name: self.state[f"uncertainty {name}"] for name in self.trained}
        # a name that is missing here would begin from 0
        allocator.ipt = dict.fromkeys(self.trained)
        last = (config.total_step or 0) - config.tfinal
        if self.state["settled"]:
            pattern = {name: self.state[f"kept {name}"].view(-1).tolist() for name in self.values}
            allocator.mask_using_rank_pattern(self, pattern)
            return
        # A step without learnt tokens has no gradients and is passed over, also when it was to be
        # the last allocation.
        settles = done >= last
        _, pattern = allocator.update_and_allocate(self, min(done, last), force_mask=settles)
        self.state["settled"].fill_(settles)
        for name in self.trained:
            self.state[f"importance {name}"].copy_(allocator.exp_avg_ipt[name])
            self.state[f"uncertainty {name}"].copy_(allocator.exp_avg_unc[name])
        for name, left in (pattern or {}).items():
            kept = self.state[f"kept {name}"]
            kept.copy_(kept.new_tensor(left).view_as(kept))

    def skew(self) -> torch.Tensor:
        """How far both sides are from orthogonal: the mean Frobenius norm of A A^T - 1 and B^T B -
        1, as in PEFT."""
        squares = [
            p @ p.T if ".lora_A." in n else p.T @ p
            for n, p in self.trained.items()
            if n not in self.values
        ]
        ones = torch.eye(len(squares[0]), device=squares[0].device)
        return torch.linalg.matrix_norm(torch.stack(squares) - ones).mean()

    def write(self, folder: Path) -> None:
        """Only the ranks that do something: those whose value is not 0."""
        tensors: dict[str, torch.Tensor] = dict(self.trained)
        config = copy(self.config)
        config.rank_pattern = {}
        for name, value in self.values.items():
            left = (value.detach() != 0).view(-1)
            a, b = _sides(name)
            tensors |= {name: value[left], a: self.trained[a][left], b: self.trained[b][:, left]}
            config.rank_pattern[_in_config(name)] = left.tolist()
        peft_files.write(folder, config, tensors)

    def read(self, folder: Path) -> None:
        """Every rank at its old place, so that sums have their old order."""
        saved = read_json(folder / peft_files.CONFIG)
        config = self.config
        config.total_step, config.tinit = saved["total_step"], saved["tinit"]
        config.tfinal, config.deltaT = saved["tfinal"], saved["deltaT"]
        tensors = peft_files.read(folder, self.trained)
        with torch.no_grad():
            for name, value in self.values.items():
                left = torch.tensor(saved["rank_pattern"][_in_config(name)], device=value.device)
                a, b = _sides(name)
                value.zero_()[left] = tensors[name].to(value.device)
                self.trained[a][left] = tensors[a].to(value.device)
                self.trained[b][:, left] = tensors[b].to(value.device)


def _sides(value: str) -> tuple[str, str]:
    """Names of the A and the B that belong to a lora_E."""
    return value.replace(".lora_E.", ".lora_A."), value.replace(".lora_E.", ".lora_B.")


def _in_config(value: str) -> str:
    """A lora_E's name as PEFT's `rank_pattern` has it."""
    return value.removesuffix(f".{peft_files.ADAPTER}")
