"""What is searched for in place of the question as it stands.

none      its words
keywords  the words of it that few passages have
feedback  its words and those of the passages that they find: RM3, Abdul-Jaleel et al. (2004), UMass
          at TREC 2004, after Lavrenko and Croft (2001), doi.org/10.1145/383952.383972
model     its words and a passage that a language model makes up for an answer: Wang et al. (2023),
          Query2doc, aclanthology.org/2023.emnlp-main.585; Gao et al. (2023), HyDE,
          aclanthology.org/2023.acl-long.99
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from assay.core.types import LanguageModel, Message, Tell
from assay.core.words import words_in
from assay.retrieval.bm25 import Bm25Index
from assay.retrieval.metadata_filter import Among

Rewrite = Literal["none", "keywords", "feedback", "model"]

FEW = 0.1  # share of the passages that may have a keyword
# of RM3: passages read, words taken from them, share of the question's own words
PASSAGES, TERMS, KEPT = 10, 20, 0.5
# how often a made-up word counts, the question's counting once; Query2doc repeats the question 5
# times
WRITTEN = 0.2
ROOM = 48  # tokens that a made-up passage may take
INSTRUCTION = "Write one sentence that answers the question, as it could stand in a handbook."


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What is searched for: stems with how often each counts, and a text whose meaning is
    compared."""

    words: Mapping[str, float]
    text: str
    among: Among | None = None  # the passages that may be found; None: all
    prompt_tokens: int = 0  # that the rewriting took
    tokens: int = 0


def searches(
    texts: Sequence[str],
    rewrite: Rewrite,
    words: Bm25Index,
    model: LanguageModel | None = None,
    tell: Tell | None = None,
    among: Sequence[Among | None] = (),
) -> list[SearchQuery]:
    """One search a question.

    Args:
        model: what writes, with `rewrite` "model"; it is asked once a question.
        among: the passages that may be found for each question; empty: all of them, for every
            question.
    """
    if rewrite == "model":
        assert model is not None, "handed in where it is wanted"
        made = _expand_queries(texts, words, model, tell)
    else:
        limits = among or [None] * len(texts)
        made = [_search(text, rewrite, words, one) for text, one in zip(texts, limits, strict=True)]
    return (
        [replace(search, among=one) for search, one in zip(made, among, strict=True)]
        if among
        else made
    )


def _search(text: str, rewrite: Rewrite, words: Bm25Index, among: Among | None) -> SearchQuery:
    asked = Counter(words.stems(text))
    if rewrite == "keywords":
        few = {word for word in asked if 0 < words.holders(word) <= max(1, FEW * len(words))}
        if few:
            own = [word for word in words_in(text) if few.intersection(words.stems(word))]
            return SearchQuery({word: asked[word] for word in few}, " ".join(own))
    if rewrite == "feedback":
        return SearchQuery(_with_feedback(asked, words, among), text)
    return SearchQuery(asked, text)


def _with_feedback(
    asked: Mapping[str, float], words: Bm25Index, among: Among | None
) -> dict[str, float]:
    """The stems of the question, half of the weight, and those of the passages it finds, by their
    share in each passage times the passage's share of the scores."""
    found = words.find(asked, PASSAGES, among)
    if not found:
        return dict(asked)
    total = sum(score for _, score in found)
    shares: dict[str, float] = {}
    for place, score in found:
        row = words.stems(words.texts[place])
        for stem in row:
            shares[stem] = shares.get(stem, 0.0) + score / total / len(row)
    common = sorted(shares.items(), key=lambda item: (-item[1], item[0]))[:TERMS]
    mass, own = sum(share for _, share in common), sum(asked.values())
    mixed = {word: KEPT * times / own for word, times in asked.items()}
    for stem, share in common:
        mixed[stem] = mixed.get(stem, 0.0) + (1 - KEPT) * share / mass
    return mixed


def _expand_queries(
    texts: Sequence[str], words: Bm25Index, model: LanguageModel, tell: Tell | None
) -> list[SearchQuery]:
    prompts = [(Message("system", INSTRUCTION), Message("user", text)) for text in texts]
    out = []
    for text, made in zip(texts, model.generate(prompts, max_tokens=ROOM, tell=tell), strict=True):
        own, more = Counter(words.stems(text)), Counter(words.stems(made.text))
        counted = {word: own[word] + WRITTEN * more[word] for word in own | more}
        told = f"{text} {made.text}".strip()
        out.append(SearchQuery(counted, told, prompt_tokens=made.prompt_tokens, tokens=made.tokens))
    return out
