"""Retrieval is BM25 as Robertson and Zaragoza (2009) write it, with Lucene's idf: computed here by
hand."""

import math
from collections import Counter
from dataclasses import replace

import pytest

from assay.core.errors import TrainError, UsageError
from assay.core.types import Answer, Document, Example, Message
from assay.retrieval.bm25 import Bm25Index
from assay.retrieval.encoders import EncoderPart
from assay.retrieval.stemming import Stems
from assay.retrieval.term_counts import count_stems
from assay.strategies.baselines.majority import Majority
from assay.strategies.baselines.tfidf import Tfidf
from assay.strategies.prompting.few_shot import Shots
from assay.strategies.retrieval.rag import Rag

stems = Stems()

CHUNKS = [
    Document("a#1", "Parents get thirty days."),
    Document("b#1", "Days off are days without pay; ask parents."),
    Document("c#1", "Trains leave daily."),
]


def found_in(chunks, query, top):
    """[(id, score)] of what BM25 finds."""
    found = Bm25Index([chunk.text for chunk in chunks], stems).find(Counter(stems(query)), top)
    return [(chunks[place].id, score) for place, score in found]


def bm25(query, texts, k1=1.5, b=0.75):
    rows = [stems(text) for text in texts]
    mean = sum(map(len, rows)) / len(rows)
    scores = []
    for row in rows:
        score = 0.0
        for word in stems(query):
            df = sum(word in other for other in rows)
            if df:
                tf = row.count(word)
                score += (
                    math.log(1 + (len(rows) - df + 0.5) / (df + 0.5))
                    * tf
                    / (tf + k1 * (1 - b + b * len(row) / mean))
                )
        scores.append(score)
    return scores


@pytest.mark.parametrize(
    "query", ["How many days do parents get?", "days", "a train to the parents", "pay day"]
)
def test_scores_are_bm25(query):
    found = found_in(CHUNKS, query, 3)
    scores = {
        chunk.id: score
        for chunk, score in zip(CHUNKS, bm25(query, [c.text for c in CHUNKS]), strict=True)
    }
    assert found == [
        (name, pytest.approx(score, rel=1e-5))
        for name, score in sorted(scores.items(), key=lambda p: -p[1])
        if score
    ]


def test_passages_that_share_no_word_are_left_out():
    assert found_in(CHUNKS, "zebra", 3) == []
    assert found_in(CHUNKS, "", 3) == []
    assert [name for name, _ in found_in(CHUNKS, "trains", 3)] == ["c#1"]


def test_equal_passages_keep_their_order():
    twins = [Document(name, "the same text") for name in "xyz"]
    assert [name for name, _ in found_in(twins, "same text", 2)] == ["x", "y"]


def test_the_inner_arm_sees_what_retrieval_finds_in_training_too(lesson):
    given_ = lesson("answer")
    seen = {}

    def fit(strategy, inner):
        seen.update({row.text: row.context for row in (*inner.train, *inner.val)})
        return strategy.fit(inner)

    arm = Rag(inner=Shots(k=0), top=1).fit(replace(given_, fit=fit))
    row = given_.val[0]
    (passage,) = seen[row.text]
    assert passage.text.startswith("Colours. The ")
    prompt = arm.prompt(row.question)
    assert prompt[-1].content == f"Passages:\n[1] {passage.text}\n\nQuestion: {row.text}"
    assert arm.answer([row.question])[0].passages == (passage.id,)
    assert arm.model is not None


def test_a_floor_inside(lesson):
    arm = Rag(inner=Majority()).fit(lesson("classify"))
    assert arm.model is None
    assert Rag(inner=Tfidf()).needs("base") == ()


@pytest.mark.parametrize(
    "documents", [(), (Document("d", "# a heading only"),), (Document("d", "it is what it is"),)]
)
def test_nothing_to_search(lesson, documents):
    with pytest.raises(UsageError) as caught:
        Rag(inner=Majority()).fit(replace(lesson("classify"), documents=documents))
    assert caught.value.problems[0].code == "C079"


def test_citations_are_taught_and_read(lesson):
    given = lesson("answer")
    seen = {}

    def fit(learner, inner):
        seen.update({row.text: row for row in inner.train})
        return learner.fit(inner)

    arm = Rag(inner=Shots(k=0), top=2, cite=True).fit(replace(given, fit=fit))
    row = given.train[0]
    shown = seen[row.text]
    # The passage that tells the colour is among those found, and the target names it by its number.
    number = next(i for i, d in enumerate(shown.context, start=1) if f" {row.target}." in d.text)
    assert shown.target == f"{row.target} [{number}]"
    assert "[1]" in arm.prompt(row.question)[0].content
    answer = arm.read(Answer("blue [2]", raw="blue [2]"), arm.finder.find([row.text])[0], True)
    assert (answer.text, answer.cited) == ("blue", answer.passages[1:2])
    assert not answer.abstained


def test_an_uncertain_search_asks_nobody(lesson):
    given = lesson("answer")
    arm = Rag(inner=Majority(), unknown="not there", abstain_below=0.9).fit(given)
    sure, unsure = (
        Example(text, (Message("user", text),))
        for text in ("What colour is the sky?", "What is a zebra?")
    )
    found = arm.answer([unsure, sure, unsure])
    assert [answer.abstained for answer in found] == [True, False, True]
    assert [answer.text for answer in found][::2] == ["not there"] * 2
    assert found[1].text == Majority().fit(given).answer([sure])[0].text
    assert arm.answer([]) == []


