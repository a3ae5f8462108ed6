"""A loaded chat model: counts tokens, generates, scores options, streams."""

from __future__ import annotations

import copy
from collections.abc import Callable, Generator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from transformers import DynamicCache

from assay.encode.chat import Chat
from assay.model.attention_check import keeps, lends, pads, takes_trees
from assay.model.batches import common_prefix
from assay.model.beginning import Beginning
from assay.model.forms import Forms, Shape
from assay.model.output import output, scaled
from assay.model.pen import Pen
from assay.model.prefix_cache import Beginnings
from assay.model.scoring import likelihoods
from assay.model.writing import Desk, reach
from assay.nouns import GREEDY, Decoding, Generated, Messages, Tell

EXACT_BYTES = 4 << 30  # of a copy in fp32 that decides close scores: a model of a thousand million weights
LEFT = 1e-6  # of the options' whole share: what may be left moves no share by more, and is most of the work


class ChatModel:
    """Implements `nouns.LanguageModel`. `network` is the transformers model, adapters injected in place.

    `soft`, when set, gives keys and values that stand before every sequence, for one row: trained prefixes and prompts.
    """

    can_score = True
    closed = False  # True: options are told from each other alone, not from all that could be written

    def __init__(self, name: str, network: Any, chat: Chat):
        self.name = name
        self.network = network
        self.chat = chat
        self.body = network.base_model
        self.head = network.get_output_embeddings()
        self.soft: Callable[[], DynamicCache] | None = None
        self._beginnings = Beginnings(network)
        self._exact: ChatModel | None = None

    @property
    def device(self) -> torch.device:
        return self.head.weight.device

    def count_tokens(self, messages: Messages) -> int:
        return len(self.chat.prompt(messages)[0])

    # --- scoring ----------------------------------------------------------------------------------------------------

    @torch.inference_mode()
    def score(
        self, prompts: Sequence[Messages], options: Sequence[str], *, left: float = LEFT, tell: Tell | None = None
    ) -> np.ndarray:
        """Natural-log likelihood of each option as the whole answer, end of turn included.

        Args:
            left: hopeless options, which together have at most this share of all, carry an upper bound instead: no
                option's share moves by more, and a model that is sure takes a part of the time. The two best are always
                exact. 0 scores all, for what raises small shares: a calibration, a product over questions.

        Returns:
            float64, shape (prompts, options).
        """
        self._check()
        return likelihoods(self, prompts, options, left, tell)

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """fp32 logits of hidden states (..., width), whatever the weights' type."""
        _, bias, scale, cap = output(self.network)
        values = torch.nn.functional.linear(hidden.float(), self._head_weight(), None if bias is None else bias.float())
        return scaled(values, scale, cap)

    def _head_weight(self) -> torch.Tensor:
        weight = self.head.weight
        if weight.dtype == torch.float32:
            return weight
        if self._wide is None or self._wide[0] != weight._version:
            self._wide = (weight._version, weight.detach().float())
        return self._wide[1]

    _wide: tuple[int, torch.Tensor] | None = None

    # --- generation -------------------------------------------------------------------------------------------------

    @torch.inference_mode()
    def generate(
        self, prompts: Sequence[Messages], *, max_tokens: int, how: Decoding = GREEDY, tell: Tell | None = None
    ) -> list[Generated]:
        """Answers in the order of `prompts`, each at most `max_tokens` tokens.

        Raises:
            ModelError: M056 to M059 and M061, the form cannot be used.
        """
        pen = self.pen(how, max_tokens)
        sequences = self._sequences(prompts, max_tokens, tell)
        lines = pen.lines(sequences)
        done = 0
        for ended in self.desk(sequences, max_tokens).write(pen, lines):
            done += len(ended)
            if tell and ended:
                tell({"event": "progress", "done": done, "total": len(prompts), "unit": "answer"})
        return [pen.generated(line) for line in lines]

    @torch.inference_mode()
    def stream(self, prompt: Messages, *, max_tokens: int, how: Decoding = GREEDY) -> Generator[str, None, Generated]:
        """The answer piece by piece, as text that is complete so far; white space around it is not taken off. The
        generator's value is the finished answer."""
        pen = self.pen(how, max_tokens)
        sequences = self._sequences([prompt], max_tokens, None)
        lines = pen.lines(sequences)
        told = ""
        for _ in self.desk(sequences, max_tokens).write(pen, lines):
            text = pen.sure(lines[0])
            if len(text) > len(told):
                yield text[len(told) :]
                told = text
        return pen.generated(lines[0])

    def pen(self, how: Decoding, limit: int) -> Pen:
        """What writes answers of at most `limit` tokens."""
        return Pen(self.chat, how, limit, self.shape(how))

    def shape(self, how: Decoding) -> Shape | None:
        """The form of answers, made ready for this model.

        Raises:
            ModelError: M056 to M059 and M061, the form cannot be used.
        """
        return None if how.form is None else self._forms.shape(how.form)

    @cached_property
    def _forms(self) -> Forms:
        return Forms(self.chat, self.head.weight.shape[0])

    def desk(self, sequences: Sequence[Sequence[int]], limit: int) -> Desk:
        """What rows are written on: their common beginning, computed once."""
        # What a model keeps that is computed on plain rows alone may be of a kind that cannot be copied for each row.
        shared = common_prefix(sequences) if sequences and self.takes_trees else 0
        trained = self.soft().get_seq_length() if self.soft else 0
        longest = trained + max(map(len, sequences), default=0) + limit
        window, chunk = reach(self.network, "sliding_window"), reach(self.network, "attention_chunk_size")
        # Trained keys and values come in a cache that forgets what lies outside a window.
        lends = self.takes_trees and longest <= chunk and trained < window
        narrow = longest > min(window, chunk) or not self.pads
        self._check()
        beginning = self.beginning(sequences[0][:shared]) if sequences else None
        prefix = beginning.cache if beginning else None
        lends = lends and (prefix is None or self.lends)
        start = prefix.get_seq_length() if self.soft and prefix else shared
        return Desk(
            self.network,
            self.logits,
            prefix,
            start,
            shared,
            self._pad,
            lends=lends,
            narrow=narrow,
            keeps=lends or self.pads or self.keeps,
        )

    @cached_property
    def keeps(self) -> bool:
        """Whether a row can be written with what a cache keeps of it; tried once."""
        return keeps(self.network)

    # --- parts ------------------------------------------------------------------------------------------------------

    def _sequences(self, prompts: Sequence[Messages], room: int, tell: Tell | None) -> list[list[int]]:
        """Token ids of the prompts; those that were cut to leave `room` for the answer are counted in a warning."""
        encoded = [self.chat.prompt(messages, room=room) for messages in prompts]
        self.warn_cut(sum(1 for _, cut in encoded if cut), tell)
        return [ids for ids, _ in encoded]

    def warn_cut(self, count: int, tell: Tell | None) -> None:
        """Tell that so many prompts were cut, if any were."""
        if count and tell:
            text = f"questions longer than {self.chat.max_length} tokens, prompt and answer, were cut"
            tell({"event": "warning", "code": "D048", "count": count, "text": text})

    @property
    def pad(self) -> int:
        """A token for places that nothing looks at."""
        return self._pad

    @property
    def _pad(self) -> int:
        return self.chat.tokenizer.pad_token_id or self.chat.tokenizer.eos_token_id

    def beginning(self, ids: Sequence[int]) -> Beginning | None:
        """Keys and values of what all prompts begin with: the soft part, then `ids`; None where there is neither."""
        soft = self.soft() if self.soft else None
        return None if soft is None and not ids else self._beginnings.of(ids, soft, whole=self.takes_trees)

    def _check(self) -> None:
        if not self._beginnings.check():
            self._exact = None

    def exact(self) -> ChatModel | None:
        """The same model with its weights in fp32, made when it is first asked for and kept while no weight changes.

        None where it is in fp32 already, where weights are being trained or quantised, where keys and values of its own
        stand before the sequences, and where the copy would be larger than EXACT_BYTES.
        """
        weights = list(self.network.parameters())
        wide = all(w.dtype in (torch.float32, torch.float64) for w in weights)
        if wide or self.soft or any(w.requires_grad or not w.is_floating_point() for w in weights):
            return None
        if 4 * sum(w.numel() for w in weights) > EXACT_BYTES:
            return None
        if self._exact is None:
            with torch.inference_mode(False):
                self._exact = type(self)(self.name, copy.deepcopy(self.network).float(), self.chat)
        return self._exact

    @cached_property
    def takes_trees(self) -> bool:
        """Whether the network can be computed on token trees; tried once."""
        return takes_trees(self.network)

    @cached_property
    def lends(self) -> bool:
        """Whether rows at work can look at the keys and values of a beginning where they stand; tried once."""
        return lends(self.network)

    @cached_property
    def pads(self) -> bool:
        """Whether rows of different lengths can be written side by side with caches of their own; tried once."""
        return pads(self.network)

    def forget(self) -> None:
        """Drop what is kept between calls; needed where a weight was trained in place and is not trained any more."""
        self._beginnings.forget()
        self._exact = None
