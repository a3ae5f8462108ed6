"""The loss on val before training, kept: trials of a search that begin alike have the same one.

Key        the network's weights, each by its sum and its ends, the val rows, what the loss is, and
           what else its bits depend on. Weights of an adapter that changes nothing yet (`B` is 0)
           do not count, so its rank does not
Not kept   where several processes compute it
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from assay.core import store
from assay.models.tokenizer.chat_tokens import Encoded, flatten
from assay.training.settings import Trained

# Settings that say how weights move from where they begin.
MOVE = frozenset(
    [
        *("name", "learning_rate", "epochs", "batch_size", "optimiser", "schedule", "warmup"),
        *("weight_decay", "clip", "layer_decay", "unfreeze", "patience", "max_rows", "noise"),
        *("pool", "rank", "alpha"),
    ]
)


def start_loss_file(
    folder: Path,
    settings: Trained,
    network: Any,
    trained: Mapping[str, torch.Tensor],
    held: Sequence[Encoded],
) -> Path:
    """Where it is kept. folder: for what may be made again. network: as it was opened, before its
    layers are joined for training."""
    unmoved = changes_nothing(settings, trained)
    own = {id(weight) for weight in trained.values()} if unmoved else set()
    given = settings.model_dump(mode="json", exclude_defaults=True)
    key = {
        "settings": {name: value for name, value in given.items() if name not in MOVE},
        "kind": settings.kind,
        "weights": list(_traces(network, own)),
        "rows": [[one.ids, one.learnt, one.label, one.tags] for one in flatten(held)],
        "threads": torch.get_num_threads(),
        "torch": str(torch.__version__),
    }
    return folder / "start_loss" / f"{store.digest(key)[:20]}.json"


def changes_nothing(settings: Trained, trained: Mapping[str, torch.Tensor]) -> bool:
    """Whether what is trained leaves the network as it is so far: of each pair of an adapter one
    factor is 0."""
    if settings.kind not in ("lora", "qlora"):
        return False
    zero = [not bool(weight.detach().any()) for weight in trained.values()]
    return bool(zero) and 2 * sum(zero) == len(zero)


def _traces(network: Any, without: set[int]) -> Iterator[list[Any]]:
    """Of each weight what tells it from another: name, type, shape, sum, ends."""
    for name, weight in sorted([*network.named_parameters(), *network.named_buffers()]):
        if id(weight) in without:
            continue
        flat = weight.detach().flatten()
        ends = torch.cat([flat[:4], flat[-4:]]).double().tolist()
        total = float(flat.sum(dtype=torch.float64)) if flat.numel() else 0.0
        yield [name, str(weight.dtype), list(weight.shape), total, ends]


def read(file: Path | None) -> float | None:
    """None where it is not there, or is damaged."""
    try:
        return float(store.read_json(file)["loss"]) if file is not None else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(file: Path | None, loss: float) -> None:
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        store.write_json(file, {"loss": loss})
