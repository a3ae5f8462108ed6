"""What is written next: the token for each answer at work, and when an answer is over.

How   The most likely token, or one drawn by temperature and share; among those that the form
      allows. An answer is over when the model ends its turn, a stop text has come, or there is no
      room left.
Draws Each answer has a source of its own, made from the seed, its prompt and how many equal prompts
      came before it: it is the same whatever else is asked in the same call.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from assay.core.store import digest
from assay.core.types import Decoding, Generated
from assay.models.inference.constrained_decoding import CompiledForm, FormMatcher
from assay.models.tokenizer.chat_tokens import Chat

# tokens that are sorted when a share of them is asked for; all, where these do not make it up
LIKELY = 512
DRAWN = 8  # answers whose next token is drawn at once: their shares stay in a processor's cache
HALF = "\ufffd"  # what the beginning of a character is decoded to


@dataclass(eq=False)
class PartialAnswer:
    """One answer while it is written."""

    number: int  # of the prompt
    ids: list[int]  # the prompt
    draw: random.Random | None = None
    fitting: FormMatcher | None = None
    tokens: list[int] = field(default_factory=list)
    logprob: float = 0.0
    over: bool = False
    ended: bool = False  # by the model or by a stop text


@dataclass(frozen=True)
class WrittenTokens:
    """An answer with the tokens of its prompt and its own, the end of the turn among them."""

    prompt: list[int]
    tokens: list[int]
    generated: Generated


class Pen:
    """Writes token after token. `shape`: the form, made ready for this model."""

    def __init__(self, chat: Chat, how: Decoding, limit: int, shape: CompiledForm | None = None):
        self.chat = chat
        self.end = chat.end[-1]
        self.how = how
        self.limit = limit
        self.shape = shape
        self.stop = tuple(text for text in (*how.stop, *chat.stops) if text)
        # Tokens at the end that a stop text can lie in: one a byte, and some for characters that
        # began before.
        self._tail = max((len(text.encode()) for text in self.stop), default=0) + 4

    def lines(self, sequences: Sequence[Sequence[int]]) -> list[PartialAnswer]:
        """One line a prompt, in order."""
        seen: Counter[tuple[int, ...]] = Counter()
        lines = []
        for number, ids in enumerate(sequences):
            line = PartialAnswer(number, list(ids))
            if self.how.temperature > 0:
                again = seen[tuple(ids)]
                seen[tuple(ids)] += 1
                line.draw = random.Random(int(digest([self.how.seed, again, list(ids)])[:16], 16))
            if self.shape is not None:
                line.fitting = self.shape.begin()
            line.over = self.limit < 1
            lines.append(line)
        return lines

    def write(self, lines: Sequence[PartialAnswer], logits: torch.Tensor) -> None:
        """Add one token to each line. `logits`: fp32, (lines, vocabulary); they are changed where a
        form rules."""
        sums = torch.logsumexp(logits, -1)
        allowed = logits
        if self.shape is not None:
            allowed = logits.clone()
            stuck = [
                not line.fitting.keep(row)
                for line, row in zip(lines, allowed, strict=True)
                if line.fitting
            ]
            for line, none in zip(lines, stuck, strict=True):
                line.over = none  # no token can go on: the form is not met
        if self.how.temperature > 0:
            chosen = self._draw(lines, allowed)
        else:
            chosen = allowed.argmax(-1)  # the first of equals
        logs = logits.gather(1, chosen[:, None])[:, 0] - sums
        for line, token, log in zip(lines, chosen.tolist(), logs.tolist(), strict=True):
            if not line.over:
                self._take(line, token, log)

    def _draw(self, lines: Sequence[PartialAnswer], logits: torch.Tensor) -> torch.Tensor:
        """A token for each line that is not over, by its own source; 0 for the others."""
        chosen = torch.zeros(len(lines), dtype=torch.long)
        writing = [(i, line.draw) for i, line in enumerate(lines) if line.draw and not line.over]
        for start in range(0, len(writing), DRAWN):
            some = writing[start : start + DRAWN]
            which = [i for i, _ in some]
            at = torch.tensor([draw.random() for _, draw in some], dtype=torch.float64)
            rows = logits[which]
            chosen[which] = sample_tokens(rows, self.how.temperature, self.how.top_p, at)
        return chosen.to(logits.device)

    def _take(self, line: PartialAnswer, token: int, log: float) -> None:
        line.tokens.append(token)
        line.logprob += log
        line.ended = token == self.end or self._ends_with_stop(line.tokens)
        line.over = line.ended or len(line.tokens) >= self.limit
        if line.fitting and not line.over:
            line.fitting.take(token)

    def _ends_with_stop(self, tokens: Sequence[int]) -> bool:
        if not self.stop:
            return False
        tail = self._decode(tokens[-self._tail :])
        return any(text in tail for text in self.stop)

    def _decode(self, tokens: Sequence[int]) -> str:
        return self.chat.tokenizer.decode(list(tokens), skip_special_tokens=True)

    def text(self, line: PartialAnswer) -> str:
        """What is written so far, up to the first stop text, as it is."""
        done = line.tokens[-1:] == [self.end]
        text = self._decode(line.tokens[:-1] if done else line.tokens)
        return text[
            : min((at for stop in self.stop if (at := text.find(stop)) >= 0), default=len(text))
        ]

    def sure(self, line: PartialAnswer) -> str:
        """The part of the text that no later token changes: no half character, no beginning of a
        stop text."""
        text = self.text(line)
        if line.over:
            return text
        if text.endswith(HALF):
            return ""
        held = (n for stop in self.stop for n in range(1, len(stop)) if text.endswith(stop[:n]))
        return text[: len(text) - max(held, default=0)]

    def to_generated(self, line: PartialAnswer) -> Generated:
        """The finished answer. White space around it goes, but where a form says what stands
        there."""
        text = self.text(line)
        return Generated(
            text if self.shape is not None else text.strip(),
            len(line.ids),
            len(line.tokens),
            truncated=not line.ended,
            logprob=line.logprob,
        )


def sample_tokens(
    logits: torch.Tensor, temperature: float, top_p: float, at: torch.Tensor
) -> torch.Tensor:
    """The token of each row at `at` of its shares: among the fewest tokens, likeliest first, that
    make up `top_p`.

    Args:
        logits: (rows, vocabulary); minus infinity is never drawn.
        at: (rows,) fp64 in [0, 1), on the processor.

    Returns:
        (rows,), on the processor.

    Source: Holtzman et al. (2020), The Curious Case of Neural Text Degeneration,
    arxiv.org/abs/1904.09751
    """
    if temperature != 1:
        # Less the greatest: divided by the smallest numbers above 0, logits themselves would be
        # endless.
        logits = (logits.double() - logits.max(-1, keepdim=True).values.double()) / temperature
    # Shares are added up on the processor: no GPU has a deterministic cumsum of floats (see
    # torch.use_deterministic_algorithms).
    shares = torch.softmax(logits, -1, dtype=torch.float64).cpu()
    if top_p < 1:
        shares = torch.stack(
            [torch.zeros_like(row).index_copy_(0, *_likeliest(row, top_p)) for row in shares]
        )
    sums = shares.cumsum(-1)
    return torch.searchsorted(sums, at[:, None] * sums[:, -1:], right=True)[:, 0]


def _likeliest(shares: torch.Tensor, top_p: float) -> tuple[torch.Tensor, torch.Tensor]:
    """The tokens that make up `top_p`, and their shares; of equals those that come first."""
    found, tokens = shares.topk(min(LIKELY, len(shares)))
    kept = _count(found, top_p)
    if kept >= len(found) or found[kept - 1] <= found[-1]:  # the rest may hold some of them
        found, tokens = shares.sort(descending=True, stable=True)
        kept = _count(found, top_p)
    return tokens[:kept], found[:kept]


def _count(shares: torch.Tensor, top_p: float) -> int:
    return int((shares.cumsum(0) < top_p).sum()) + 1
