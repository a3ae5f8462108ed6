"""Noise on the embeddings while training.

Source: Jain et al. (2023), NEFTune: Noisy Embeddings Improve Instruction Finetuning,
arxiv.org/abs/2310.05914
"""

from __future__ import annotations

from typing import Any

import torch


def noise(
    embedded: torch.Tensor,
    alpha: float,
    lengths: torch.Tensor,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """`embedded` plus uniform noise in ±alpha / sqrt(length x width), drawn for every number alone.

    Args:
        embedded: (..., cells, width). alpha: the paper's 5, 10 or 15.
        lengths: tokens of the sequence that each cell belongs to; as many numbers as there are
            cells. Rows may hold cells of several sequences, so the row's own length says nothing.
        generator: where the noise is drawn from; torch's own when None, which a checkpoint keeps.

    Returns:
        the shape and type of `embedded`; the noise is drawn and added in fp32.
    """
    spread = alpha / (lengths.to(embedded.device, torch.float32) * embedded.shape[-1]).sqrt()
    drawn = torch.rand(embedded.shape, generator=generator, device=embedded.device).mul_(2).sub_(1)
    return (embedded.float() + drawn * spread.reshape(*embedded.shape[:-1], 1)).to(embedded.dtype)


class EmbeddingNoise:
    """A hook on the input embeddings of `network` that adds `noise` in training mode, and nothing
    in evaluation.

    Attributes:
        lengths: tokens of each cell's sequence, set before every forward pass; None: no noise, in a
            pass that must give the same result each time (a reference model's).
    """

    def __init__(self, network: Any, alpha: float, lengths: torch.Tensor | None = None):
        self.alpha = alpha
        self.lengths = lengths
        self._hook = network.get_input_embeddings().register_forward_hook(self._add)

    def _add(self, module: torch.nn.Module, inputs: Any, embedded: torch.Tensor) -> torch.Tensor:
        if not module.training or self.lengths is None:
            return embedded
        return noise(embedded, self.alpha, self.lengths)

    def remove(self) -> None:
        """Take the hook off."""
        self._hook.remove()
