"""Several LoRA adapters of one base combined into one: the sums, as pure functions on small
matrices.

average, add   the two sides laid side by side, A = [A1; A2], B = [w1 s1 B1, w2 s2 B2]: exactly w1
               D1 + w2 D2 of the changes D = s B A, with the ranks added up. PEFT's own name for it
               is `cat`
ties           of each change only the largest numbers stay; where the changes disagree about a
               sign, the larger sum wins; the mean is taken over those that agree: Yadav et al.
               (2023), TIES-Merging: Resolving Interference When Merging Models,
               arxiv.org/abs/2306.01708
dare           of each change a random share stays, divided by that share, so that its mean is the
               change itself; then the weighted sum: Yu et al. (2023), Language Models are Super
               Mario, arxiv.org/abs/2311.03099
How            the steps of ties are PEFT's functions, on the changes D and not on A and B apart: a
               sign of A alone means nothing. What comes of ties and dare has no small rank: it is
               cut to one by its largest singular parts
Watch out      `Blended.kept` says how much of the squared change that cut has left. The paper trims
               the change of the whole network at once, PEFT and this file each matrix by itself
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from assay.core.errors import ModelError, Problem
from assay.training.adapters.compatibility import WEIGHTS, split_tensor_name
from assay.training.adapters.lora_weights import need_pairs, scaling

How = Literal["average", "add", "ties", "dare"]
# A (rank, in) and B (out, rank) with the scaling in it; the change is B A
Product = tuple[torch.Tensor, torch.Tensor]
# density of ties: the paper's; of dare: the middle of the range that its paper searches
TRIM, DROP = 0.2, 0.5


@dataclass(frozen=True)
class Blended:
    """An adapter that was made from others.

    Attributes:
        products: by layer, all of one rank. kept: share of the squared change that is left after
            the cut to that rank.
    """

    products: dict[str, Product]
    rank: int
    kept: float = 1.0


def blend_adapters(
    adapters: Sequence[Mapping[str, Product]],
    how: How,
    *,
    weights: Sequence[float] = (),
    density: float = 0.0,
    rank: int = 0,
    seed: int = 0,
) -> Blended:
    """Combine adapters, layer by layer. One that leaves a layer alone changes it by nothing.

    Args:
        weights: one an adapter; none: 1 / n for average and dare, 1 for add and ties.
        density: share of each change that stays, of ties and dare; 0: TRIM or DROP.
        rank: of the result, of ties and dare; 0: the sum of the ranks. seed: of what dare drops.

    Raises:
        ModelError: M115, the adapters have other shapes at a layer.
    """
    names = list(dict.fromkeys(name for adapter in adapters for name in adapter))
    need_one_shape(adapters, names)
    given = list(weights) or [1.0 if how in ("add", "ties") else 1 / len(adapters)] * len(adapters)
    total = sum(max((len(a) for a, _ in adapter.values()), default=0) for adapter in adapters)
    if how in ("average", "add"):
        laid = {name: beside([adapter.get(name) for adapter in adapters], given) for name in names}
        return Blended({name: pad_rank(product, total) for name, product in laid.items()}, total)
    draw = torch.Generator().manual_seed(seed)
    products: dict[str, Product] = {}
    left = whole = 0.0
    wanted = rank or total
    for name in names:
        changes = delta_weights([adapter.get(name) for adapter in adapters])
        share = density or (TRIM if how == "ties" else DROP)
        change = ties(changes, given, share) if how == "ties" else dare(changes, given, share, draw)
        product = factorise(change, wanted)
        left += float((product[1] @ product[0]).square().sum())
        whole += float(change.square().sum())
        products[name] = pad_rank(product, wanted)
    return Blended(products, wanted, left / whole if whole else 1.0)


def need_one_shape(adapters: Sequence[Mapping[str, Product]], names: Sequence[str]) -> None:
    """Raises ModelError, M115, where two adapters have another number of inputs or outputs at a
    layer."""
    for name in names:
        shapes = {
            (a.shape[1], len(b))
            for a, b in (adapter[name] for adapter in adapters if name in adapter)
        }
        if len(shapes) > 1:
            said = " and ".join(
                f"{inside} inputs and {out} outputs" for inside, out in sorted(shapes)
            )
            text = f"the adapters are of different bases: at {name} they have {said}"
            raise ModelError(
                Problem("M115", text, help="combine adapters that were trained on one base")
            )


def beside(products: Sequence[Product | None], weights: Sequence[float]) -> Product:
    """The weighted sum of changes, exactly: both sides laid side by side."""
    there = [(a, weight * b) for (a, b), weight in _drop_missing(products, weights)]
    return torch.cat([a for a, _ in there]), torch.cat([b for _, b in there], 1)


def _drop_missing(
    products: Sequence[Product | None], weights: Sequence[float]
) -> list[tuple[Product, float]]:
    return [
        (product, weight)
        for product, weight in zip(products, weights, strict=True)
        if product is not None
    ]


def delta_weights(products: Sequence[Product | None]) -> list[torch.Tensor]:
    """The changes themselves, (out, in); zeros where an adapter leaves the layer alone. One of them
    does not."""
    found = [None if product is None else product[1] @ product[0] for product in products]
    nothing = torch.zeros_like(next(change for change in found if change is not None))
    return [nothing if change is None else change for change in found]


def ties(changes: Sequence[torch.Tensor], weights: Sequence[float], density: float) -> torch.Tensor:
    """Trim, elect signs, take the mean of those that agree; all of one shape."""
    from peft.utils.merge_utils import (
        calculate_majority_sign_mask,
        disjoint_merge,
        magnitude_based_pruning,
    )

    trimmed = torch.stack([magnitude_based_pruning(change, density) for change in changes])
    agree = calculate_majority_sign_mask(trimmed, method="total")
    return disjoint_merge(_scale(weights, trimmed) * trimmed, agree)


def dare(
    changes: Sequence[torch.Tensor], weights: Sequence[float], density: float, draw: torch.Generator
) -> torch.Tensor:
    """Drop numbers at random, divide the others by the share that stays, add up."""
    stacked = torch.stack(list(changes))
    stays = torch.bernoulli(torch.full_like(stacked, density), generator=draw)
    return (_scale(weights, stacked) * stacked * stays / density).sum(0)


def _scale(weights: Sequence[float], stacked: torch.Tensor) -> torch.Tensor:
    return torch.tensor(weights, dtype=stacked.dtype).view(-1, *[1] * (stacked.dim() - 1))


def factorise(change: torch.Tensor, rank: int) -> Product:
    """The nearest product of that rank, or of the change's own where that is smaller."""
    from assay.training.lora_init import EXACT, ROUNDS

    if min(change.shape) <= EXACT:
        u, s, vh = torch.linalg.svd(change, full_matrices=False)
    else:
        u, s, v = torch.svd_lowrank(change, min(rank, min(change.shape)), niter=ROUNDS)
        vh = v.T
    root = s[:rank].sqrt()
    return (root[:, None] * vh[:rank]).contiguous(), (u[:, :rank] * root).contiguous()


