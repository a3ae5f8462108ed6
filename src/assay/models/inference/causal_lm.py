"""A causal language model in memory: hidden states, logits, and what is known and kept of its
network.

What it is for   what likelihoods and answers are computed with; a chat model scores and writes with
                 it (chat_model.py)
Kept             the beginnings that prompts share, and a copy in fp32 for close scores, until a
                 weight changes
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import torch
from transformers import DynamicCache

from assay.core.types import Tell
from assay.models.inference.attention_check import keeps, lends, pads, takes_trees
from assay.models.inference.network_checks import NetworkChecks
from assay.models.inference.output_layer import output, scale_logits
from assay.models.inference.position_limit import limit_of, watch
from assay.models.inference.recent_prefixes import RecentPrefixes
from assay.models.inference.shared_prefix import Beginning
from assay.models.tokenizer.chat_tokens import Chat

# of a copy in fp32 that decides close scores: a model of a thousand million weights
EXACT_BYTES = 4 << 30


class CausalLM:
    """`network` is the transformers model, adapters injected in place.

    `soft`, when set, gives keys and values that stand before every sequence, for one row: trained
    prefixes and prompts. `checks` is what is known of how the network can be computed; without it,
    all is tried when it is first asked for.
    """

    # True: options are told from each other alone, not from all that could be written
    closed = False

    def __init__(self, name: str, network: Any, chat: Chat, checks: NetworkChecks | None = None):
        self.name = name
        self.network = network
        watch(network)
        self.chat = chat
        self.body = network.base_model
        self.head = network.get_output_embeddings()
        self.checks = checks or NetworkChecks(network, {})
        self.soft: Callable[[], DynamicCache] | None = None
        self._recent = RecentPrefixes(network)
        self._exact: CausalLM | None = None

    @property
    def device(self) -> torch.device:
        return self.head.weight.device

    @property
    def trained(self) -> int:
        """Trained keys and values before every row."""
        return self.soft().get_seq_length() if self.soft else 0

    @property
    def position_limit(self) -> float:
        """Tokens of a row without trained ones from which a model has other positions."""
        limit = limit_of(self.network)
        return limit if limit == math.inf else limit - self.trained

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """fp32 logits of hidden states (..., width), whatever the weights' type."""
        _, bias, scale, cap = output(self.network)
        values = torch.nn.functional.linear(
            hidden.float(), self._head_weight(), None if bias is None else bias.float()
        )
        return scale_logits(values, scale, cap)

    def rounded_logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """`logits`, computed in the weights' own type: a third of the time in bf16, and rounded."""
        weight, bias, scale, cap = output(self.network)
        values = torch.nn.functional.linear(hidden.to(weight.dtype), weight, bias)
        return scale_logits(values.float(), scale, cap)

    def _head_weight(self) -> torch.Tensor:
        weight = self.head.weight
        if weight.dtype == torch.float32:
            return weight
        if self._wide is None or self._wide[0] != weight._version:
            self._wide = (weight._version, weight.detach().float())
        return self._wide[1]

    _wide: tuple[int, torch.Tensor] | None = None

    def warn_cut(self, count: int, tell: Tell | None) -> None:
        """Tell that so many prompts were cut, if any were."""
        if count and tell:
            text = (
                f"questions longer than {self.chat.max_length} tokens, prompt and answer, were cut"
            )
            tell({"event": "warning", "code": "D048", "count": count, "text": text})

    @property
    def pad(self) -> int:
        """A token for places that nothing looks at."""
        return self._pad

    @property
    def _pad(self) -> int:
        return self.chat.tokenizer.pad_token_id or self.chat.tokenizer.eos_token_id

    def beginning(self, ids: Sequence[int]) -> Beginning | None:
        """Keys and values of what all prompts begin with: the soft part, then `ids`; None where
        there is neither."""
        soft = self.soft() if self.soft else None
        return (
            None if soft is None and not ids else self._recent.of(ids, soft, whole=self.takes_trees)
        )

    def _check(self) -> None:
        if not self._recent.check():
            self._exact = None

    def exact(self) -> CausalLM | None:
        """The same model with its weights in fp32, made when it is first asked for and kept while
        no weight changes.

        None where it is in fp32 already, where weights are being trained or quantised, where keys
        and values of its own stand before the sequences, and where the copy would be larger than
        EXACT_BYTES.
        """
        weights = list(self.network.parameters())
        wide = all(w.dtype in (torch.float32, torch.float64) for w in weights)
        if wide or self.soft or any(w.requires_grad or not w.is_floating_point() for w in weights):
            return None
        # while it trains, a fused layer's matrix is a buffer
        held = [t for t in (*weights, *self.network.buffers()) if t.is_floating_point()]
        if 4 * sum(t.numel() for t in held) > EXACT_BYTES:
            return None
        if self._exact is None:
            with torch.inference_mode(False):
                # `deepcopy` takes these for its copies: no narrow ones are made on the way
                wider = {id(t): widen(t) for t in held}
                network = copy.deepcopy(self.network, wider)
                self._exact = type(self)(self.name, network, self.chat)
        return self._exact

    @cached_property
    def takes_trees(self) -> bool:
        """Whether the network can be computed on token trees; tried once."""
        return self.checks.passes(takes_trees, self.network)

    @cached_property
    def lends(self) -> bool:
        """Whether rows at work can look at the keys and values of a beginning where they stand;
        tried once."""
        return self.checks.passes(lends, self.network)

    @cached_property
    def pads(self) -> bool:
        """Whether rows of different lengths can be written side by side with caches of their own;
        tried once."""
        return self.checks.passes(pads, self.network)

    @cached_property
    def keeps(self) -> bool:
        """Whether a row can be written with what a cache keeps of it; tried once."""
        return self.checks.passes(keeps, self.network)

    def forget(self) -> None:
        """Drop what is kept between calls; needed where a weight was trained in place and is not
        trained any more."""
        self._recent.forget()
        self._exact = None


def widen(tensor: torch.Tensor) -> torch.Tensor:
    """A copy in fp32 that is not trained; of a parameter a parameter."""
    wide = tensor.detach().to(torch.float32, copy=True)
    if isinstance(tensor, torch.nn.Parameter):
        return torch.nn.Parameter(wide, requires_grad=False)
    return wide