def test_a_model_that_says_so_itself_abstains(lesson):
    given = lesson("answer")
    rows = tuple(replace(row, target="Not there.") for row in given.train)
    arm = Rag(inner=Majority(), unknown="not there").fit(replace(given, train=rows))
    assert arm.answer([given.val[0].question])[0].abstained


def test_the_threshold_is_the_best_one_on_val(lesson):
    given = lesson("answer")
    known = [replace(row, target="red") for row in given.val]
    unknown = [
        replace(
            row,
            id=f"z{i}",
            target="not there",
            messages=(Message("user", f"Tell me of the zebra {i}"),),
        )
        for i, row in enumerate(given.val)
    ]
    rows = tuple(replace(row, target="red") for row in given.train)
    arm = Rag(inner=Majority(), unknown="not there", abstain_below="val").fit(
        replace(given, train=rows, val=(*known, *unknown))
    )
    texts = [answer.text for answer in arm.answer([row.question for row in (*known, *unknown)])]
    assert texts == ["red"] * len(known) + ["not there"] * len(unknown)
    # Where nothing is gained by silence, everything is asked.
    asked = Rag(inner=Majority(), unknown="not there", abstain_below="val").fit(
        replace(given, train=rows, val=tuple(known))
    )
    assert asked.least == 0


@pytest.mark.parametrize(
    ("settings", "kind", "code"),
    [
        ({"cite": True}, "classify", "T097"),
        ({"unknown": "none"}, "classify", "T097"),
        ({"unknown": "not there", "abstain_below": "val"}, "answer", "T098"),
        ({"rerank": EncoderPart()}, "classify", "T099"),
    ],
)
def test_what_does_not_fit_the_task_is_refused(lesson, settings, kind, code):
    with pytest.raises(TrainError) as caught:
        Rag(inner=Majority(), **settings).fit(replace(lesson(kind), val=()))
    assert [problem.code for problem in caught.value.problems] == [code]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"embed": "my/encoder"}, "embed is read with"),
        ({"unknown": "..."}, "must have a word"),
        ({"abstain_below": 0.2}, "needs `unknown`"),
        ({"language": "klingon"}, "must be one of none, arabic"),
        ({"weight": 1.5, "find": "hybrid"}, "must be a number from 0 to 1 or 'train'"),
        ({"fuse": "learned"}, "is read with `find: hybrid`"),
        ({"fuse": "learned", "find": "hybrid", "weight": 0.3}, "weight is not read"),
        ({"abstain_below": 1.5, "unknown": "no"}, "from 0 to 1"),
    ],
)
def test_settings_that_make_no_sense_together(settings, said):
    from assay.config import make_strategy
    from assay.config.complaints import SettingsError

    with pytest.raises(SettingsError, match=said):
        make_strategy({"kind": "rag", "inner": {"kind": "majority"}, **settings}, {})


def test_the_encoder_is_needed_only_where_vectors_are():
    from assay.config import make_strategy

    def made(**settings):
        return make_strategy({"kind": "rag", "inner": {"kind": "majority"}, **settings}, {})

    assert made().needs("base") == made().encoders() == ()
    assert made(find="dense").needs("base") == made(find="hybrid").encoders() == ("minilm-l6",)
    assert made(chunk="semantic", embed="my/encoder").encoders() == ("my/encoder",)
    assert made(embed={"kind": "encoder", "model": "x"}, find="dense") == made(
        embed="x", find="dense"
    )
    assert made(rewrite="model").needs("base") == ("base",)
    assert "embed" not in made().non_defaults() and made().non_defaults() == {
        "inner": {"kind": "majority"}
    }


def test_the_tokens_of_a_rewriting_are_counted(lesson):
    given = lesson("answer")
    question = given.val[0].question
    plain = Rag(inner=Majority()).fit(given).answer([question])[0]
    written = Rag(inner=Majority(), rewrite="model").fit(given).answer([question])[0]
    assert (plain.prompt_tokens, plain.tokens) == (0, 0)
    assert written.prompt_tokens > 0 and written.tokens > 0


def test_each_part_of_an_answer_tells_its_own_tokens(lesson):
    given = lesson("answer")
    told = []
    answers = (
        Rag(inner=Shots(k=0), rewrite="model")
        .fit(given)
        .answer([row.question for row in given.val], told.append)
    )
    took = {one["part"]: one["tokens"] for one in told if one["event"] == "took"}
    assert list(took) == ["rewrite", "find", "answer"]
    assert took["rewrite"] > 0 and took["find"] == 0 and took["answer"] > 0
    assert sum(took.values()) == sum(one.prompt_tokens + one.tokens for one in answers)


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({"find": "bm25"}, True),
        ({"find": "hybrid"}, True),
        ({"find": "dense"}, False),
        ({"find": "dense", "rewrite": "feedback"}, True),
    ],
)
def test_words_are_counted_once_a_fit_and_only_where_they_are_asked(
    settings, asked, lesson, tmp_path, monkeypatch
):
    told = []

    def watched(texts, stems):
        told.append(len(texts))
        return count_stems(texts, stems)

    monkeypatch.setattr("assay.retrieval.bm25.count_stems", watched)
    given = lesson("answer")
    arm = Rag(inner=Majority(), **settings).fit(given)
    for part in ("inner", "embed"):
        (tmp_path / "arm" / part).mkdir(parents=True)
    arm.save(tmp_path / "arm")
    questions = [example.question for example in given.val]
    before = [answer.passages for answer in arm.answer(questions)]
    again = arm.settings.restore(tmp_path / "arm", given)
    assert [answer.passages for answer in again.answer(questions)] == before
    assert told == ([len(given.documents)] if asked else [])
