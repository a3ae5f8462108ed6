"""What was found out about a network when it was loaded, kept on disk for the next load.

What it is for   the checks of attention_check.py take about twenty small forward passes, and would
                 be repeated by every process that opens the same weights
What it promises A fact is used only for the same files, type, libraries, processor and code of the
                 checks, and only while the network is built as it was when it was loaded: one that
                 has got adapters, lost layers or changed its attention is tried anew
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from assay.core import store
from assay.models.environment import numeric_environment
from assay.models.inference.attention_check import keeps, lends, pads, takes_trees

Check = Callable[[Any, Sequence[torch.Tensor]], bool]
CHECKS: tuple[Check, ...] = (takes_trees, lends, pads, keeps)


class NetworkChecks:
    """Name of a check -> whether the network has passed it, as long as nothing is changed in how it
    is built."""

    def __init__(self, network: Any, passed: Mapping[str, bool]):
        self._built = build_of(network)
        self._passed = passed

    @classmethod
    def run(cls, network: Any, apart: Sequence[torch.Tensor]) -> NetworkChecks:
        """All checks. `apart`: what `by_themselves` gives for it."""
        return cls(network, {check.__name__: check(network, apart) for check in CHECKS})

    def passes(self, check: Check, network: Any) -> bool:
        """What is known of the check, or else what it says now."""
        if check.__name__ in self._passed and build_of(network) == self._built:
            return self._passed[check.__name__]
        return check(network, ())

    def to_json(self) -> dict[str, bool]:
        return dict(self._passed)


def build_of(network: Any) -> tuple[Any, ...]:
    """What decides how a network computes, beside its weights: its attention, and each module's
    place, class and hooks, with the types of its own weights."""
    return (
        network.config._attn_implementation,
        *(
            (
                name,
                type(module),
                len(module._forward_hooks),
                len(module._forward_pre_hooks),
                *(None if own is None else own.dtype for own in module._parameters.values()),
            )
            for name, module in network.named_modules()
        ),
    )


def note_of(folder: Path, digest: str, dtype: torch.dtype) -> Path:
    """Where in `folder` it is noted what was found out about the weights of this digest in this
    type. Other libraries, another processor and other code of the checks have other notes."""
    here = Path(__file__).parent
    files = [here.parent / "open.py", *sorted(here.glob("*.py"))]
    code = {path.name: store.file_digest(path) for path in files}
    parts = {"model": digest, "type": str(dtype), "numeric": numeric_environment(), "code": code}
    return folder / "networks" / f"{store.digest(parts)[:32]}.json"


def read_note(note: Path) -> tuple[str, dict[str, bool]] | None:
    """The attention that the network was found to compute with, and the checks that it passes; None
    where nothing is noted, or nothing that can be read."""
    try:
        noted = store.read_json(note)
        attention, passed = noted["attention"], noted["passes"]
        names = {check.__name__ for check in CHECKS}
        if (
            isinstance(attention, str)
            and set(passed) == names
            and all(isinstance(value, bool) for value in passed.values())
        ):
            return attention, passed
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None
