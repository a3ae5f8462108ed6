"""Words of a text, their tags by an encoder with a layer on top, and the steps that train both.

Windows   a text with more tokens than are read at once is read in windows that begin half a window
          apart; each word's tag is that of the window in which it stands furthest from an edge
Frozen    the table of the tokens' vectors, half of a small encoder's weights: its gradients cost as
          much as a step's products, and most tokens are in no training row
Case      how a word is written is a vector added to its token's, which begins at zero
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForTokenClassification

from assay.core.types import Tell
from assay.core.words import TOKEN
from assay.models.device import device, quiet
from assay.models.inference.batch_plan import by_length
from assay.models.loading.opening import open_network, open_tokenizer
from assay.strategies.tagging.field_schema import OUTSIDE, marks
from assay.tasks.entities import Span, of_run
from assay.training.retriever.training_pairs import in_batches

WAYS = 6  # of writing a word: see `way`


def tags_for(kinds: Sequence[str]) -> list[str]:
    """Outside, then the beginning and the inside of each type."""
    return [OUTSIDE, *(f"{mark}-{kind}" for kind in kinds for mark in "BI")]


def way(word: str) -> int:
    """How a word is written: other, digits, lower case, first letter upper, all upper, mixed or
    with digits."""
    if not any(map(str.isalpha, word)):
        return 1 if any(map(str.isdigit, word)) else 0
    if not word.isalpha():
        return 5
    if word.islower():
        return 2
    return (
        4 if word.isupper() and len(word) > 1 else 3 if word[1:].islower() or len(word) == 1 else 5
    )


@dataclass(frozen=True)
class Window:
    """A part of a text. `ids`: its tokens. `ways`: how the word of each is written. `firsts`: the
    first token of each word. `words`: numbers of these words in the text."""

    ids: list[int]
    ways: list[int]
    firsts: list[int]
    words: list[int]


class Tagged(torch.nn.Module):
    """transformers' token classifier, with what the writing of words adds to their tokens."""

    def __init__(self, folder: Path, tags: int):
        super().__init__()
        self.body: Any = open_network(
            AutoModelForTokenClassification,
            folder,
            heads=True,
            dtype=torch.float32,
            num_labels=tags,
        )
        table = self.body.get_input_embeddings().requires_grad_(False)
        self.case = torch.nn.Embedding(WAYS, table.weight.shape[1])
        torch.nn.init.zeros_(self.case.weight)

    def trainable_state(self) -> dict[str, torch.Tensor]:
        """The weights that are not those of the encoder it came from."""
        table = self.body.get_input_embeddings().weight
        return {
            name: weight
            for name, weight in self.state_dict().items()
            if weight.data_ptr() != table.data_ptr()
        }

    def forward(self, ids: torch.Tensor, ways: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """fp32 logits, (texts, tokens, tags)."""
        states = self.body.get_input_embeddings()(ids) + self.case(ways)
        return self.body(inputs_embeds=states, attention_mask=mask).logits.float()


class WordTags:
    """texts -> spans. `network` is what is trained."""

    def __init__(
        self, folder: Path, tags: Sequence[str], max_length: int, micro_tokens: int, seed: int
    ):
        quiet()
        torch.manual_seed(seed)  # of the layer's first weights
        self.tokenizer = open_tokenizer(folder)
        self.network = Tagged(folder, len(tags)).to(device())
        self.tags = list(tags)
        most = self.network.body.config.to_dict().get("max_position_embeddings") or max_length
        self.length = min(max_length, most, self.tokenizer.model_max_length)
        self.micro_tokens = micro_tokens

    def windows(self, text: str, words: Sequence[tuple[int, int]]) -> list[Window]:
        """The text as the network reads it; `words` are (first character, one past the last)."""
        if not words:
            return []
        whole = self._read(text, words)
        if len(whole.ids) <= self.length:
            return [whole]
        room = self.length - (len(whole.ids) - len(self._ids(text, special=False)))
        sizes = [
            b - a for a, b in zip(whole.firsts, [*whole.firsts[1:], len(whole.ids)], strict=True)
        ]
        made, start = [], 0
        while start < len(words):
            end, used = start, 0
            while end < len(words) and (used + sizes[end] <= room or end == start):
                used += sizes[end]
                end += 1
            base = words[start][0]
            part = self._read(
                text[base : words[end - 1][1]], [(a - base, b - base) for a, b in words[start:end]]
            )
            made.append(
                Window(
                    part.ids[: self.length], part.ways, part.firsts, [start + i for i in part.words]
                )
            )
            if end == len(words):
                break
            start = max(start + 1, start + (end - start) // 2)
        return made

    def _ids(self, text: str, special: bool = True) -> list[int]:
        return self.tokenizer(text, add_special_tokens=special, verbose=False)["input_ids"]

    def _read(self, text: str, words: Sequence[tuple[int, int]]) -> Window:
        read = self.tokenizer(text, return_offsets_mapping=True, verbose=False)
        ways, firsts, numbers, word = [], [], [], 0
        written = [way(text[a:b]) for a, b in words]
        for token, (start, end) in enumerate(read["offset_mapping"]):
            while word < len(words) and words[word][1] <= start:
                word += 1
            inside = start < end and word < len(words) and words[word][0] < end
            ways.append(written[word] if inside else 0)
            if inside and (not numbers or numbers[-1] != word):
                firsts.append(token)
                numbers.append(word)
        return Window(read["input_ids"], ways, firsts, numbers)

    def logits(self, windows: Sequence[Window]) -> torch.Tensor:
        """fp32, (words of all windows, tags), for the windows that are computed together."""
        width, place = max(len(one.ids) for one in windows), device()

        def pad_rows(rows: Sequence[Sequence[int]], pad: int) -> torch.Tensor:
            return torch.tensor([[*row, *[pad] * (width - len(row))] for row in rows], device=place)

        mask = pad_rows([[1] * len(one.ids) for one in windows], 0)
        ids = pad_rows([one.ids for one in windows], self.tokenizer.pad_token_id or 0)
        ways = pad_rows([one.ways[: len(one.ids)] for one in windows], 0)
        at = [
            (i, token)
            for i, one in enumerate(windows)
            for token in one.firsts
            if token < len(one.ids)
        ]
        rows, tokens = (
            torch.tensor([pair[k] for pair in at], dtype=torch.long, device=place) for k in (0, 1)
        )
        return self.network(ids, ways, mask)[rows, tokens]

    def spans(self, texts: Sequence[str], tell: Tell | None = None) -> list[list[Span]]:
        """What the network names, in the order of each text."""
        words = [[m.span() for m in TOKEN.finditer(text)] for text in texts]
        read = [(i, one) for i, text in enumerate(texts) for one in self.windows(text, words[i])]
        # word -> (words to the nearest edge, tag)
        best: list[dict[int, tuple[int, int]]] = [{} for _ in texts]
        done = 0
        for part in by_length([len(one.ids) for _, one in read], self.micro_tokens):
            with torch.inference_mode():
                tags = iter(self.logits([read[k][1] for k in part]).argmax(-1).tolist())
            for k in part:
                i, one = read[k]
                for at, word in enumerate(
                    one.words[: sum(token < len(one.ids) for token in one.firsts)]
                ):
                    found = (min(at, len(one.words) - 1 - at), next(tags))
                    best[i][word] = max(best[i].get(word, (-1, 0)), found, key=lambda pair: pair[0])
            done += len(part)
            if tell:
                tell(
                    {
                        "event": "progress",
                        "done": done * len(texts) // len(read),
                        "total": len(texts),
                        "unit": "answer",
                    }
                )
        return [self._to_spans(own, tags) for own, tags in zip(words, best, strict=True)]

    def _to_spans(
        self, words: Sequence[tuple[int, int]], found: dict[int, tuple[int, int]]
    ) -> list[Span]:
        tags = [self.tags[found[i][1]] if i in found else OUTSIDE for i in range(len(words))]
        return [(words[i][0], words[j - 1][1], kind) for i, j, kind in of_run(tags)]


@dataclass
class Texts:
    """What an epoch's steps learn: each text once, in an order drawn from the seed and the
    epoch."""

    tagger: WordTags
    rows: Sequence[tuple[str, Sequence[Span]]]
    batch_size: int
    seed: int
    bf16: bool
    _order: list[list[int]] = field(default_factory=list, init=False)

    @property
    def steps(self) -> int:
        return len(in_batches(len(self._read), self.batch_size, self.seed, 0))

    @cached_property
    def _read(self) -> list[tuple[Window, list[int]]]:
        """The windows of all rows, each with the numbers of its words' tags."""
        number = {tag: i for i, tag in enumerate(self.tagger.tags)}
        made = []
        for text, spans in self.rows:
            words = [m.span() for m in TOKEN.finditer(text)]
            tags = marks(spans, words)
            for one in self.tagger.windows(text, words):
                fit = sum(token < len(one.ids) for token in one.firsts)
                made.append((one, [number[tags[word]] for word in one.words[:fit]]))
        return made

    def begin(self, epoch: int, before: Any) -> None:
        self._order = []

    def step(self, epoch: int, within: int, remembered: Any) -> float:
        """Mean cross-entropy over the words of the step."""
        self._order = self._order or in_batches(
            len(self._read), self.batch_size, self.seed, epoch + 1
        )
        rows = [self._read[i] for i in self._order[within]]
        total = max(1, sum(len(tags) for _, tags in rows))
        lost = 0.0
        for part in self._parts(rows):
            with torch.autocast(device().type, torch.bfloat16, enabled=self.bf16):
                logits = self.tagger.logits([one for one, _ in part])
            wanted = torch.tensor(
                [tag for _, tags in part for tag in tags], dtype=torch.long, device=logits.device
            )
            loss = (
                torch.nn.functional.cross_entropy(logits.float(), wanted, reduction="sum") / total
            )
            loss.backward()
            lost += float(loss.detach())
        return lost

    def _parts(
        self, rows: Sequence[tuple[Window, list[int]]]
    ) -> Iterator[list[tuple[Window, list[int]]]]:
        for part in by_length([len(one.ids) for one, _ in rows], self.tagger.micro_tokens):
            yield [rows[i] for i in part]
