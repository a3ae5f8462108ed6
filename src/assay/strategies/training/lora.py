"""Train two small matrices beside every linear layer; the base stays as it is.

What it is for   a specialist for the price of a few megabytes
Costs            memory of the base in its own precision, with `bits: 4` a quarter of bf16's; about
                 two thirds of full fine-tuning's time; `decompose` adds a pass over all weights to
                 every optimiser step
Source           Hu et al. (2021), LoRA: Low-Rank Adaptation of Large Language Models,
                 arxiv.org/abs/2106.09685; of the variants: docs/methods/lora.md, qlora.md, dora.md
Good when        hundreds to tens of thousands of rows; several specialists on one base
Watch out        the learning rate is ten or more times that of full fine-tuning; each variant has
                 its own good one
Defaults from    rank 16, alpha 2 x rank, all linear layers: Dettmers et al. (2023),
                 arxiv.org/abs/2305.14314; `learning_rate: auto` is 1e-3 on a base of 135 million
                 parameters, 2.2e-4 on one that is 4,096 wide
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from assay.core.types import Lesson
from assay.strategies.training.fine_tuning import FineTuning
from assay.strategies.training.warm_start import Earlier, differing, unable
from assay.training.settings import NetworkChange, Rate

if TYPE_CHECKING:
    from peft import LoraConfig

    from assay.models.inference.chat_model import ChatModel


def _some(value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    if not value or (isinstance(value, tuple) and "" in value):
        raise ValueError(
            "names no layers; write all-linear, or endings of their names, as [q_proj, v_proj]"
        )
    return value


# Which linear layers get an adapter: "all-linear", or endings of module names.
Targets = Annotated[str | tuple[str, ...], AfterValidator(_some)]


class Lora(FineTuning):
    kind: Literal["lora"] = "lora"
    VERSION = 6  # learning_rate: auto
    mergeable = True
    peft = True
    # a tenth of the default rate to double, since each variant has its own best one (Lee et al.
    # 2026, arxiv.org/abs/2602.04998); ranks on both sides of the default
    usual_ranges = {
        "learning_rate": {"low": 1e-4, "high": 2e-3, "log": True},
        "rank": [8, 16, 32],
    }
    learning_rate: Rate = "auto"
    rank: int = Field(default=16, ge=1, le=512)
    alpha: float = Field(default=0.0, ge=0, le=4096)  # 0: twice the rank
    rs: bool = False  # divide by the rank's root instead of the rank
    initialise: Literal["default", "gaussian", "orthogonal", "pissa", "olora"] = "default"
    # B learns at so many times A's rate; 0 and 1: at the same
    plus: float = Field(default=0.0, ge=0, le=1000)
    targets: Targets = "all-linear"
    # only in the last so many decoder layers; 0: in all
    layers: int = Field(default=0, ge=0, le=1000)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    decompose: bool = False  # DoRA
    bits: Literal[0, 4, 8] = 0  # that the base's weights are kept in; 0: as they are
    quant: Literal["", "nf4", "fp4"] = ""  # how 4 bits are coded; "": nf4
    double: bool = False  # the constants of 4-bit blocks in 8 bits

    @model_validator(mode="after")
    def _possible(self) -> Lora:
        for fault in self._faults():
            raise ValueError(fault)
        return self

    def _faults(self) -> Iterator[str]:
        """Combinations that cannot be, each with the nearest that can."""
        if self.bits != 4 and self.quant:
            yield (
                f"quant: {self.quant} says how 4-bit weights are coded, but bits is {self.bits};"
                " set bits: 4"
            )
        if self.bits != 4 and self.double:
            yield (
                f"double: true is about the constants of 4-bit weights, but bits is {self.bits};"
                " set bits: 4"
            )
        if self.bits and self.initialise in ("pissa", "olora"):
            yield (
                f"initialise: {self.initialise} changes the base's weights,"
                f" which bits: {self.bits} keeps rounded; set initialise: default, or bits: 0"
            )
        if self.initialise == "orthogonal" and self.rank % 2:
            yield (
                f"initialise: orthogonal needs an even rank, got {self.rank}; set rank:"
                f" {self.rank + 1}"
            )

    @property
    def continues(self) -> bool:
        """Not where beginning moves the base's weights: what it takes out depends on where it
        begins."""
        from assay.training.lora_init import MOVING

        return self.initialise not in MOVING and self.processes == 1

    @property
    def reads_back(self) -> bool:
        return self.continues

    def open_after(self, lesson: Lesson, earlier: Earlier) -> tuple[ChatModel, NetworkChange]:
        """From the same adapter, or beside one of another rank, which stays as it is then."""
        core = earlier.core
        beside = any(one.kind in ("o-lora", "inflora", "wise-ft") for one in self.retain)
        if core.kind != self.kind or not (beside or differing(core, self)):
            return super().open_after(lesson, earlier)
        if not self.continues or self.decompose or core.decompose or core.bits != self.bits:
            raise unable(self, core.kind)
        from assay.strategies.training.lora_beside import keep_old
        from assay.training.adapters.lora_combination import read_products

        old = read_products(earlier.folder)
        kept = max(len(a) for a, _ in old.values())
        scale = (self.alpha or 2 * self.rank) / (self.rank**0.5 if self.rs else self.rank)
        rank = kept + self.rank
        wide = self.model_copy(update={"rank": rank, "alpha": scale * rank, "rs": False})
        model = self.open(lesson)
        change = wide.change(model, lesson)
        strength = next((one.strength for one in self.retain if one.kind == "o-lora"), 0.0)
        return model, keep_old(change, old, kept, scale, strength)

    def change(self, model: ChatModel, lesson: Lesson) -> NetworkChange:
        """The base with fresh adapters injected in place, in fp32: as large as those that it begins
        from, where it begins from some."""
        if lesson.start is not None and (wide := self.as_saved(lesson.start)) is not self:
            return wide.change(model, replace(lesson, start=None))
        from assay.training import lora_init, peft_files
        from assay.training.bitsandbytes import quantise
        from assay.training.dora import decompose
        from assay.training.target_modules import find_target_modules

        network = model.network
        names = find_target_modules(network, self.targets, self.layers)
        if self.bits:
            saved = quantise(network, self.bits, quant=self.quant or "nf4", double=self.double)
            if lesson.train:
                lesson.tell({"event": "note", "text": f"{saved} in {self.bits} bits"})
        config = self._config(model, names)
        peft_files.inject(config, network)
        # In fp32 before they begin: PEFT makes them in the base's type.
        peft_files.fresh(network, "lora_")
        parts: dict[str, Any] = {name: network.get_submodule(name) for name in names}
        moving = self.initialise in lora_init.MOVING
        # A restored arm begins from its file.
        first = lora_init.begin(self.initialise, parts) if lesson.train or not moving else {}
        if self.decompose:
            decompose(parts.values())
        trained = peft_files.fresh(network, "lora_")

        def write(folder: Path) -> None:
            kept = lora_init.double_rank(config) if moving else config
            peft_files.write(folder, kept, lora_init.to_plain_lora(trained, first))

        def read(folder: Path) -> None:
            tensors = peft_files.read(folder, trained)
            if moving:
                tensors, found = lora_init.from_plain_lora(tensors, names)
                for name, pair in found.items():
                    lora_init.take_out(parts[name], pair)
                first.update(found)
            peft_files.put(trained, tensors)

        groups = {"lora_B": self.plus} if self.plus not in (0, 1) else {}
        # DoRA's norms break a layer into many regions: two layers took 100 s to compile.
        return NetworkChange(trained, write, read, groups=groups, compiled=not self.decompose)

    def as_saved(self, folder: Path) -> Lora:
        """The settings with rank and scale of the adapter in `folder`: one that has grown beside
        another (`retain: o-lora`) is larger than it was asked to be."""
        from assay.core.store import read_json
        from assay.training.peft_files import CONFIG

        saved = read_json(folder / CONFIG)
        if saved["r"] == self.rank or self.initialise in ("pissa", "olora"):
            return self
        # what one of both has, the other has as zeros
        changed = {"rank": saved["r"], "alpha": float(saved["lora_alpha"]), "rs": False}
        targets = {"targets": tuple(saved["target_modules"]), "layers": 0}
        return self.model_copy(update={**changed, **targets})

    def _config(self, model: ChatModel, names: list[str]) -> LoraConfig:
        from peft import LoraConfig

        from assay.training.peft_files import base_of
        from assay.training.target_modules import is_transposed

        alpha = self.alpha or 2 * self.rank
        scale = int(alpha) if alpha == int(alpha) else alpha
        base, revision = base_of(model)
        return LoraConfig(
            base_model_name_or_path=base,
            revision=revision,
            task_type="CAUSAL_LM",
            r=self.rank,
            # PEFT takes fractions
            lora_alpha=scale,  # pyrefly: ignore[bad-argument-type]
            use_rslora=self.rs,
            lora_dropout=self.dropout,
            target_modules=names,
            init_lora_weights="gaussian" if self.initialise == "gaussian" else True,
            use_dora=self.decompose,
            fan_in_fan_out=is_transposed(model.network, names),
        )
