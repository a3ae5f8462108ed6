"""A model folder as transformers reads it: weights, config, tokenizer, chat template, generation
settings.

Watch out   the tokenizer's files are the base's own, byte by byte: a tokenizer that is written anew
            may come out as another class, with other special tokens
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.core import store
from assay.core.errors import ModelError, Problem
from assay.core.types import Messages
from assay.deployment.export.formats.source import (
    QUESTION,
    Base,
    ExportSource,
    chat_model,
    turns_of,
)
from assay.models.loading.folder_validation import TOKENIZER
from assay.strategies.prompting.prompted_arm import Prompted

if TYPE_CHECKING:
    import torch

    from assay.models.tokenizer.chat_tokens import Chat

# of how a config was loaded, not of the model
OWN = ("quantization_config", "transformers_version")


def write_tokenizer(base: Base, folder: Path) -> None:
    """The base's tokenizer and chat template, as they are."""
    for name in TOKENIZER:
        if (base.folder / name).is_file():
            store.write_bytes(folder / name, (base.folder / name).read_bytes())


def write_network(folder: Path, network: Any, dtype: torch.dtype) -> None:
    """Config and weights of a plain network of transformers, in one file; a tied matrix is stored
    once."""
    # transformers' own text: it writes infinity as {"__float__": "Infinity"}
    config = json.loads(network.config.to_json_string())
    for name in [key for key in config if key.startswith("_")] + list(OWN):
        config.pop(name, None)
    config |= {"architectures": [type(network).__name__], "model_type": network.config.model_type}
    config["dtype"] = str(dtype).removeprefix("torch.")
    config["tie_word_embeddings"] = bool(network.config.tie_word_embeddings)
    tensors: dict[str, torch.Tensor] = {}
    places: set[tuple[int, int]] = set()
    for name, tensor in network.state_dict().items():
        place = (tensor.data_ptr(), tensor.numel())
        if place not in places:
            places.add(place)
            tensors[name] = (
                tensor.detach().to(dtype) if tensor.is_floating_point() else tensor.detach()
            )
    store.write_json(folder / "config.json", config)
    store.write_tensors(folder / "model.safetensors", tensors, {"format": "pt"})


def write_beside(source: ExportSource, arm: Prompted, folder: Path) -> None:
    """What goes with every model: tokenizer and chat template, and generation_config.json.

    Raises:
        ModelError: M102, as `same_tokens`.
    """
    chat = chat_model(arm).chat
    write_tokenizer(source.base, folder)
    store.write_json(folder / "generation_config.json", source.settings(chat, arm.room))
    same_tokens(chat, [arm.prompt(example) for example in source.examples], folder)


def same_tokens(chat: Chat, prompts: Sequence[Messages], folder: Path) -> None:
    """Load the tokenizer that was written, and compare what it makes of an arm's prompts.

    Raises:
        ModelError: M102, it has other special tokens, or makes other tokens of a prompt.
    """
    from transformers import AutoTokenizer

    theirs: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    ours = chat.tokenizer
    for what, one, other in (
        ("end", ours.eos_token_id, theirs.eos_token_id),
        ("beginning", ours.bos_token_id, theirs.bos_token_id),
        ("vocabulary", len(ours), len(theirs)),
        (
            "end of turn",
            chat.end[-1] in ours.all_special_ids,
            chat.end[-1] in theirs.all_special_ids,
        ),
    ):
        if one != other:
            text = f"the tokenizer that was written has another {what}: {other} instead of {one}"
            raise ModelError(Problem("M102", text, str(folder), help=WAY_OUT))
    for prompt in prompts:
        text = theirs.apply_chat_template(
            turns_of(prompt), tokenize=False, add_generation_prompt=True
        )
        found, meant = theirs(text, add_special_tokens=False)["input_ids"], chat.prompt(prompt)[0]
        if found != meant and not _has_control_token(chat, prompt) and len(meant) < chat.max_length:
            at = next(
                (i for i, pair in enumerate(zip(found, meant, strict=False)) if pair[0] != pair[1]),
                len(meant),
            )
            text = (
                f"the tokenizer that was written makes other tokens of a prompt, from token {at} on"
            )
            raise ModelError(Problem("M102", text, str(folder), help=WAY_OUT))


WAY_OUT = (
    "the files of the base's tokenizer do not agree with each other; take them anew from where"
    " the base came from"
)


def loading(imports: str, load: str, messages: list[dict[str, str]]) -> str:
    """A block of Python for the card: load, ask, read, in transformers alone.

    Args:
        load: lines that make `model` from `folder`. messages: what the arm sends for a question.
    """
    shown = store.to_json(messages, indent=1).replace(store.to_json(QUESTION), "question")
    code = f"""{imports}
from transformers import AutoTokenizer, GenerationConfig

folder, question = "PATH OF THIS FOLDER", {store.to_json(QUESTION)}
{load}
tokenizer = AutoTokenizer.from_pretrained(folder)
messages = {shown}
inputs = tokenizer.apply_chat_template(
    messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)
out = model.generate(**inputs, generation_config=GenerationConfig.from_pretrained(folder))
print(tokenizer.decode(out[0, inputs["input_ids"].shape[1]:], skip_special_tokens=True).strip())"""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
    return f"{fence}python\n{code}\n{fence}"


def _has_control_token(chat: Chat, prompt: Messages) -> bool:
    """Whether a message holds a control token as text, which assay splits and a template's caller
    does not."""
    marks = [str(token) for token in chat.tokenizer.added_tokens_decoder.values()]
    return any(mark in message.content for message in prompt for mark in marks)