def pad_rank(product: Product, rank: int) -> Product:
    """The same change with zeros up to `rank`."""
    a, b = product
    more = rank - len(a)
    return torch.nn.functional.pad(a, (0, 0, 0, more)).contiguous(), torch.nn.functional.pad(
        b, (0, more)
    ).contiguous()


# --- files ----------------------------------------------------------------------------------------


def read_products(folder: Path) -> dict[str, Product]:
    """The LoRA adapter in PEFT's two files, by the base's names of layers.

    Raises:
        ModelError: M114, it is no LoRA adapter; M115, it is DoRA, whose change is no product.
    """
    from safetensors.torch import load_file

    config = need_pairs(folder)
    if config.get("use_dora"):
        text = (
            "dora sets lengths of"
            " the base's own rows, so its change is no product that could be added"
        )
        raise ModelError(
            Problem("M115", text, str(folder), "combine lora adapters, or merge each into its base")
        )
    sides: dict[str, dict[str, torch.Tensor]] = {}
    for name, tensor in load_file(folder / WEIGHTS).items():
        place, kind = split_tensor_name(name)
        sides.setdefault(place, {})[kind] = tensor.float()
    return {
        place: (found["lora_A"], scaling(config, place, len(found["lora_A"])) * found["lora_B"])
        for place, found in sides.items()
    }


def read_all(folders: Sequence[Path]) -> list[dict[str, Product]]:
    """Adapters of one base.

    Raises:
        ModelError: M114 and M115 as `read_products`; M115, their bases have different names.
    """
    from assay.core.store import read_json
    from assay.training.adapters.compatibility import CONFIG

    read = [read_products(folder) for folder in folders]
    bases = {
        str(read_json(folder / CONFIG).get("base_model_name_or_path") or "") for folder in folders
    } - {""}
    if len(bases) > 1:
        text = f"the adapters are of different bases: {' and '.join(sorted(bases))}"
        raise ModelError(
            Problem("M115", text, help="combine adapters that were trained on one base")
        )
    return read
