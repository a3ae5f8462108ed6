"""A loaded chat model: counts tokens, generates, scores options, streams. Greedy: one question has one answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from transformers import DynamicCache

from assay.encode.chat import Chat
from assay.model.batches import Padded, by_length, common_prefix, repeated
from assay.model.output import output, scaled
from assay.model.score import Trie, descend
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
        """Answers in the order of `prompts`, each at most `max_tokens` tokens."""
        if how != GREEDY:
            raise NotImplementedError("only greedy answers so far")
        sequences = self._sequences(prompts, max_tokens, tell)
        answers: list[Generated | None] = [None] * len(prompts)
        if not sequences:
            return []
        shared = common_prefix(sequences)
        prefix = self._prefix(sequences[0][:shared])
        start = prefix.get_seq_length() if self.soft and prefix else shared
        done = 0
        for batch in by_length([len(s) - shared for s in sequences], BATCH_TOKENS, extra=max_tokens + start - shared):
            rows = Padded.of([sequences[i][shared:] for i in batch], start=start, pad=self._pad, device=self.device)
            for index, tokens in zip(batch, self._continue(rows, prefix, start, max_tokens), strict=True):
                ended = bool(tokens) and tokens[-1] == self._end
                text = self.chat.tokenizer.decode(tokens[:-1] if ended else tokens, skip_special_tokens=True)
                answers[index] = Generated(text.strip(), len(sequences[index]), len(tokens), truncated=not ended)
            done += len(batch)
            if tell:
                tell({"event": "progress", "done": done, "total": len(prompts), "unit": "answer"})
        return [answer for answer in answers if answer is not None]

    def _continue(self, rows: Padded, prefix: DynamicCache | None, start: int, limit: int) -> list[list[int]]:
        """Greedy continuations of one batch; rows that have ended leave the batch."""
        n = rows.ids.shape[0]
        out: list[list[int]] = [[] for _ in range(n)]
        alive = list(range(n))
        cache = repeated(prefix, n) or DynamicCache(config=self.network.config)
        ones = torch.ones(n, start, dtype=torch.bool, device=self.device)
        real, ids, positions = torch.cat([ones, rows.real], 1), rows.ids, rows.depth
        for _ in range(limit):
            hidden = self.body(
                input_ids=ids,
                position_ids=positions,
                attention_mask=real.long(),
                cache=cache,
                use_cache=True,
            ).last_hidden_state[:, -1]
            chosen = self.logits(hidden).argmax(-1)
            tokens = chosen.tolist()
            for row, token in zip(alive, tokens, strict=True):
                out[row].append(token)
            keep = [i for i, token in enumerate(tokens) if token != self._end]
            if not keep:
                break
            if len(keep) < len(tokens):
                index = torch.tensor(keep, device=self.device)
                cache.batch_select_indices(index)
                real, positions, chosen = real[index], positions[index], chosen[index]
                alive = [alive[i] for i in keep]
            ids, positions = chosen[:, None], positions[:, -1:] + 1
            real = torch.cat([real, real.new_ones(len(alive), 1)], 1)
        return out

    @torch.inference_mode()
    def stream(self, prompt: Messages, *, max_tokens: int) -> Iterator[str]:
        """The greedy answer piece by piece, as text that is complete so far."""
        ids, _ = self.chat.prompt(prompt, room=max_tokens)
        cache = self._prefix(()) or DynamicCache(config=self.network.config)
        step = torch.tensor([ids], device=self.device)
        tokens: list[int] = []
        told = text = ""
        for _ in range(max_tokens):
            hidden = self.body(input_ids=step, cache=cache, use_cache=True).last_hidden_state[:, -1]
            token = int(self.logits(hidden).argmax(-1))
            if token == self._end:
                break
            tokens.append(token)
            text = self.chat.tokenizer.decode(tokens, skip_special_tokens=True)
            if not text.endswith("\ufffd"):  # half a character: wait for the rest
                yield text[len(told) :]
                told = text
            step = torch.tensor([[token]], device=self.device)
        if text != told:  # the rest never came
            yield text[len(told) :]

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

    @property
    def _end(self) -> int:
        return self.chat.end[-1]

    def _prefix(self, ids: Sequence[int]) -> DynamicCache | None:
        """Keys and values of what all prompts begin with: the soft part, then `ids`."""
        cache = self.soft() if self.soft else None
        if ids:
            cache = cache or DynamicCache(config=self.network.config)
            self.body(input_ids=torch.tensor([list(ids)], device=self.device), cache=cache, use_cache=True)
        return cache
