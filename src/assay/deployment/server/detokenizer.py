"""What a client hears of an answer while it is written: text that no later token changes, and its
tokens' likelihoods.

Text     Characters may lie over several tokens, and a stop text over several pieces. What may still
         become one of the two is held back, and so is white space at the ends where the whole
         answer is given without it. All pieces together are what `ChatModel.generate` gives.
How      Only the last tokens are decoded again, together with those before them, because a token's
         text may depend on its neighbour (as in vLLM's detokenizer).
Logs     Natural-log shares of the whole vocabulary, before temperature, share and form: those of a
         plain forward pass.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from assay.core.types import Decoding
from assay.deployment.server.engine_api import Told
from assay.models.inference.constrained_decoding import CompiledForm
from assay.models.inference.sampler import HALF, PartialAnswer, Pen
from assay.models.tokenizer.chat_tokens import Chat


class Teller(Pen):
    """A pen for one line that notes each token. `top`: likeliest tokens told at each place; None:
    nothing is noted."""

    def __init__(
        self, chat: Chat, how: Decoding, limit: int, shape: CompiledForm | None, top: int | None
    ):
        super().__init__(chat, how, limit, shape)
        self.top = top
        self.told: list[Told] = []  # and not yet said

    def write(self, lines: Sequence[PartialAnswer], logits: torch.Tensor) -> None:
        (line,) = lines
        count = len(line.tokens)
        super().write(lines, logits)
        if self.top is not None and len(line.tokens) > count:
            self.told += tellings(self.chat, logits, line.tokens[-1:], self.top)


def tellings(chat: Chat, logits: torch.Tensor, tokens: Sequence[int], top: int) -> list[Told]:
    """What to tell of tokens, from the fp32 logits (tokens, vocabulary) at their places."""
    sums = torch.logsumexp(logits, -1, keepdim=True)
    logs = (logits.gather(1, torch.tensor(tokens, device=logits.device)[:, None]) - sums)[
        :, 0
    ].tolist()
    best, which = logits.topk(top, -1) if top else (sums[:, :0], sums[:, :0].long())
    likely = [
        tuple((decode_token(chat, i), value) for i, value in zip(ids, values, strict=True))
        for ids, values in zip(which.tolist(), (best - sums).tolist(), strict=True)
    ]
    return [
        Told(t, decode_token(chat, t), log, some)
        for t, log, some in zip(tokens, logs, likely, strict=True)
    ]


def decode_token(chat: Chat, token: int) -> str:
    """A token as text; of a part of a character, that of its bytes that can be read."""
    return chat.tokenizer.decode([token], skip_special_tokens=False)


class Voice:
    """Says the text of one line piece by piece.

    Args:
        whole: white space at the ends is part of the answer.
    """

    def __init__(self, pen: Pen, line: PartialAnswer, *, whole: bool):
        self.pen = pen
        self.line = line
        self.whole = whole
        self.said = 0  # characters
        self._text = ""  # of the tokens up to `_read`
        self._from = self._read = 0

    def more(self) -> str:
        """What can be said now and was not said before."""
        text = self.pen.text(self.line) if self.line.over else self._sure()
        if not self.whole:
            text = text.strip()
        new = text[self.said :]
        self.said += len(new)
        return new

    def _sure(self) -> str:
        tokens = self.line.tokens
        before = self._decode(tokens[self._from : self._read])
        tail = self._decode(tokens[self._from :])
        if not tail.endswith(HALF):
            self._text += tail[len(before) :]
            self._from, self._read = self._read, len(tokens)
        held = (
            n
            for stop in self.pen.stop
            for n in range(1, len(stop))
            if self._text.endswith(stop[:n])
        )
        return self._text[: len(self._text) - max(held, default=0)]

    def _decode(self, tokens: Sequence[int]) -> str:
        return self.pen.chat.tokenizer.decode(list(tokens), skip_special_tokens=True)
