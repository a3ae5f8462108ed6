"""A frozen trunk: what the layers below the lowest trained one compute is kept, and never computed
twice.

What it is for   training the top layers, a head or the last LoRA layers: from the second epoch on
                 only these run
How              before training one pass over all sequences, each shared beginning once, writes the
                 states that leave the last frozen layer to a file in the run's own folder; in
                 training, modules that give these states stand in place of the frozen layers, and
                 the layers are back for evaluation
Costs            width x bytes a number for each unique token of the data: 1,152 bytes a token at
                 width 576 in bf16
Exactness        the pass has a fixed order and fixed groups, so a run that is continued reads the
                 same bits. Against the whole network in a batch of another shape there is rounding:
                 1e-6 of a gradient in fp32
Watch out        not with noise on the embeddings or with soft prompts: what the frozen layers
                 compute then changes. Dropout in frozen layers is off
"""

from __future__ import annotations

import hashlib
import mmap
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from assay.core.store import digest, file_digest, growing, read_json, write_json
from assay.core.types import Tell
from assay.models.tokenizer.chat_tokens import Encoded
from assay.models.tokenizer.token_tree import common
from assay.training.batch import TrainingBatch
from assay.training.decoder_layers import first_trained, stack

LIMIT = 8 << 30  # bytes that a trunk may take on the disk
SPARE = 0.25  # share of the free disk that it may take
GROUP = 4096  # computed tokens of the first pass in memory at once


