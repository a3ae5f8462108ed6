"""Open a network or a tokenizer with what its folder holds, and with nothing else.

Why   transformers fills a tensor that the files lack, or hold in another shape, with random
      numbers, and drops one that the network has no place for: each gives another model, unsaid
How   by transformers' own account of what it loaded, after its rules for old and tied names. What
      it raises of a folder that it cannot use becomes a coded message
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError

from assay.core.errors import AssayError, ModelError, Problem
from assay.models.loading.safetensors_header import tensors_of

# What transformers, tokenizers and torch raise of files that they cannot use.
FAULTS = (
    *(RuntimeError, TypeError, ValueError, LookupError, AttributeError, AssertionError, OSError),
    *(ArithmeticError, ImportError, StrictDataclassError, SafetensorError),
)
NAMED = 3  # tensors in a message
SLACK = 1 << 20  # values that a network may have beyond twice those of its files
AGAIN = "get the model again: its files do not belong together"
TOKENIZER = "get tokenizer.json and tokenizer_config.json of this model again"


def open_network(auto: Any, folder: Path, *, heads: bool = False, **given: Any) -> Any:
    """
    Args:
        auto: one of transformers' classes, such as AutoModelForCausalLM.
        heads: whether what stands on the encoder is trained first here, so that the folder may
            lack it and may hold other heads.
        given: what `from_pretrained` is given.

    Raises:
        ModelError: M092, the tensors of the folder are not those that its config describes.
    """
    with _building(folder):
        network, account = auto.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # they are in the account
            **given,
        )
    if faults := _faults(network, account, heads):
        raise ModelError(*(Problem("M092", fault, str(folder), help=AGAIN) for fault in faults))
    return network


def open_tokenizer(folder: Path) -> Any:
    """Its end token is that of the config where its own files name none.

    Raises:
        ModelError: M093, the tokenizer's files cannot be read; M092, config.json cannot.
    """
    from transformers import AutoConfig, AutoTokenizer

    end = None
    if (folder / "config.json").is_file():  # an adapter's folder may bring a tokenizer alone
        with _building(folder):
            config: Any = AutoConfig.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            )
        end = getattr(config.get_text_config(), "eos_token_id", None)
        end = end[0] if isinstance(end, list) and end else end
    with refusing("M093", "the tokenizer cannot be read", str(folder), TOKENIZER):
        tokenizer: Any = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        # without tokenizer_config.json the config may know how a text ends
        if tokenizer.eos_token_id is None and isinstance(end, int) and 0 <= end < len(tokenizer):
            tokenizer.eos_token = tokenizer.convert_ids_to_tokens(end)
    return tokenizer


def require_known_tokens(tokenizer: Any, network: Any, folder: Path) -> None:
    """
    Raises:
        ModelError: M093, the network has no row for a special token: it was added when the
            tokenizer was read, because tokenizer.json does not have it.
    """
    rows = network.get_input_embeddings().weight.shape[0]
    for name, text in tokenizer.special_tokens_map.items():
        for token in text if isinstance(text, list) else [text]:
            number = tokenizer.convert_tokens_to_ids(str(token))
            if number is not None and number >= rows:
                fault = f"{name} {str(token)!r:.40} is no token of the model, which has {rows}"
                raise ModelError(Problem("M093", fault, str(folder), help=TOKENIZER))


def require_finite(states: Iterable[torch.Tensor], folder: Path) -> None:
    """
    Raises:
        ModelError: M092, the network computes numbers that are not finite.
    """
    if not all(bool(part.isfinite().all()) for part in states):
        text = "the model computes infinite numbers: some of its weights are far too large"
        raise ModelError(Problem("M092", text, str(folder), help=AGAIN))


def require_size(auto: Any, folder: Path) -> None:
    """
    Raises:
        ModelError: M092, the config describes far more values than the files hold: transformers
            would take the memory for all of them before it looks.
    """
    from transformers import AutoConfig

    held = sum(
        torch.Size(tensor.shape).numel()
        for path in folder.glob("*.safetensors")
        for tensor in tensors_of(path).values()
    )
    with _building(folder), torch.device("meta"):
        config: Any = AutoConfig.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        network = auto.from_config(config)
    described = sum(part.numel() for part in network.parameters())
    if described > 2 * held + SLACK:
        text = f"config.json describes {described:,} values, the weights have {held:,}"
        raise ModelError(Problem("M092", text, str(folder), help=AGAIN))


def _building(folder: Path) -> AbstractContextManager[None]:
    text = "transformers cannot build the network that it describes"
    return refusing("M092", text, str(folder / "config.json"), AGAIN)


@contextmanager
def naming(folder: Path, name: str) -> Generator[None]:
    """What is refused inside the block is placed in the model that the user named, not in its
    mirror in the cache."""
    try:
        yield
    except ModelError as error:
        places = (
            replace(problem, place=problem.place.replace(str(folder), name, 1))
            for problem in error.problems
        )
        raise ModelError(*places) from error


@contextmanager
def refusing(code: str, text: str, place: str, help: str) -> Generator[None]:
    """What the libraries raise inside the block becomes a ModelError of this code."""
    try:
        yield
    except BaseException as error:
        bare = type(error) is Exception or type(error).__name__ == "PanicException"
        known = isinstance(error, FAULTS) and not isinstance(error, AssayError)
        if not (bare or known) or _is_memory(error):
            raise
        raise ModelError(Problem(code, text + _reason(error), place, help=help)) from error


def _faults(network: Any, account: dict[str, Any], heads: bool) -> list[str]:
    """What transformers did not load as the config describes it."""
    prefix = network.base_model_prefix
    inner = {name for name, _ in network.base_model.named_children()}
    parts = inner | {prefix} if heads else set()

    def counts(name: str) -> bool:
        first = name.partition(".")[0]
        return not heads or (
            "pooler" not in name.split(".") and (first == prefix or not hasattr(network, prefix))
        )

    missing = [name for name in account["missing_keys"] if counts(name)]
    left = [
        name
        for name in account["unexpected_keys"]
        if not heads or (name.partition(".")[0] in parts and "pooler" not in name.split("."))
    ]
    shapes = [
        f"{name} is {_times(held)} in the weights, {_times(described)} by config.json"
        for name, held, described in sorted(account["mismatched_keys"])
        if counts(name)
    ]
    found = [f"the weights lack {_listed(missing)}"] if missing else []
    if left:
        found.append(f"the network of config.json has no {_listed(left)}, which the weights hold")
    found += shapes[:NAMED]
    if account["error_msgs"] and not found:
        found.append("transformers cannot load the weights")
    return found


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - NAMED} more" if len(ordered) > NAMED else ""
    return ", ".join(ordered[:NAMED]) + more


def _times(shape: Iterable[int]) -> str:
    return "×".join(map(str, shape))


def _reason(error: BaseException) -> str:
    """What the error says, where it is a sentence for users: validators of configs write some."""
    if not isinstance(error, ValueError | StrictDataclassError):
        return ""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f": {lines[-1][:120]}" if lines else ""


def _is_memory(error: BaseException) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)
