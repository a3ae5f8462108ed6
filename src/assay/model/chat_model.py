"""A loaded chat model: counts tokens, generates, scores options, streams."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from transformers import DynamicCache

from assay.encode.chat import Chat
from assay.model.batches import Padded, by_length, common_prefix, repeated
from assay.model.forms import Forms
from assay.model.output import output, scaled
from assay.model.pen import Pen
from assay.model.score import Trie, descend
from assay.model.tree_check import takes_trees
from assay.model.writing import Desk, reach, unbounded
from assay.nouns import GREEDY, Decoding, Generated, Messages, Tell

BATCH_TOKENS = 4096  # computed tokens a batch: past this, larger batches gain nothing on a processor
NEAR = 1.0  # nats: below that the order of the other labels is of no use, and exact scores cost most of the time
ROOM = 24  # tokens a row that scoring adds to its prompt, about
LOGIT_ROWS = 512  # rows of the output layer at once: 512 x 49,152 fp32 logits are 100 MB


class ChatModel:
    """Implements `nouns.LanguageModel`. `network` is the transformers model, adapters injected in place.

    `soft`, when set, gives keys and values that stand before every sequence, for one row: trained prefixes and prompts.
    """

    can_score = True

    def __init__(self, name: str, network: Any, chat: Chat):
        self.name = name
        self.network = network
        self.chat = chat
        self.body = network.base_model
        self.head = network.get_output_embeddings()
        self.soft: Callable[[], DynamicCache] | None = None

    @property
    def device(self) -> torch.device:
        return self.head.weight.device

    def count_tokens(self, messages: Messages) -> int:
        return len(self.chat.prompt(messages)[0])

    # --- scoring ----------------------------------------------------------------------------------------------------

    @torch.inference_mode()
    def score(
        self, prompts: Sequence[Messages], options: Sequence[str], *, near: float = NEAR, tell: Tell | None = None
    ) -> np.ndarray:
        """Natural-log likelihood of each option as the whole answer, end of turn included.

        Args:
            near: options more than so many nats below the best one carry an upper bound instead, which saves most of
                the work where options are many; infinity scores all of them.

        Returns:
            float64, shape (prompts, options).
        """
        trie = Trie.of([self.chat.answer(option) for option in options])
        sequences = self._sequences(prompts, max(trie.depth) + 1, tell)
        scores = np.zeros((len(prompts), len(options)))
        if not sequences:
            return scores
        shared = common_prefix(sequences)
        prefix = self._prefix(sequences[0][:shared])
        start = prefix.get_seq_length() if self.soft and prefix else shared
        done = 0
        for batch in by_length([len(s) - shared for s in sequences], BATCH_TOKENS, extra=ROOM + start - shared):
            rows = Padded.of([sequences[i][shared:] for i in batch], start=start, pad=self._pad, device=self.device)
            scores[batch] = self._score_rows(rows, prefix, start, trie, near)
            done += len(batch)
            if tell:
                tell({"event": "progress", "done": done, "total": len(prompts), "unit": "answer"})
        return scores

    def _score_rows(self, rows: Padded, prefix: DynamicCache | None, start: int, trie: Trie, near: float) -> np.ndarray:
        """Scores of all options for the rows of one batch, (rows, options). `start` tokens are in the prefix."""
        n = rows.ids.shape[0]
        cache = repeated(prefix, n) or DynamicCache(config=self.network.config)
        real = torch.cat([rows.real.new_ones(n, start), rows.real], 1)
        last = rows.depth[:, -1:]
        first = self.body(
            input_ids=rows.ids,
            position_ids=rows.depth,
            attention_mask=real.long(),
            cache=cache,
            use_cache=True,
        ).last_hidden_state[:, -1]

        def forward(ids: np.ndarray, depth: np.ndarray, sees: np.ndarray, keep: Sequence[int]) -> torch.Tensor:
            nonlocal real, last
            if len(keep) < len(real):
                index = torch.tensor(keep, device=self.device)
                cache.batch_select_indices(index)
                real, last = real[index], last[index]
            tokens = torch.from_numpy(ids).to(self.device)
            prompt = real[:, None, :].expand(-1, tokens.shape[1], -1)
            mask = torch.cat([prompt, torch.from_numpy(sees).to(self.device)], 2)
            return self.body(
                input_ids=tokens,
                position_ids=last + 1 + torch.from_numpy(depth).to(self.device),
                attention_mask=mask[:, None],
                cache=cache,
                use_cache=True,
            ).last_hidden_state

        return descend(trie, first, forward, self.logits, near=near, rows_at_once=LOGIT_ROWS)

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
        pen = self._pen(how, max_tokens)
        sequences = self._sequences(prompts, max_tokens, tell)
        lines = pen.lines(sequences)
        done = 0
        for ended in self._desk(sequences, max_tokens).write(pen, lines):
            done += len(ended)
            if tell and ended:
                tell({"event": "progress", "done": done, "total": len(prompts), "unit": "answer"})
        return [pen.generated(line) for line in lines]

    @torch.inference_mode()
    def stream(self, prompt: Messages, *, max_tokens: int, how: Decoding = GREEDY) -> Iterator[str]:
        """The answer piece by piece, as text that is complete so far; white space around it is not taken off."""
        pen = self._pen(how, max_tokens)
        sequences = self._sequences([prompt], max_tokens, None)
        lines = pen.lines(sequences)
        told = ""
        for _ in self._desk(sequences, max_tokens).write(pen, lines):
            text = pen.sure(lines[0])
            if len(text) > len(told):
                yield text[len(told) :]
                told = text

    def _pen(self, how: Decoding, limit: int) -> Pen:
        shape = None if how.form is None else self._forms.shape(how.form)
        return Pen(self.chat, how, limit, shape)

    @cached_property
    def _forms(self) -> Forms:
        return Forms(self.chat, self.head.weight.shape[0])

    @cached_property
    def _takes_trees(self) -> bool:
        return takes_trees(self.network)

    def _desk(self, sequences: Sequence[Sequence[int]], limit: int) -> Desk:
        """What rows are written on: their common beginning, computed once."""
        shared = common_prefix(sequences) if sequences else 0
        trained = self.soft().get_seq_length() if self.soft else 0
        longest = trained + max(map(len, sequences), default=0) + limit
        window, chunk = reach(self.network, "sliding_window"), reach(self.network, "attention_chunk_size")
        # Trained keys and values come in a cache that forgets what lies outside a window.
        lends = self._takes_trees and longest <= chunk and trained < window
        narrow = longest > min(window, chunk)
        prefix = self._prefix(sequences[0][:shared], whole=lends and narrow) if sequences else None
        start = prefix.get_seq_length() if self.soft and prefix else shared
        return Desk(self.network, self.logits, prefix, start, shared, self._pad, lends=lends, narrow=narrow)

    # --- parts ------------------------------------------------------------------------------------------------------

    def _sequences(self, prompts: Sequence[Messages], room: int, tell: Tell | None) -> list[list[int]]:
        """Token ids of the prompts; those that were cut to leave `room` for the answer are counted in a warning."""
        encoded = [self.chat.prompt(messages, room=room) for messages in prompts]
        count = sum(1 for _, cut in encoded if cut)
        if count and tell:
            text = f"questions longer than {self.chat.max_length} tokens, prompt and answer, were cut"
            tell({"event": "warning", "code": "D048", "count": count, "text": text})
        return [ids for ids, _ in encoded]

    @property
    def _pad(self) -> int:
        return self.chat.tokenizer.pad_token_id or self.chat.tokenizer.eos_token_id

    def _prefix(self, ids: Sequence[int], *, whole: bool = False) -> DynamicCache | None:
        """Keys and values of what all prompts begin with: the soft part, then `ids`; `whole`: also of tokens that no
        layer sees any more from there."""
        cache = self.soft() if self.soft else None
        if cache and whole:
            cache = unbounded(cache)
        if ids:
            cache = cache or (DynamicCache() if whole else DynamicCache(config=self.network.config))
            self.body(input_ids=torch.tensor([list(ids)], device=self.device), cache=cache, use_cache=True)
        return cache