class Trunk:
    """What the layers below `first` compute for each sequence.

    Use `Trunk.of`, then `fill` once; then, for every batch of a step:

        with trunk:
            trunk.prepare(batch)
            objective(network, batch).value.backward()
    """

    def __init__(
        self,
        network: Any,
        first: int,
        sequences: Sequence[Encoded],
        folder: Path,
        *,
        pad: int,
        tree: bool = True,
        group: int = GROUP,
    ):
        """
        Args:
            first: see `first_trained`. sequences: those that `Batch.rows` number.
            folder: this process's own; the run's working folder, say.
            pad, tree: as `Batch.of` takes them, for the first pass. group: tokens computed at once
                there; the bits depend on it.
        """
        _, self._layers = stack(network)
        self._network, self._first, self._sequences = network, first, sequences
        self._pad, self._tree, self._folder = pad, tree, folder
        self._out: dict[int, torch.nn.Module] = {}  # layers that something stands in for
        every = first < len(self._layers)
        self._groups, self._starts, self._slots = _slots(
            sequences, group, tree=tree, all_cells=every
        )
        self._count = int(self._slots.max()) + 1
        self._map: mmap.mmap | None = None
        self._kept: np.ndarray | None = None
        self._states: torch.Tensor | None = None
        self._tuple = False  # whether this kind of layer gives its states in a tuple
        short = Encoded(sequences[0].ids[:2], ())
        seen = self._below(
            TrainingBatch.of([short], [0], pad=pad, device=network.device, tree=tree)
        )
        self._type, self._row = seen.dtype, seen.dtype.itemsize * seen.shape[-1]

    @classmethod
    def of(
        cls,
        network: Any,
        names: Iterable[str],
        sequences: Sequence[Encoded],
        folder: Path,
        *,
        pad: int,
        tree: bool,
        tell: Tell,
        limit: int = LIMIT,
    ) -> Trunk | None:
        """A filled trunk for training the parameters `names`; None where none is possible or the
        disk is too small."""
        first = first_trained(network, names)
        if not first:
            return None
        trunk = cls(network, first, sequences, folder, pad=pad, tree=tree)
        folder.mkdir(parents=True, exist_ok=True)
        room = min(limit, int(shutil.disk_usage(folder).free * SPARE))
        if trunk.bytes > room:
            text = (
                f"what the {first} frozen layers compute would take {trunk.bytes / 1e9:.1f} GB,"
                " more than the"
            )
            tell(
                {
                    "event": "note",
                    "text": f"{text} {room / 1e9:.1f} GB it may: it is"
                    " computed again in every epoch",
                }
            )
            return None
        trunk.fill(tell)
        return trunk

    @property
    def bytes(self) -> int:
        """Size of the file."""
        return self._count * self._row

    # --- the first pass ---------------------------------------------------------------------------

    def fill(self, tell: Tell) -> None:
        """Compute all states, or find them where an earlier process of this run has left them
        whole."""
        mark, data = self._folder / "trunk.json", self._folder / "trunk.part"
        ids = np.concatenate([np.asarray(sequence.ids) for sequence in self._sequences])
        rows = digest(ids.tobytes() + self._slots.tobytes())
        note = {"first": self._first, "type": str(self._type), "bytes": self.bytes, "rows": rows}
        if not _whole(mark, data, note):
            data.unlink(missing_ok=True)
            training = self._network.training
            self._network.eval()
            try:
                sha256 = self._compute(data, tell)
            finally:
                self._network.train(training)
            write_json(mark, {**note, "sha256": sha256})
        with data.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._kept = np.frombuffer(self._map, dtype=np.uint8).reshape(self._count, self._row)

    @torch.no_grad()
    def _compute(self, data: Path, tell: Tell) -> str:
        sha256, written, done = hashlib.sha256(), 0, 0
        with growing(data) as write:
            for rows in self._groups:
                batch = TrainingBatch.of(
                    [self._sequences[row] for row in rows],
                    rows,
                    pad=self._pad,
                    device=self._network.device,
                    tree=self._tree,
                )
                states = self._below(batch)
                slots = self._of(batch)
                # Each slot once, in order: a group brings the slots that follow those of the groups
                # before it.
                new, cells = np.unique(slots, return_index=True)
                cells = cells[new >= written]
                written += len(cells)
                chunk = states[torch.from_numpy(cells).to(states.device)].cpu().contiguous()
                part = chunk.view(torch.uint8).numpy().tobytes()
                sha256.update(part)
                write(part)
                done += len(rows)
                tell(
                    {
                        "event": "progress",
                        "done": done,
                        "total": len(self._sequences),
                        "unit": "row",
                    }
                )
        return sha256.hexdigest()

    @torch.no_grad()
    def _below(self, batch: TrainingBatch) -> torch.Tensor:
        """What leaves the last frozen layer, (cells, width); the layers above it do not run."""
        left: list[torch.Tensor] = []

        def note(module: torch.nn.Module, inputs: Any, output: Any) -> None:
            self._tuple = isinstance(output, tuple)
            left.append(output[0] if self._tuple else output)

        hook = self._layers[self._first - 1].register_forward_hook(note)
        try:
            self._stand(range(self._first, len(self._layers)), lambda hidden: hidden)
            batch.states(self._network)
        finally:
            hook.remove()
            self._restore()
        return left[0].flatten(0, -2)

    # --- in training ------------------------------------------------------------------------------

    def prepare(self, batch: TrainingBatch) -> None:
        """Fetch what the next forward pass, of this batch, needs."""
        if self._kept is None or self._map is None:
            raise RuntimeError("fill the trunk first")
        slots = self._of(batch)
        there = np.flatnonzero(slots >= 0)
        # cells that nothing reads stay zero
        rows = np.zeros((len(slots), self._row), dtype=np.uint8)
        rows[there] = self._kept[slots[there]]
        # What was read stays with the system, which may take it back: it is not this process's
        # memory.
        self._map.madvise(mmap.MADV_DONTNEED)
        self._states = torch.from_numpy(rows).view(self._type).to(self._network.device)

    def __enter__(self) -> Trunk:
        self._stand(range(self._first), self._replay_states)
        return self

    def __exit__(self, *_: object) -> None:
        self._restore()
        self._states = None

    def _replay_states(self, hidden: torch.Tensor) -> torch.Tensor:
        if self._states is None or self._states.numel() != hidden.numel():
            raise RuntimeError("prepare the trunk for this batch first")
        return self._states.view(hidden.shape)

    def _stand(self, places: Iterable[int], give: Callable[[torch.Tensor], torch.Tensor]) -> None:
        for place in places:
            self._out[place] = self._layers[place]
            self._layers[place] = LayerStandIn(
                lambda hidden: (give(hidden),) if self._tuple else give(hidden)
            )

    def _restore(self) -> None:
        while self._out:
            place, layer = self._out.popitem()
            self._layers[place] = layer

    def _of(self, batch: TrainingBatch) -> np.ndarray:
        """The slot of each cell of a batch, -1 where none is kept."""
        origin = batch.origin.cpu().numpy()
        rows = np.asarray(batch.rows)[origin[:, 0]]
        return self._slots[self._starts[rows] + origin[:, 1]]


