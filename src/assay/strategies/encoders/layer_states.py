"""What the frozen lower layers of a sentence encoder compute of each text: in memory, computed
once.

What it is for   from the first step on only the layers that are trained run, in training and in the
                 looks at val
How              modules that give the kept states stand in place of the frozen layers while a batch
                 is read, if all of its texts are kept; other texts go through the whole encoder.
                 What is kept was computed without dropout
Costs            4 x width bytes a token: 150 MB for 100,000 tokens at width 384. Of more than
                 `ROOM`, nothing is kept
Exactness        texts are read once in a fixed order, so a run that is continued has the same bits
See also         assay/training/frozen_layer_cache.py, which does it for a language model whose
                 texts share beginnings, on the disk
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from assay.models.inference.batch_plan import by_length
from assay.training.decoder_layers import first_trained, has_layers, stack
from assay.training.frozen_layer_cache import LayerStandIn

if TYPE_CHECKING:
    from assay.models.embeddings import Embedder

ROOM = 256 << 20  # bytes
BATCH_TOKENS = 2048  # read at once

Ids = Sequence[Sequence[int]]


class EncoderTrunk:
    """States that leave the last frozen layer of `embed`'s network; nothing where all layers are
    trained.

    with EncoderTrunk(embed, texts):
        ...  # `embed` reads these texts, and all others as before
    """

    def __init__(self, embed: Embedder, texts: Ids, room: int = ROOM):
        """
        Args:
            texts: ids of all that is read again and again. room: bytes that may be kept.
        """
        self._embed = embed
        names = [name for name, weight in embed.network.named_parameters() if weight.requires_grad]
        self._first = first_trained(embed.network, names) if has_layers(embed.network) else 0
        # how much a layer of this kind gives beside its states; None: no tuple
        self._beside: int | None = None
        self._kept: dict[tuple[int, ...], torch.Tensor] = {}
        distinct = sorted({tuple(ids) for ids in texts}, key=lambda ids: (len(ids), ids))
        if self._first and 4 * embed.network.config.hidden_size * sum(map(len, distinct)) <= room:
            self._fill(distinct)

    def __enter__(self) -> None:
        self._before, self._embed.below = self._embed.below, self._below

    def __exit__(self, *_: object) -> None:
        self._embed.below = self._before

    @contextmanager
    def _below(self, texts: Ids) -> Generator[None]:
        """While it is open, the network reads `texts`, in this order, from their kept states."""
        states = [self._kept[key] for key in map(tuple, texts) if key in self._kept]
        if len(states) < len(texts):
            yield
            return
        padded = torch.nn.utils.rnn.pad_sequence(states, batch_first=True).to(
            self._embed.network.device
        )
        given = padded if self._beside is None else (padded, *[None] * self._beside)
        with self._in_place(lambda hidden: given):
            yield

    @torch.no_grad()
    def _fill(self, distinct: list[tuple[int, ...]]) -> None:
        network = self._embed.network
        _, layers = stack(network)
        seen: list[torch.Tensor] = []

        def note(module: torch.nn.Module, inputs: Any, output: Any) -> None:
            self._beside = len(output) - 1 if isinstance(output, tuple) else None
            seen.append(output[0] if isinstance(output, tuple) else output)

        training = network.training
        network.eval()
        hook = layers[self._first - 1].register_forward_hook(note)
        try:
            for batch in by_length([len(ids) for ids in distinct], BATCH_TOKENS):
                seen.clear()
                self._embed.embed_ids([distinct[i] for i in batch])
                for i, states in zip(batch, seen[0], strict=True):
                    self._kept[distinct[i]] = states[: len(distinct[i])].float().cpu().clone()
        finally:
            hook.remove()
            network.train(training)

    @contextmanager
    def _in_place(self, give: Callable[[torch.Tensor], Any]) -> Generator[None]:
        _, layers = stack(self._embed.network)
        frozen = [*layers[: self._first]]
        try:
            for place, layer in enumerate(frozen):
                layers[place] = LayerStandIn(give, layer)
            yield
        finally:
            for place, layer in enumerate(frozen):
                layers[place] = layer
