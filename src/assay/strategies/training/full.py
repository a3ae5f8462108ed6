"""Train the weights of the model itself: all of them, or those that are named.

What it is for   the most a base can learn from the rows; with `layers` or `freeze`, less of it for
                 less memory
Costs            fp32 copies and two moments of every trained weight: 14 bytes each, and the trained
                 weights on disk
Source           Howard and Ruder (2018), Universal Language Model Fine-tuning,
                 aclanthology.org/P18-1031; layers chosen by gradient: Lee et al. (2023),
                 arxiv.org/abs/2210.11466; only biases: Ben Zaken et al. (2022), BitFit,
                 arxiv.org/abs/2106.10199; only norms: Zhao et al. (2023), arxiv.org/abs/2312.11420
Good when        many rows; the last points count; one specialist
Watch out        it forgets most; at LoRA's learning rate it diverges
Defaults from    `learning_rate: auto` is 9e-5 on a base of 135 million parameters, the best of four
                 rates there (benchmarks/methods.md), and 1.9e-5 on one that is 4,096 wide, where
                 Taori et al. (2023), Stanford Alpaca, took 2e-5
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from assay.core.errors import Problem, TrainError, did_you_mean
from assay.core.types import Lesson
from assay.strategies.training.fine_tuning import FineTuning
from assay.strategies.training.warm_start import Earlier, differing, unable
from assay.training.settings import NetworkChange, Rate

if TYPE_CHECKING:
    from assay.models.inference.chat_model import ChatModel
    from assay.training.batch import TrainingBatch

SAMPLE = 32  # training rows that layers are chosen by


class Full(FineTuning):
    kind: Literal["full"] = "full"
    VERSION = 6  # learning_rate: auto
    mergeable = True
    # around what is usual of bases from 135 million parameters to several billion
    usual_ranges = {"learning_rate": {"low": 1e-5, "high": 3e-4, "log": True}}
    rate_at_measured_width = 9e-5
    learning_rate: Rate = "auto"
    # train only so many decoder layers; 0: the whole model
    layers: int = Field(default=0, ge=0, le=1000)
    # which ones: the last, or those with the largest relative gradient
    by: Literal["top", "gradient"] = "top"
    freeze: tuple[str, ...] = ()  # names of what stays as it is, with * and ?
    embeddings: bool = True  # also train the embeddings and the output matrix
    only: Literal["all", "norms", "biases"] = "all"
    # split the decoder layers' weights, gradients and moments over the processes
    shard: bool = False

    @model_validator(mode="after")
    def _fits_together(self) -> Full:
        if self.by == "gradient" and not self.layers:
            raise ValueError("by: gradient chooses among layers; say how many with `layers`")
        if self.layers and self.embeddings and "embeddings" in self.model_fields_set:
            raise ValueError("with `layers` only these are trained; leave `embeddings: true` out")
        if self.shard:
            self._splits()
        return self

    def _splits(self) -> None:
        """Raises ValueError where layers cannot be split, with the nearest that can be."""
        if self.processes == 1:
            raise ValueError(
                "shard: true splits the layers over processes; set `processes` to 2 or more"
            )
        if set(self.non_defaults()) & {"layers", "freeze", "only"} or self.unfreeze != "at once":
            raise ValueError(
                "shard: true trains all"
                " weights; leave `layers`, `freeze`, `only` and `unfreeze` out"
            )
        if self.optimiser in ("adafactor", "adamw-8bit"):
            raise ValueError(
                f"shard: true splits the optimiser's moments, and {self.optimiser}'s cannot be;"
                " take adamw"
            )
        if self.compiled == "always":
            raise ValueError(
                "shard: true splits the layers, which are then not compiled; leave `compiled` out"
            )

    @property
    def continues(self) -> bool:
        """Not where layers are chosen by their gradient, which are others for other rows."""
        return self.by == "top" and self.processes == 1

    @property
    def reads_back(self) -> bool:
        return self.continues

    def open_after(self, lesson: Lesson, earlier: Earlier) -> tuple[ChatModel, NetworkChange]:
        """From any weights that can become part of the base's: they are merged into it."""
        core = earlier.core
        if core.kind == self.kind and not differing(core, self):
            return super().open_after(lesson, earlier)
        if not core.mergeable or self.shard:
            raise unable(self, core.kind)
        from assay.strategies.compression.merged_arm import merge_arm

        bare = replace(lesson, train=(), val=(), documents=())
        model = merge_arm(core, earlier.folder, bare)
        self.in_precision(model)
        return model, self.change(model, lesson)

    def change(self, model: ChatModel, lesson: Lesson) -> NetworkChange:
        from safetensors.torch import load_file

        from assay.core.store import write_tensors
        from assay.training.distributed.process_group import Team
        from assay.training.distributed.shard import shard

        network = model.network
        names = self._names(model, lesson)
        split = self.shard and bool(lesson.train)  # an arm that is restored is whole
        if split:
            shard(network, Team.of(self.processes))
        # named_parameters names tied weights once, so the output layer is not stored twice.
        own = dict(network.named_parameters())
        trained = {name: own[name] for name in names}
        network.requires_grad_(False)
        for weight in trained.values():
            weight.requires_grad_(True)

        def write(folder: Path) -> None:
            # other objects, where layers were split and put together
            now = dict(network.named_parameters())
            write_tensors(
                folder / "model.safetensors",
                {name: now[name] for name in trained},
                {"format": "pt"},
            )

        def read(folder: Path) -> None:
            tensors = load_file(folder / "model.safetensors")
            network.load_state_dict(tensors, strict=False)
            network.tie_weights()
            # Layers chosen by gradient are known from what was kept.
            trained.clear()
            trained.update({name: own[name] for name in tensors})

        return NetworkChange(trained, write, read, compiled=not split, split=split)

    def _names(self, model: ChatModel, lesson: Lesson) -> list[str]:
        """Names of the parameters that are trained, in the network's order."""
        from assay.training.decoder_layers import select_layers

        network = model.network
        own = dict(network.named_parameters())
        names = list(own)
        if self.layers:
            kept = [
                f"{layer}."
                for layer in select_layers(
                    network, self.layers, self.by, self._sample(model, lesson)
                )
            ]
            names = [name for name in names if name.startswith(tuple(kept))]
        elif not self.embeddings:
            tables = embeddings(network)
            names = [name for name in names if id(own[name]) not in tables]
        frozen = set().union(
            *(self._match_parameters(pattern, network, lesson) for pattern in self.freeze)
        )
        names = [name for name in names if id(own[name]) not in frozen]
        if self.only != "all":
            wanted = is_bias if self.only == "biases" else is_norm
            names = [name for name in names if wanted(name, own[name])]
        if not names:
            text = f"{self.kind}: nothing is left to train"
            if self.only != "all" and not self.freeze:
                text += f": this model has no {self.only}" + (
                    " in these layers" if self.layers else ""
                )
            raise TrainError(Problem("T045", text, help="loosen `freeze`, `layers` or `only`"))
        return names

    def _match_parameters(self, pattern: str, network: Any, lesson: Lesson) -> set[int]:
        """Ids of the parameters that a pattern names, by their own name or by that of a module
        around them.

        Raises:
            TrainError: T040, it names nothing.
        """
        found: dict[int, list[str]] = {}
        known: set[str] = set()
        for name, weight in network.named_parameters(remove_duplicate=False):
            around = [name[:i] for i, letter in enumerate(name) if letter == "."]
            known |= {name, *around}
            if any(fnmatchcase(each, pattern) for each in (name, *around)):
                found.setdefault(id(weight), []).append(name)
        if not found:
            near = did_you_mean(pattern.strip("*"), known) or did_you_mean(
                pattern.strip("*"), ends(known)
            )
            text = f"freeze: nothing in this model is named '{pattern}'{near}"
            top = sorted(name for name in known if name.count(".") <= 1)
            raise TrainError(
                Problem("T040", text, "freeze", help="there are: " + ", ".join(top[:12]))
            )
        for weight, names in found.items():
            everywhere = [
                n for n, p in network.named_parameters(remove_duplicate=False) if id(p) == weight
            ]
            tied = [name for name in everywhere if name not in names]
            if tied:
                text = f"{names[0]} and {tied[0]} are one matrix: both stay as they are"
                lesson.tell({"event": "note", "text": text})
        return set(found)

    def _sample(self, model: ChatModel, lesson: Lesson) -> list[TrainingBatch]:
        """The rows that layers are chosen by, drawn with the seed."""
        from assay.strategies.prompting.few_shot import sample_rows
        from assay.tasks.prompt_format import ask
        from assay.training.batch import TrainingBatch

        if self.by == "top":
            return []
        chat = replace(model.chat, max_length=min(self.max_length, model.chat.max_length))
        rows = sample_rows(lesson.train, SAMPLE, lesson.seed)
        sequences = [chat.pair(ask(lesson.task, row), row.target or "") for row in rows]
        pad = chat.tokenizer.pad_token_id or chat.tokenizer.eos_token_id
        parts = [sequences[i : i + 4] for i in range(0, len(sequences), 4)]
        return [
            TrainingBatch.of(part, range(len(part)), pad=pad, device=model.device) for part in parts
        ]


def embeddings(network: Any) -> set[int]:
    """Ids of the parameters of every embedding (tokens, positions) and of the output layer."""
    import torch

    tables = [module for module in network.modules() if isinstance(module, torch.nn.Embedding)]
    return {
        id(p) for module in (*tables, network.get_output_embeddings()) for p in module.parameters()
    }


def is_bias(name: str, weight: Any) -> bool:
    return name.endswith("bias")


def is_norm(name: str, weight: Any) -> bool:
    """The scales of norms are the only other vectors of a transformer."""
    return weight.ndim == 1 and not is_bias(name, weight)


def ends(names: Iterable[str]) -> set[str]:
    """The last part of each name: `q_proj` for `model.layers.0.self_attn.q_proj`."""
    return {name.rpartition(".")[2] for name in names}