class LayerStandIn(torch.nn.Module):
    """In the place of a layer: gives what it is told to give. Some networks ask a layer of its kind
    of attention before they call it: what a stand-in does not have, `layer` has."""

    def __init__(self, give: Callable[[torch.Tensor], Any], layer: torch.nn.Module | None = None):
        super().__init__()
        self._give = give
        self.__dict__["_layer"] = layer  # no module of this one, whose weights would be listed

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            if (layer := self.__dict__.get("_layer")) is None:
                raise
            return getattr(layer, name)

    def forward(self, hidden: torch.Tensor, *rest: Any, **named: Any) -> Any:
        return self._give(hidden)


def _whole(mark: Path, data: Path, note: dict[str, Any]) -> bool:
    """Whether `data` is what `mark` says it is, for these rows and layers."""
    try:
        return read_json(mark) == {**note, "sha256": file_digest(data)}
    except (OSError, ValueError):
        return False


def _slots(
    sequences: Sequence[Encoded], budget: int, *, tree: bool, all_cells: bool
) -> tuple[list[list[int]], np.ndarray, np.ndarray]:
    """Where each token's state lies in the file.

    Sequences are sorted and equal beginnings share their slots, in the manner of `encode.tree`.

    Args:
        budget: computed tokens of a group, as a tree or as padded rows, unless one sequence alone
            has more.
        all_cells: False: only the states that something reads: before learnt tokens, and at the end
            of each sequence.

    Returns:
        groups of neighbours in sorted order; for each sequence the place of its first token in the
        flat list of slots; that list, int64, -1 for what is not kept.
    """
    lengths = np.array([len(sequence.ids) for sequence in sequences])
    starts = np.concatenate([[0], np.cumsum(lengths)])
    nodes = np.zeros(starts[-1], dtype=np.int64)
    groups: list[list[int]] = []
    last = above = np.zeros(0, dtype=np.int64)
    count = used = width = 0
    for row in sorted(range(len(sequences)), key=lambda row: (sequences[row].ids, row)):
        new = np.asarray(sequences[row].ids, dtype=np.int64)
        shared = common(last, new)
        width = max(width, len(new))
        if (
            not groups
            or (used + len(new) - shared if tree else (len(groups[-1]) + 1) * width) > budget
        ):
            groups.append([])
            used, width = shared, len(new)
        groups[-1].append(row)
        used += len(new) - shared
        above, last = (
            np.concatenate([above[:shared], np.arange(count, count + len(new) - shared)]),
            new,
        )
        nodes[starts[row] : starts[row + 1]] = above
        count += len(new) - shared
    if all_cells:
        return groups, starts[:-1], nodes
    read = [
        starts[r] + place
        for r, s in enumerate(sequences)
        for place in (*(t - 1 for t in s.targets), len(s.ids) - 1)
    ]
    wanted = np.unique(nodes[read])
    rank = np.full(count, -1, dtype=np.int64)
    rank[wanted] = np.arange(len(wanted))
    return groups, starts[:-1], rank[nodes]
