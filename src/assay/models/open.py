"""From a model's name to a loaded model. torch is imported here, on first use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.core import store
from assay.core.corrupt_files import silent
from assay.core.errors import ModelError, Problem
from assay.core.types import Precision, Tell

if TYPE_CHECKING:
    import torch

    from assay.models.inference.chat_model import ChatModel
    from assay.models.inference.network_checks import NetworkChecks
    from assay.models.loading.find import LocalModel


def open_model(
    name: str, *, base: Path = Path(), offline: bool = False, tell: Tell = silent
) -> ChatModel:
    """A freshly loaded chat model, in bf16 where the processor multiplies it natively, in fp32
    elsewhere.

    Args:
        name: catalogue name, hub id `org/name[@revision]`, local folder or .gguf file.
        base: the folder that relative paths start from.

    Raises:
        ModelError: the model is refused or cannot be found. ResourceError: it is not here and may
            not be fetched.
    """
    from assay.models.loading.find import find

    return load_model(find(name, base=base, offline=offline, tell=tell))


def load_model(found: LocalModel, precision: Precision = "auto") -> ChatModel:
    """The model in a folder that was found, read in the precision that is asked for: no bit is lost
    on the way.

    Raises:
        ModelError: M160, it cannot be computed in a batch; M092, M093 its files do not belong
            together.
        ResourceError: R006, bf16 was chosen for this machine ("auto") and is wrong or slow on it.
    """
    import torch

    from assay.models.device import quiet, weight_type
    from assay.models.inference import tree_attention
    from assay.models.inference.chat_model import ChatModel
    from assay.models.loading.find import UNSAID
    from assay.models.loading.opening import naming, open_tokenizer, require_known_tokens
    from assay.models.tokenizer.chat_tokens import Chat

    quiet()
    tree_attention.register()
    kinds = {"bf16": torch.bfloat16, "fp32": torch.float32}
    dtype = weight_type() if precision == "auto" else kinds[precision]
    with naming(found.folder, found.name):
        tokenizer = open_tokenizer(found.folder)
        network, checks = load_network(found.folder, dtype)
        require_known_tokens(tokenizer, network, found.folder)
    chat = Chat(tokenizer, max_length=found.context_length or UNSAID)
    return ChatModel(found.name, network, chat, checks)


def load_network(folder: Path, dtype: torch.dtype) -> tuple[Any, NetworkChecks]:
    """With our own attention where it computes what transformers' plain one ("eager") does, on rows
    and on trees; else with PyTorch's where that does on rows; else with the plain one (see
    attention_check.py). What was found out about these weights is noted, and not tried again.

    Raises:
        ModelError: M160, rows of different lengths cannot be computed side by side; M092, the
            weights are not those of the config, or overflow.
    """
    from transformers import AutoModelForCausalLM

    from assay.models.device import device
    from assay.models.inference import attention_check, tree_attention
    from assay.models.inference.network_checks import NetworkChecks, note_of, read_note
    from assay.models.inference.position_limit import watch
    from assay.models.loading.find import digest_of
    from assay.models.loading.model_cache import cache_folder
    from assay.models.loading.opening import open_network, require_finite, require_size

    def load(kind: str) -> Any:
        network = open_network(AutoModelForCausalLM, folder, dtype=dtype, attn_implementation=kind)
        watch(network)
        return network.to(device()).eval().requires_grad_(False)

    def has_no_such_attention(error: ModelError) -> bool:
        return isinstance(error.__cause__, KeyError | ValueError)

    def with_trees() -> tuple[Any, list[torch.Tensor]] | None:
        """The network with our own attention and what it computes, None where that is something
        else or cannot be had."""
        try:
            network = load(tree_attention.NAME)
        except ModelError as error:
            if has_no_such_attention(error):  # Falcon has a separate table of names
                return None
            raise
        apart = attention_check.by_themselves(network)
        trees = apart and attention_check.takes_trees(network, apart)
        return (network, apart) if trees and attention_check.plain_agrees(network, apart) else None

    def refused(network: Any, why: str, help: str) -> ModelError:
        return ModelError(
            Problem("M160", f"{network.config.model_type}: {why}", str(folder), help=help)
        )

    def as_transformers() -> tuple[Any, list[torch.Tensor]]:
        """With PyTorch's attention where that is the plain one's, but for rounding. Each is loaded:
        Falcon does not change its attention any more."""
        eager = load("eager")
        plain = attention_check.by_themselves(eager)
        try:
            network = load("sdpa")
        except ModelError as error:
            if has_no_such_attention(error):
                return eager, plain
            raise
        apart = attention_check.by_themselves(network)
        if apart and plain and attention_check.close(apart, plain):
            return network, apart
        if attention_check.two_ways(network, eager):
            why = "transformers' plain attention and its SDPA give different numbers for this model"
            raise refused(network, why, "take another model")
        return eager, plain

    note = note_of(cache_folder(), digest_of(folder), dtype)
    if noted := read_note(note):
        kind, passed = noted
        network = load(kind)
        return network, NetworkChecks(network, passed)
    require_size(AutoModelForCausalLM, folder)
    network, apart = with_trees() or as_transformers()
    require_finite(apart, folder)
    if why := attention_check.fault(network, apart):
        text = f"rows of this model cannot be computed side by side ({why})"
        raise refused(network, text, "take a decoder, which writes token by token")
    checks = NetworkChecks.run(network, apart)
    kind = network.config._attn_implementation
    store.write_json(note, {"folder": str(folder), "attention": kind, "passes": checks.to_json()})
    return network, checks


def embedder(
    name: str, *, base: Path = Path(), offline: bool = False, tell: Tell = silent
) -> Callable[[Sequence[str]], Any]:
    """A function from texts to unit vectors, float32, shape (texts, width): mean of the last
    layer's token vectors."""
    from assay.models.embeddings import Embedder
    from assay.models.loading.find import find

    return Embedder(find(name, base=base, offline=offline, tell=tell, kind="embedder").folder)
