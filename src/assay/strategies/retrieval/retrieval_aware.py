"""Retrieval whose inner arm is taught with the right passages among wrong ones, and sometimes
without them.

What it is for   a tuned model that reads: it learns to find the answer among distractors, and what
                 to say when it is not there
Costs            those of `rag` around the inner arm
Source           Zhang et al. (2024), RAFT: Adapting Language Model to Domain Specific RAG,
                 arxiv.org/abs/2403.10131
Good when        retrieval misses often, so that `rag` around a tuned arm mostly teaches it to
                 ignore the passages
Watch out        it must know which passages hold the answer: `found_in`, or the target's words
                 standing in them. When it is asked it sees what retrieval finds, which is worse
                 than what it was taught with
Defaults from    .8 of the rows with their passages, the middle of what the paper found best (.4 to
                 1); passages in random order, since a model that always finds the answer in one
                 place learns the place
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from pydantic import Field, model_validator

from assay.core.sampling import random_stream
from assay.core.types import Document, Example
from assay.retrieval.retriever import Finder, Hits
from assay.strategies.retrieval.rag import Rag


class RetrievalAware(Rag):
    # a rag of another kind
    kind: Literal["retrieval_aware"] = "retrieval_aware"  # pyrefly: ignore[bad-override]
    # share of the training rows that see the passages they need
    with_gold: float = Field(default=0.8, ge=0, le=1)
    # what is learnt without them: the answer, or `unknown`
    missing: Literal["answer", "unknown"] = "answer"

    @model_validator(mode="after")
    def _says(self) -> RetrievalAware:
        if self.missing == "unknown" and not self.unknown:
            raise ValueError("missing: unknown needs `unknown`, the answer that is learnt then")
        return self

    def training_example(self, example: Example, hits: Hits, finder: Finder, seed: int) -> Example:
        """A training row with the passages that hold its answer, or without any of them, among
        others."""
        among = finder.among(example)
        left = None if among is None else set(among.places.tolist())
        holding = [
            finder.passages[i] for i in finder.holding.of(example) if left is None or i in left
        ]
        row, context = mix_distractors(
            example, hits.passages, holding, self.top, self.with_gold, seed
        )
        if (
            row.target is not None
            and holding
            and not _any(holding, context)
            and self.missing == "unknown"
        ):
            row = replace(row, target=self.unknown, also=())
        return self.inner_example(row, replace(hits, passages=context))


def mix_distractors(
    example: Example,
    found: Sequence[Document],
    holding: Sequence[Document],
    top: int,
    with_gold: float,
    seed: int,
) -> tuple[Example, tuple[Document, ...]]:
    """The row and at most `top` passages for it: in a share `with_gold` of rows those of `holding`
    that retrieval ranks best, then distractors; else distractors alone. A row that no passage holds
    keeps what was found. The draw depends on seed and row alone, so that another row in the data
    changes nothing here."""
    if not holding:
        return example, tuple(found[:top])
    draw = random_stream(seed, example.id, sep=" ")
    ids = {passage.id for passage in holding}
    distractors = [passage for passage in found if passage.id not in ids]
    first = [passage for passage in found if passage.id in ids]
    first += [passage for passage in holding if passage.id not in {one.id for one in first}]
    if draw.random() >= with_gold:
        return example, tuple(distractors[:top])
    # At least one place is left to a distractor where there is one: alone, there would be nothing
    # to tell apart.
    room = max(1, top - 1) if distractors and top > 1 else top
    taken = first[:room]
    taken += distractors[: top - len(taken)]
    draw.shuffle(taken)
    return example, tuple(taken)


def _any(holding: Sequence[Document], context: Sequence[Document]) -> bool:
    there = {passage.id for passage in context}
    return any(passage.id in there for passage in holding)
