"""The best sentence, a piece of it, or the whole document, whichever train wants."""

from dataclasses import replace

import numpy as np
import pytest

from assay.core.errors import TrainError
from assay.core.types import Document, Means, Task
from assay.strategies.baselines.best_sentence import BestSentence
from assay.strategies.retrieval.rag import Rag
from helpers.passage_rows import BRIDGE, TASK, lesson, row


def test_the_sentence_with_the_words_of_the_question_is_the_answer(tmp_path):
    rows = [
        row("Until when did trams cross it?", "1968"),
        row("Who opened the bridge?", "Anna Berg"),
    ]
    arm = BestSentence(sentences=1).fit(lesson(rows))
    answers = arm.answer(rows)
    assert [a.text for a in answers] == [BRIDGE.split(". ")[2], BRIDGE.split(". ")[0] + "."]
    arm.save(tmp_path)
    assert BestSentence(sentences=1).restore(tmp_path, lesson(())).answer(rows) == answers
    assert arm.answer([row("Who?", None, "")])[0].text == ""


def test_train_says_whether_a_piece_or_a_sentence_is_wanted():
    pieces = [
        row("Who opened the bridge?", "Anna Berg"),
        row("How many crowns did it cost?", "2.5 million"),
    ]
    arm = BestSentence().fit(lesson(pieces))
    assert [answer.text for answer in arm.answer(pieces)] == ["Anna Berg", "2.5 million"]
    whole = [row("Who opened the bridge?", BRIDGE.split(". ")[0])]
    assert BestSentence().fit(lesson(whole)).answer(whole)[0].text == whole[0].target + "."


def test_the_whole_document_that_a_passage_is_from_is_an_answer(tmp_path):
    long = "The tower is red. " * 40 + "It was built by Carl Dahl."  # two passages
    documents = (Document("bridge", BRIDGE), Document("tower", long))
    rows = [row("Who built the red tower?", long, ""), row("Who opened the bridge?", BRIDGE, "")]
    arm = BestSentence().fit(lesson(rows, documents=documents))
    answers = arm.answer(rows)
    assert [a.text for a in answers] == [long, BRIDGE]
    arm.save(tmp_path)
    assert BestSentence().restore(tmp_path, lesson(())).answer(rows) == answers
    given = BestSentence(sentences=-2).fit(lesson([row("Who?", "Anna Berg")], documents=documents))
    assert (
        given.answer([row("Who?", None)])[0].text == BRIDGE
    )  # a row's own context is its document


def test_without_a_text_and_for_other_kinds_it_is_refused():
    with pytest.raises(TrainError) as caught:
        BestSentence().fit(lesson([row("Who?", "me", "")]))
    assert [problem.code for problem in caught.value.problems] == ["T056"]
    assert [problem.code for problem in BestSentence().unfit(Task(kind="classify"))] == ["T057"]
    assert not [*BestSentence().unfit(TASK)]


def test_where_answers_are_whole_documents_the_one_that_fits_best_is_given(tmp_path):
    told = (
        "Beans keep for a month in a dark jar. Grind them late.",
        "Water of 93 degrees suits most roasts. Not more.",
    )
    papers = tuple(Document(f"d{at}", text) for at, text in enumerate(told))
    rows = [
        row("How long do beans keep?", told[0], ""),
        row("Which water suits a roast?", told[1], ""),
    ]
    given = lesson(rows, Task(kind="answer", metric="token_f1"), papers)
    arm = BestSentence(top=2).fit(given)
    assert [answer.text for answer in arm.answer(rows)] == list(told)
    arm.save(tmp_path)
    assert [
        answer.text for answer in BestSentence(top=2).restore(tmp_path, given).answer(rows)
    ] == list(told)


def test_a_whole_document_is_found_among_all(tmp_path):
    # Each of the others has two words of the question, and the document one in each passage.
    papers = (
        Document("a", "Sand, tar."),
        Document("b", "Tar, sailors."),
        Document("c", "Sailors, sand."),
    )
    long = " ".join(
        f"{word}. " * 5 + "We wrote it all down. " * 16 for word in ("Sand", "Tar", "Sailors")
    ).strip()
    rows = [row("Why sand, tar and sailors?", long, "")]
    given = lesson(rows, Task(kind="answer", metric="token_f1"), (*papers, Document("paper", long)))
    arm = BestSentence(top=2).fit(given)
    (answer,) = answers = arm.answer(rows)
    assert (answer.text, answer.support, set(answer.passages)) == (
        long,
        1,
        {"paper#1", "paper#2", "paper#3"},
    )
    arm.save(tmp_path)
    assert BestSentence(top=2).restore(tmp_path, given).answer(rows) == answers
    # What a search has left out, by its rules or its order, is not the answer either.
    inside = Rag(top=2, inner=BestSentence(sentences=-2)).fit(given)
    assert inside.answer(rows)[0].text in {one.text for one in papers}


def test_whole_documents_are_found_by_words_and_meaning(tmp_path):
    papers = (
        Document("tea", "Green leaves in hot water."),
        Document("bread", "Flour, salt, water."),
    )
    rows = [row("What is tea?", papers[0].text, ""), row("What is in flour?", papers[1].text, "")]

    def embed(texts):
        return np.array(
            [[1, 0] if "tea" in text or "leaves" in text else [0, 1] for text in texts], np.float32
        )

    given = replace(
        lesson(rows, Task(kind="answer", metric="token_f1"), papers), means=Means(embed=embed)
    )
    arm = BestSentence(by="both", top=1).fit(given)
    answers = arm.answer(rows)
    assert [answer.text for answer in answers] == [paper.text for paper in papers]
    arm.save(tmp_path)
    assert BestSentence(by="both", top=1).restore(tmp_path, given).answer(rows) == answers
