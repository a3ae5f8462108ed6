"""A loaded chat model: counts tokens, generates, scores options, streams."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from functools import cached_property

import numpy as np
import torch

from assay.core.types import GREEDY, Decoding, Generated, Messages, Tell
from assay.models.inference.batch_generation import BatchWriter, TwoSidedWriter, reach
from assay.models.inference.batch_plan import common_prefix
from assay.models.inference.causal_lm import CausalLM
from assay.models.inference.constrained_decoding import CompiledForm, Forms
from assay.models.inference.light_lora import light_lora
from assay.models.inference.option_batches import likelihoods
from assay.models.inference.sampler import PartialAnswer, Pen, WrittenTokens

# of the options' whole share: what may be left moves no share by more, and is most of the work
LEFT = 1e-6


class ChatModel(CausalLM):
    """Implements `core.types.LanguageModel`."""

    can_score = True

    def count_tokens(self, messages: Messages) -> int:
        return len(self.chat.prompt(messages)[0])

    # --- scoring ----------------------------------------------------------------------------------

    @torch.inference_mode()
    def score(
        self,
        prompts: Sequence[Messages],
        options: Sequence[str],
        *,
        left: float = LEFT,
        rounded: bool = False,
        follow: Sequence[int | None] | None = None,
        tell: Tell | None = None,
    ) -> np.ndarray:
        """Natural-log likelihood of each option as the whole answer, end of turn included.

        Args:
            left: hopeless options, which together have at most this share of all, carry an upper
                bound instead: no option's share moves by more, and a model that is sure takes a
                part of the time. The two best are always exact. 0 scores all, for what raises small
                shares: a calibration, a product over questions.
            rounded: the weights' own type may choose between close options, which are scored again
                in fp32 otherwise; and with `left` 1 only the best is exact. For a look at val while
                training goes on.
            follow: of each prompt the number of an option that is exact whatever it is worth, or
                None.

        Returns:
            float64, shape (prompts, options).
        """
        self._check()
        return likelihoods(self, prompts, options, left, tell, rounded=rounded, follow=follow)

    # --- generation -------------------------------------------------------------------------------

    @torch.inference_mode()
    def generate(
        self,
        prompts: Sequence[Messages],
        *,
        max_tokens: int,
        how: Decoding = GREEDY,
        tell: Tell | None = None,
    ) -> list[Generated]:
        """Answers in the order of `prompts`, each at most `max_tokens` tokens.

        Raises:
            ModelError: M056 to M059 and M061, the form cannot be used.
        """
        pen, lines = self._write(prompts, max_tokens, how, tell)
        return [pen.to_generated(line) for line in lines]

    @torch.inference_mode()
    def sample(
        self,
        prompts: Sequence[Messages],
        *,
        max_tokens: int,
        how: Decoding,
        tell: Tell | None = None,
    ) -> list[WrittenTokens]:
        """As `generate`, with the very tokens that were read and written: a text may be encoded
        otherwise than it was written. It is for answers that are drawn in numbers and computed once
        more where their likelihoods count: logits and adapters are rounded to the network's own
        type."""
        with light_lora(self.network):
            pen, lines = self._write(prompts, max_tokens, how, tell, self.rounded_logits)
        return [WrittenTokens(line.ids, line.tokens, pen.to_generated(line)) for line in lines]

    @torch.inference_mode()
    def sample_turns(
        self, messages: Messages, count: int, *, max_tokens: int, how: Decoding
    ) -> list[str]:
        """Turns of a user that the model itself writes after `messages`; of `count` those that come
        to their end within `max_tokens`."""
        pen = self.pen(how, max_tokens)
        sequences = [self.chat.before_user(messages)] * count
        lines = pen.lines(sequences)
        for _ in self.desk(sequences, max_tokens).write(pen, lines):
            pass
        return [pen.text(line).strip() for line in lines if line.ended]

    def _write(
        self,
        prompts: Sequence[Messages],
        max_tokens: int,
        how: Decoding,
        tell: Tell | None,
        logits: Callable[[torch.Tensor], torch.Tensor] | None = None,
    ) -> tuple[Pen, list[PartialAnswer]]:
        pen = self.pen(how, max_tokens)
        sequences = self._sequences(prompts, max_tokens, tell)
        lines = pen.lines(sequences)
        desk = self.desk(sequences, max_tokens)
        desk.logits = logits or desk.logits
        done = 0
        for ended in desk.write(pen, lines):
            done += len(ended)
            if tell and ended:
                tell({"event": "progress", "done": done, "total": len(prompts), "unit": "answer"})
        return pen, lines

    @torch.inference_mode()
    def stream(
        self, prompt: Messages, *, max_tokens: int, how: Decoding = GREEDY
    ) -> Generator[str, None, Generated]:
        """The answer piece by piece, as text that is complete so far; white space around it is not
        taken off. The generator's value is the finished answer."""
        pen = self.pen(how, max_tokens)
        sequences = self._sequences([prompt], max_tokens, None)
        lines = pen.lines(sequences)
        told = ""
        for _ in self.desk(sequences, max_tokens).write(pen, lines):
            text = pen.sure(lines[0])
            if len(text) > len(told):
                yield text[len(told) :]
                told = text
        return pen.to_generated(lines[0])

    def pen(self, how: Decoding, limit: int) -> Pen:
        """What writes answers of at most `limit` tokens."""
        return Pen(self.chat, how, limit, self.shape(how))

    def shape(self, how: Decoding) -> CompiledForm | None:
        """The form of answers, made ready for this model.

        Raises:
            ModelError: M056 to M059 and M061, the form cannot be used.
        """
        return None if how.form is None else self._forms.shape(how.form)

    @cached_property
    def _forms(self) -> Forms:
        return Forms(self.chat, self.head.weight.shape[0])

    def desk(self, sequences: Sequence[Sequence[int]], limit: int) -> BatchWriter | TwoSidedWriter:
        """What rows are written on: their common beginning, computed once."""
        most = self.position_limit
        if max(map(len, sequences), default=0) + limit <= most:
            return self._side(sequences, limit)
        return TwoSidedWriter(lambda ids, side: self._side(ids, limit, side), most)

    def _side(
        self, sequences: Sequence[Sequence[int]], limit: int, most: float = math.inf
    ) -> BatchWriter:
        """For rows on one side of the model's position limit; `most`: see `BatchWriter`."""
        # What a model keeps that is computed on plain rows alone may be of a kind that cannot be
        # copied for each row.
        shared = common_prefix(sequences) if sequences and self.takes_trees else 0
        trained = self.trained
        longest = trained + max(map(len, sequences), default=0) + limit
        window, chunk = (
            reach(self.network, "sliding_window"),
            reach(self.network, "attention_chunk_size"),
        )
        narrow = longest > min(window, chunk) or not self.pads
        self._check()
        beginning = self.beginning(sequences[0][:shared]) if sequences else None
        prefix = beginning.cache if beginning else None
        lends = self.takes_rows(longest, trained, cached=prefix is not None)
        start = prefix.get_seq_length() if self.soft and prefix else shared
        return BatchWriter(
            self.network,
            self.logits,
            prefix,
            start,
            shared,
            self._pad,
            lends=lends,
            narrow=narrow,
            keeps=lends or self.pads or self.keeps,
            most=most,
        )

    def takes_rows(self, longest: int, trained: int, *, cached: bool) -> bool:
        """Whether rows can be computed side by side in one line.

        Args:
            longest: tokens of a row. trained: keys and values before all rows that have no token.
            cached: rows read a beginning that lies in a cache.
        """
        # Trained keys and values come in a cache that forgets what lies outside a window.
        wide = longest <= reach(self.network, "attention_chunk_size")
        wide = wide and trained < reach(self.network, "sliding_window")
        return self.takes_trees and wide and (not cached or self.lends)

    def _sequences(
        self, prompts: Sequence[Messages], room: int, tell: Tell | None
    ) -> list[list[int]]:
        """Token ids of the prompts; those that were cut to leave `room` for the answer are counted
        in a warning."""
        encoded = [self.chat.prompt(messages, room=room) for messages in prompts]
        self.warn_cut(sum(1 for _, cut in encoded if cut), tell)
        return [ids for ids, _ in encoded]
