"""All that finds passages for a question, put together: rewriting, words, meaning, fusion,
reranking, what is given.

Order    question -> `rewrite` -> BM25 and cosine, `candidates` of each -> fusion -> `rerank` of the
         first `candidates` -> near copies out, at most `per_source` of a document -> the `top`
         passages
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from assay.core.types import Document, Example, LanguageModel, Tell, took
from assay.retrieval.bm25 import Bm25Index
from assay.retrieval.dense import DenseIndex, encode_with_cache
from assay.retrieval.encoders import Encoding, PassageRanker
from assay.retrieval.fusion import EVEN, MEANING, Found, Fusion, fuse_rankings, spread
from assay.retrieval.gold_passages import Holding, document_of
from assay.retrieval.learned_fusion import START, features, fit_rank_weights
from assay.retrieval.metadata_filter import Among, Filtered, PassageFields, where_of
from assay.retrieval.query_rewriting import Rewrite, SearchQuery, searches
from assay.retrieval.stemming import Stems
from assay.retrieval.stored_vectors import Stored, store_passages
from assay.retrieval.stores.settings import Exact, StoreSettings

if TYPE_CHECKING:
    import numpy as np

WEIGHTS = tuple(n / 10 for n in range(11))
# times `top`: looked at for passages in place of copies and of what a document gives too much of
SPARE = 3


class Looking(Filtered):
    """The settings of finding."""

    find: Literal["bm25", "dense", "hybrid"] = "bm25"
    top: int = Field(default=4, ge=1, le=50)  # passages handed over
    # of each ranking that are fused, and that are reranked
    candidates: int = Field(default=50, ge=1, le=1000)
    # What of the two rankings of a hybrid counts; learned: five features, weighed by the rows of
    # train
    fuse: Fusion | Literal["learned"] = "scores"
    # Share of meaning in a hybrid; train: chosen on rows of train whose answer stands in a passage
    weight: Annotated[float, Field(ge=0, le=1)] | Literal["train"] = MEANING
    language: str = "english"  # of the stems, a name of snowballstem.org; none: words as they are
    rewrite: Rewrite = "none"
    store: StoreSettings = Exact()  # where vectors are kept and searched
    # passages of one document at most; 0: three fifths of `top`
    per_source: int = Field(default=0, ge=0, le=50)

    @property
    def cap(self) -> int:
        return self.per_source or -(-3 * self.top // 5)


@dataclass(frozen=True)
class Hits:
    """What was found for one question."""

    passages: tuple[Document, ...] = ()  # best first
    # of what ranked last: BM25, cosine, what they were fused to, or the reranker's
    scores: tuple[float, ...] = ()
    # cosine of the best passage, or with BM25 the share of the question's words that it has
    certainty: float = 0.0
    prompt_tokens: int = 0  # that the search took
    tokens: int = 0


@dataclass(frozen=True)
class Tools:
    """What a finder works with, besides its settings and passages."""

    encoding: Encoding | None = None  # with `find` dense or hybrid
    ranking: PassageRanker | None = None
    writer: LanguageModel | None = None  # with `rewrite: model`
    shelf: Path | None = None  # where vectors are kept from run to run
    tell: Tell | None = None


class Finder:
    """Finds passages by the settings of a `rag`. Equal scores keep the order of the passages."""

    def __init__(
        self,
        settings: Looking,
        passages: Sequence[Document],
        tools: Tools,
        vectors: np.ndarray | DenseIndex | None = None,
        words: Bm25Index | None = None,
    ):
        """Args:
        passages: ids are `<document>#<number>`. vectors, words: theirs, where they are known.
        """
        self.settings = settings
        self.passages = list(passages)
        self.tools = tools
        self.weight = MEANING if settings.weight == "train" else settings.weight
        self.order = list(START)  # the weights of the features with `fuse: learned`
        texts = [passage.text for passage in self.passages]
        self.words = Bm25Index(texts, Stems(settings.language)) if words is None else words
        self.fields = PassageFields(self.passages)
        self.vectors: DenseIndex | None = None
        if settings.find != "bm25":
            assert tools.encoding is not None, "handed in where it is wanted"
            if vectors is None:
                vectors = encode_with_cache(texts, tools.encoding, tools.shelf, tools.tell)
            self.vectors = (
                vectors if isinstance(vectors, DenseIndex) else self._index_vectors(vectors)
            )

    @cached_property
    def holding(self) -> Holding:
        """Which of the passages hold the answer of a row."""
        return Holding(self.passages)

    def find(self, questions: Sequence[Example | str], tell: Tell | None = None) -> list[Hits]:
        """What is found for each question, in order.

        Raises:
            DataError: D113, a question lacks a field that `where` reads; a text alone has none.
        """
        asked, ranked, sure = self._run_searches(questions, tell)
        out = []
        for search, found, certainty in zip(asked, ranked, sure, strict=True):
            taken = spread(found, self.passages, self.settings.top, self.settings.cap)
            passages = tuple(self.passages[place] for place, _ in taken)
            scores = tuple(score for _, score in taken)
            out.append(Hits(passages, scores, certainty, search.prompt_tokens, search.tokens))
        return out

    def rank(
        self, questions: Sequence[Example | str], tell: Tell | None = None
    ) -> list[list[tuple[str, float]]]:
        """The whole ranking of each question, before copies are taken out: (id of a passage,
        score), best first.

        Raises:
            DataError: as `find`.
        """
        _, ranked, _ = self._run_searches(questions, tell)
        return [[(self.passages[place].id, score) for place, score in found] for found in ranked]

    def among(self, question: Example | str) -> Among | None:
        """The passages that `where` leaves for the question; None: all.

        Raises:
            DataError: as `find`.
        """
        return self.fields.among(where_of(self.settings.where, question))

    def _run_searches(
        self, questions: Sequence[Example | str], tell: Tell | None
    ) -> tuple[list[SearchQuery], list[Found], list[float]]:
        texts = [one if isinstance(one, str) else one.text for one in questions]
        among = [self.among(one) for one in questions]
        with took(tell if self.settings.rewrite != "none" else None, "rewrite") as asked:
            asked += searches(
                texts, self.settings.rewrite, self.words, self.tools.writer, tell, among
            )
        with took(tell, "find"):
            ranked, sure = self._rank_candidates(asked, tell)
        if self.tools.ranking is not None:
            with took(tell, "rerank"):
                ranked = self._rerank(texts, ranked, self.tools.ranking, tell)
        return asked, ranked, sure

    def _index_vectors(self, vectors: np.ndarray) -> DenseIndex:
        """The vectors where the settings say that they are kept."""
        where, tools = self.settings.store, self.tools
        if where.kind == "exact":
            return DenseIndex(vectors)
        if tools.encoding is None or tools.shelf is None:
            raise RuntimeError("a store needs an encoding, and a place for what is known of it")
        return store_passages(
            where, self.passages, vectors, tools.encoding, tools.shelf, tools.tell
        )

    def replace_documents(self, put: Sequence[Document], drop: Sequence[str]) -> Finder:
        """The finder over other passages: without those of the documents `drop`, and with `put` at
        the end. What stays is neither counted nor encoded again.

        Args:
            put: passages. drop: ids of documents.
        """
        without = set(drop)
        goes = [document_of(passage.id) in without for passage in self.passages]
        stay = [place for place, leaves in enumerate(goes) if not leaves]
        passages = [*(self.passages[place] for place in stay), *put]
        vectors: DenseIndex | None = None
        if self.vectors is not None:
            assert self.tools.encoding is not None
            made = encode_with_cache(
                [p.text for p in put], self.tools.encoding, self.tools.shelf, self.tools.tell
            )
            vectors = self.vectors.replace_rows(stay, made)
            if isinstance(self.vectors, Stored):
                gone = [
                    passage for passage, leaves in zip(self.passages, goes, strict=True) if leaves
                ]
                vectors = self.vectors.apply_changes(vectors, passages, gone, made)
        after = Finder(
            self.settings,
            passages,
            self.tools,
            vectors,
            self.words.replace_rows(stay, [p.text for p in put]),
        )
        after.weight, after.order = self.weight, self.order
        return after

    def learn(self, examples: Sequence[Example]) -> int:
        """Take what train decides from the examples whose answer stands in a passage.

        `weight: train`: the weight of meaning that puts passages with the answer highest, by the
        mean reciprocal rank among the first 10; of equals, the one nearest to the default. `fuse:
        learned`: the weights of the features.

        Returns:
            how many examples it was; without any, nothing changes.
        """
        held = [(example, set(self.holding.of(example))) for example in examples]
        known = [(example, places) for example, places in held if places]
        if not known:
            return 0
        among = [self.among(example) for example, _ in known]
        asked = searches(
            [e.text for e, _ in known],
            self.settings.rewrite,
            self.words,
            self.tools.writer,
            among=among,
        )
        words, meaning, vectors = self._both(asked, None)
        if self.settings.fuse == "learned":
            seen = [
                self._candidate_features(*one)
                for one in zip(asked, words, meaning, vectors, strict=True)
            ]
            pairs = zip(seen, known, strict=True)
            self.order = fit_rank_weights(
                [(v, [i for i, p in enumerate(at) if p in right]) for (at, v), (_, right) in pairs]
            )
            return len(known)

        def value(weight: float) -> float:
            both = zip(words, meaning, known, strict=True)
            return sum(
                first_of(fuse_rankings(w, m, weight, 10, self._fusion), places)
                for w, m, (_, places) in both
            )

        self.weight = max(
            WEIGHTS, key=lambda weight: (round(value(weight), 9), -abs(weight - MEANING))
        )
        return len(known)

    def _rank_candidates(
        self, asked: Sequence[SearchQuery], tell: Tell | None
    ) -> tuple[list[Found], list[float]]:
        """The candidates of each search, and how certain the best one is."""
        words, meaning, vectors = self._both(asked, tell)
        if self.vectors is None:
            return words, [
                self.words.coverage(search.words, found[0][0]) if found else 0.0
                for search, found in zip(asked, words, strict=True)
            ]
        sure = [min(1.0, max(0.0, found[0][1])) if found else 0.0 for found in meaning]
        if self.settings.find == "dense":
            return meaning, sure
        if self.settings.fuse == "learned":
            return [
                self._order_by_features(*one)
                for one in zip(asked, words, meaning, vectors, strict=True)
            ], sure
        rankings = zip(words, meaning, strict=True)
        return [
            fuse_rankings(*both, self.weight, self._many, self._fusion) for both in rankings
        ], sure

    def _candidate_features(
        self, search: SearchQuery, words: Found, meaning: Found, vector: np.ndarray
    ) -> tuple[list[int], np.ndarray]:
        """The candidates of a search, and their features."""
        assert self.vectors is not None, "a hybrid has vectors"
        ranked = fuse_rankings(words, meaning, EVEN, self._many, "ranks")
        places, ranks = [place for place, _ in ranked], [value for _, value in ranked]
        vectors = self.vectors.vectors[places]
        return places, features(
            self.words.scores(search.words)[places], vectors @ vector, ranks, vectors
        )

    def _order_by_features(
        self, search: SearchQuery, words: Found, meaning: Found, vector: np.ndarray
    ) -> Found:
        places, values = self._candidate_features(search, words, meaning, vector)
        scores = (values @ self.order).round(5).tolist()
        return sorted(zip(places, scores, strict=True), key=lambda pair: -pair[1])

    @property
    def _fusion(self) -> Fusion:
        return "ranks" if self.settings.fuse == "ranks" else "scores"

    @property
    def _many(self) -> int:
        return max(self.settings.candidates, SPARE * self.settings.top)

    def _both(
        self, asked: Sequence[SearchQuery], tell: Tell | None
    ) -> tuple[list[Found], list[Found], list[np.ndarray]]:
        """What words find, what meaning finds, and the vector of each search; an empty list for
        what is not asked."""
        words: list[Found] = []
        if self.settings.find != "dense":
            words = [self.words.find(search.words, self._many, search.among) for search in asked]
        if self.vectors is None:
            return words, [], []
        assert self.tools.encoding is not None
        vectors = self.tools.encoding.vectors(
            [search.text for search in asked], query=True, tell=tell
        )
        # questions that look among the same passages are compared at once
        alike: dict[int, list[int]] = {}
        for number, search in enumerate(asked):
            alike.setdefault(id(search.among), []).append(number)
        meaning: list[Found] = [[]] * len(asked)
        for numbers in alike.values():
            found = self.vectors.find(vectors[numbers], self._many, asked[numbers[0]].among)
            for number, one in zip(numbers, found, strict=True):
                meaning[number] = one
        return words, meaning, list(vectors)

    def _rerank(
        self,
        texts: Sequence[str],
        ranked: Sequence[Found],
        ranking: PassageRanker,
        tell: Tell | None,
    ) -> list[Found]:
        first = [found[: self.settings.candidates] for found in ranked]
        read = [[self.passages[place].text for place, _ in found] for found in first]
        out = []
        for found, scores in zip(first, ranking.scores(texts, read, tell), strict=True):
            pairs = [(place, float(score)) for (place, _), score in zip(found, scores, strict=True)]
            out.append(sorted(pairs, key=lambda pair: -round(pair[1], 5)))
        return out


def first_of(found: Found, places: set[int]) -> float:
    """1 / rank of the first of `places`, 0 where none was found."""
    return next(
        (1 / rank for rank, (place, _) in enumerate(found, start=1) if place in places), 0.0
    )


def with_passages(example: Example, hits: Hits) -> Example:
    """The example with what was found as its context."""
    return replace(example, context=hits.passages)
