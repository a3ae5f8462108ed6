"""Keep the weights of a fitted arm in 8 or 4 bits: less disk and memory for nearly the same
answers.

What it is for   a model that must be small where it is served
Costs            seconds to make; the fit is that of the inner arm
Source           8 bits by rows: Dettmers et al. (2022), LLM.int8(), arxiv.org/abs/2208.07339; 4
                 bits: NF4, Dettmers et al. (2023), QLoRA, arxiv.org/abs/2305.14314. Weights alone;
                 what goes into a layer stays as it is
Good when        memory or disk is short; 8 bits kept the score of every model in the paper
Watch out        embeddings and the output layer stay as they are, which of a small model are much
                 of it. On a processor many questions at once take longer: weights are written out
                 for them. An inner arm with `bits` was trained beside rounded weights already; here
                 these are merged, and rounded again
Defaults from    8 bits
"""

from __future__ import annotations

from typing import Literal

from assay.core.types import Lesson
from assay.strategies.compression.compressed_arm import Shrink, Shrunk, dtype_of


class Quantise(Shrink):
    kind: Literal["quantise"] = "quantise"
    bits: Literal[8, 4] = 8
    does = "quantised"

    def fit(self, lesson: Lesson) -> Shrunk:
        from assay.strategies.compression.quantised_linear import count_weight_bytes, round_layers

        arm = self.open_inner(lesson, full=True)
        network, dtype = arm.local.network, dtype_of(arm.record)
        # The inner arm's own size is in its own type, not in the one that it was merged in.
        before = count_weight_bytes(network) * dtype.itemsize // 4
        count = round_layers(network, self.bits)
        network.to(dtype)
        arm.local.forget()
        arm.record.bits = self.bits
        sizes = f"{count_weight_bytes(network) / 1e6:,.1f} instead of {before / 1e6:,.1f} MB"
        arm.record.said.append(
            f"{count} linear layers in {self.bits} bits: all weights take {sizes}."
        )
        return arm
