"""Virtual tokens before every sequence: what prefix, prompt and P-tuning share.

How             The virtual tokens become keys and values of every layer once a forward pass, and
                are lent to all sequences. For prompt and P-tuning they are what the body computes
                for the virtual embeddings. A token sees only what stands before it, so this equals
                putting the virtual embeddings before each sequence, in value and in gradient.
What is kept    PEFT's `prompt_embeddings`: what was learnt, without the network that made it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from assay.core.errors import Problem, TrainError
from assay.core.store import write_json, write_tensors
from assay.core.types import Task
from assay.models.inference.attention_check import goes_behind
from assay.models.tokenizer.chat_tokens import Chat
from assay.tasks.kinds import instruction_of
from assay.training.peft_files import CONFIG, WEIGHTS, base_of
from assay.training.settings import NetworkChange

if TYPE_CHECKING:
    from peft import PromptLearningConfig

    from assay.models.inference.chat_model import ChatModel

SHORTEST = 64  # tokens of prompt and answer that must be left


@dataclass
class Virtual:
    """The virtual tokens of a network: called, they are the keys and values of one row.

    Attributes:
        learnt: the trained part; gives (tokens, width), fp32, as PEFT stores it.
        laid: (network, that) -> keys and values.
        config: PEFT's description of it.
        stored: what a saved arm holds, once it was read.
    """

    network: Any
    learnt: Callable[[], torch.Tensor]
    laid: Callable[[Any, torch.Tensor], DynamicCache]
    config: PromptLearningConfig
    stored: torch.Tensor | None = None

    def __call__(self) -> DynamicCache:
        return self.laid(self.network, self.embeddings())

    def embeddings(self) -> torch.Tensor:
        if self.stored is not None:
            return self.stored
        # The same kernels for learning, answering and saving: without gradients an LSTM rounds
        # otherwise.
        with torch.inference_mode(False), torch.enable_grad():
            virtual = self.learnt()
        return virtual if torch.is_grad_enabled() else virtual.detach()

    def write(self, folder: Path) -> None:
        tensors = {"prompt_embeddings": self.embeddings().detach().contiguous()}
        write_tensors(folder / WEIGHTS, tensors, {"format": "pt"})
        write_json(folder / CONFIG, {**self.config.to_dict(), "inference_mode": True})

    def read(self, folder: Path) -> None:
        tensors = load_file(folder / WEIGHTS)
        self.stored = tensors["prompt_embeddings"].to(_embedding(self.network).device)


def need_room(model: ChatModel, count: int) -> None:
    """
    Raises:
        TrainError: T031, `count` virtual tokens leave no room for text, or fill the window of a
            layer; T032, the model takes nothing before its tokens.
    """
    if not model.takes_trees and not goes_behind(model.network):
        text = (
            "this model does not compute"
            " behind trained keys and values what it computes behind tokens"
        )
        raise TrainError(Problem("T032", text, help="take lora"))
    # A layer with a window keeps one token less than it looks back on; -1 is a layer without.
    windows = [
        layer.get_max_length() - 1 for layer in DynamicCache(config=model.network.config).layers
    ]
    most = min([model.chat.max_length - SHORTEST, *(window for window in windows if window >= 0)])
    if count > most:
        text = f"{count} virtual tokens do not fit into what the model looks back on"
        raise TrainError(Problem("T031", text, "tokens", help=f"set tokens to {most} or less"))


def soft_change(
    model: ChatModel, virtual: Virtual, trained: dict[str, torch.nn.Parameter]
) -> NetworkChange:
    """The change that puts `virtual` before everything that the model reads."""
    virtual.config.base_model_name_or_path, virtual.config.revision = base_of(model)
    count = virtual.config.num_virtual_tokens
    model.chat = replace(model.chat, max_length=model.chat.max_length - count)
    model.soft = virtual
    # The cache counts the layers, so that each of them would be compiled by itself.
    return NetworkChange(trained, virtual.write, virtual.read, soft=virtual, compiled=False)


def prompt_cache(network: Any, embeddings: torch.Tensor) -> DynamicCache:
    """Keys and values that the body computes for virtual embeddings, (tokens, width)."""
    cache = DynamicCache(config=network.config)
    network.base_model(
        inputs_embeds=embeddings.to(_embedding(network).dtype)[None], cache=cache, use_cache=True
    )
    return cache


def prefix_cache(network: Any, embeddings: torch.Tensor, heads: int) -> DynamicCache:
    """Keys and values themselves, (tokens, layers x 2 x heads x width): for each layer its keys,
    then its values, head by head, as PEFT lays them out."""
    cache = DynamicCache(config=network.config)
    layers = len(cache.layers)
    parts = (
        embeddings.to(_embedding(network).dtype)
        .view(len(embeddings), layers, 2, heads, -1)
        .permute(1, 2, 3, 0, 4)
    )
    for layer, (keys, values) in enumerate(parts):
        cache.update(keys[None], values[None], layer)
    return cache


def prefix_embeddings(network: Any, ids: Sequence[int]) -> tuple[torch.Tensor, int]:
    """What the network keeps for the tokens `ids`, as `prefix_cache` takes it, fp32; and its number
    of key heads.

    Raises:
        TrainError: T032, the layers do not all keep keys and values of one shape.
    """
    cache = DynamicCache(config=network.config)
    rows = torch.tensor([list(ids)], device=_embedding(network).device)
    with torch.no_grad():
        network.base_model(input_ids=rows, cache=cache, use_cache=True)
    kept = [(layer.keys, layer.values) for layer in cache.layers if isinstance(layer, DynamicLayer)]
    stored = [part for pair in kept for part in pair if part is not None]
    if len(stored) < 2 * len(cache.layers) or len({part.shape for part in stored}) > 1:
        raise TrainError(
            Problem(
                "T032",
                "this model's layers do not all keep keys and values of one shape, so they"
                " cannot be given a prefix",
                help="take prompt_tuning, p_tuning or lora",
            )
        )
    stacked = torch.cat(stored)  # layers x 2, heads, tokens, width
    return stacked.permute(2, 0, 1, 3).flatten(1).float(), stacked.shape[1]


def starting_tokens(start: str, chat: Chat, task: Task, vocabulary: int, count: int) -> list[int]:
    """`count` tokens to begin from.

    Args:
        start: "text": the task's instruction and its labels, cut or repeated; "vocabulary": drawn
            at random.
    """
    if start == "vocabulary":
        return torch.randint(vocabulary, (count,)).tolist()
    ids = chat.text_ids(" ".join([instruction_of(task), ", ".join(task.labels)]).strip())
    return (ids * (count // len(ids) + 1))[:count]


def start_embeddings(model: ChatModel, start: str, task: Task, count: int) -> torch.Tensor:
    """Word embeddings of the starting tokens, (tokens, width), fp32."""
    weight = _embedding(model.network)
    ids = starting_tokens(start, model.chat, task, len(weight), count)
    return weight[torch.tensor(ids, device=weight.device)].detach().float()


def soft_parameters(module: torch.nn.Module) -> dict[str, torch.nn.Parameter]:
    """Parameters under names that no parameter of a network has."""
    return {f"soft.{name}": parameter for name, parameter in module.named_parameters()}


def _embedding(network: Any) -> torch.Tensor:
    return network.get_input_embeddings().weight
