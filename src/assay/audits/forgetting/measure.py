"""Ask a model the items of the probes.

choice       the likelihood of each option as the beginning of the answer, after the question in the
             model's chat template; the likeliest is its answer (`acc` of lm-eval, Gao et al.,
             zenodo.org/records/10256836)
last word    right where each of its tokens is the likeliest one; plain text
text         bits; plain text
constraint   an answer, written greedily in the chat template, held against the checks
No prompt    of the arm's own stands before any of them: what is measured is what its weights still
             know
Precision    that in which the arm answers. A bf16 near tie may fall either way; for one model
             always the same way
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay.audits.forgetting.constraints import passes_checks
from assay.audits.forgetting.items import ANSWER, ProbeItem
from assay.core.types import Message, Tell

if TYPE_CHECKING:
    from assay.models.inference.chat_model import ChatModel


@dataclass(frozen=True)
class ProbeResult:
    """What a model did with an item.

    Attributes:
        right: 1 or 0; None for a text. answer: what it said, as far as that is known.
        bits, bytes: of what was asked for (the text, the last word, the right option); 0 where the
            model wrote.
        rank: of the last word's first token, how many are likelier. tokens: read and written; a
            prompt counts once.
    """

    right: int | None
    answer: str
    bits: float = 0.0
    bytes: int = 0
    rank: int | None = None
    tokens: int = 0

    def to_json(self) -> dict[str, Any]:
        return {**self.__dict__, "bits": round(self.bits, 4)}


def ask(
    model: ChatModel, items: Sequence[ProbeItem], tell: Tell | None = None
) -> list[ProbeResult]:
    """What the model does with each item; the items are of one kind or of several."""
    out: list[ProbeResult | None] = [None] * len(items)
    ways = {"choice": choices, "last_word": last_words, "text": texts, "constraint": constraints}
    for kind, way in ways.items():
        places = [at for at, item in enumerate(items) if item.kind == kind]
        if places:
            for at, found in zip(places, way(model, [items[at] for at in places]), strict=True):
                out[at] = found
            if tell:
                tell(
                    {
                        "event": "progress",
                        "done": sum(o is not None for o in out),
                        "total": len(out),
                        "unit": "item",
                    }
                )
    return [found for found in out if found is not None]


def choices(model: ChatModel, items: Sequence[ProbeItem]) -> list[ProbeResult]:
    from assay.models.inference.log_likelihood import score_continuations

    rows, starts, sizes = [], [], []
    for item in items:
        answers = [model.chat.text_ids(option.strip()) for option in item.options]
        prompt, _ = model.chat.prompt((Message("user", item.text),), room=max(map(len, answers)))
        rows += [[*prompt, *answer] for answer in answers]
        starts += [len(prompt)] * len(answers)
        sizes.append(len(prompt) + sum(map(len, answers)))
    found = iter(score_continuations(model, rows, starts))
    out = []
    for item, tokens in zip(items, sizes, strict=True):
        bits = [float(-next(found).log_probs.sum()) / math.log(2) for _ in item.options]
        best = min(range(len(bits)), key=bits.__getitem__)
        wide = len(item.target.strip().encode())
        out.append(
            ProbeResult(
                int(best == item.answer), item.options[best], bits[item.answer], wide, tokens=tokens
            )
        )
    return out


def last_words(model: ChatModel, items: Sequence[ProbeItem]) -> list[ProbeResult]:
    from assay.models.inference.log_likelihood import encode_text, score_continuations

    rows, starts = [], []
    for item in items:
        whole, head = (
            encode_text(model, item.text),
            encode_text(model, item.text.rsplit(None, 1)[0]),
        )
        same = next(
            (i for i, (a, b) in enumerate(zip(whole, head, strict=False)) if a != b), len(head)
        )
        rows.append(whole)
        starts.append(min(same, len(whole) - 1))
    out = []
    for item, row, start, found in zip(
        items, rows, starts, score_continuations(model, rows, starts), strict=True
    ):
        said = model.chat.tokenizer.decode(found.best.tolist()).strip()
        bits = float(-found.log_probs.sum()) / math.log(2)
        right = int((found.best == row[start:]).all())
        out.append(
            ProbeResult(right, said, bits, len(item.target.encode()), int(found.rank[0]), len(row))
        )
    return out


def texts(model: ChatModel, items: Sequence[ProbeItem]) -> list[ProbeResult]:
    from assay.models.inference.log_likelihood import encode_text, score_continuations

    rows = [encode_text(model, item.text) for item in items]
    out = []
    for item, row, found in zip(
        items, rows, score_continuations(model, rows, [1] * len(rows)), strict=True
    ):
        # Of a text that was cut, the bytes of what was read.
        read = (
            item.text
            if row[1:] == model.chat.text_ids(item.text)
            else model.chat.tokenizer.decode(row[1:])
        )
        bits = float(-found.log_probs.sum()) / math.log(2)
        out.append(ProbeResult(None, "", bits, len(read.encode()), tokens=len(row)))
    return out


def constraints(model: ChatModel, items: Sequence[ProbeItem]) -> list[ProbeResult]:
    prompts = [(Message("user", item.text),) for item in items]
    written = model.generate(prompts, max_tokens=ANSWER)
    return [
        ProbeResult(
            int(passes_checks(one.text, item.checks)),
            one.text,
            tokens=one.prompt_tokens + one.tokens,
        )
        for item, one in zip(items, written, strict=True)
    ]
