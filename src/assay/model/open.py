"""From a model's name to a loaded model. torch is imported here, on first use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.nouns import Precision, Tell

if TYPE_CHECKING:
    import torch

    from assay.model.chat_model import ChatModel
    from assay.model.find import Found


def silent(event: dict) -> None:
    """The `tell` of a caller that does not watch."""


def open_model(name: str, *, base: Path = Path(), offline: bool = False, tell: Tell = silent) -> ChatModel:
    """A freshly loaded chat model, in bf16 where the processor multiplies it natively, in fp32 elsewhere.

    Args:
        name: catalogue name, hub id `org/name[@revision]`, local folder or .gguf file.
        base: the folder that relative paths start from.

    Raises:
        ModelError: the model is refused or cannot be found. ResourceError: it is not here and may not be fetched.
    """
    from assay.model.find import find

    return load_model(find(name, base=base, offline=offline, tell=tell))


def load_model(found: Found, precision: Precision = "auto") -> ChatModel:
    """The model in a folder that was found, read in the precision that is asked for: no bit is lost on the way.

    Raises:
        ResourceError: R006, bf16 was chosen for this machine ("auto") and is wrong or slow on it.
    """
    import torch
    from transformers import AutoTokenizer

    from assay.encode.chat import Chat
    from assay.model import attention
    from assay.model.chat_model import ChatModel
    from assay.model.find import UNSAID
    from assay.model.machine import device, quiet, weight_type

    quiet()
    attention.register()
    tokenizer = AutoTokenizer.from_pretrained(found.folder, local_files_only=True, trust_remote_code=False)
    kinds = {"bf16": torch.bfloat16, "fp32": torch.float32}
    network = _network(found.folder, weight_type() if precision == "auto" else kinds[precision])
    network.to(device()).eval().requires_grad_(False)
    return ChatModel(found.name, network, Chat(tokenizer, max_length=found.context_length or UNSAID))


def _network(folder: Path, dtype: torch.dtype) -> Any:
    """With the attention of token trees, or where the model knows only its own kinds, with one of those."""
    from transformers import AutoModelForCausalLM

    from assay.model import attention

    def load(kind: str) -> Any:
        return AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=dtype,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            attn_implementation=kind,
        )

    try:
        return load(attention.NAME)
    except (KeyError, ValueError):  # Falcon looks the name up in a table of its own
        return load("sdpa")


def embedder(
    name: str, *, base: Path = Path(), offline: bool = False, tell: Tell = silent
) -> Callable[[Sequence[str]], Any]:
    """A function from texts to unit vectors, float32, shape (texts, width): mean of the last layer's token vectors."""
    from assay.model.embed import Embedder
    from assay.model.find import find

    return Embedder(find(name, base=base, offline=offline, tell=tell, kind="embedder").folder)
