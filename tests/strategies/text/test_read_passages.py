"""Passages are those of the row, or are found in the documents where rows have none."""

from dataclasses import replace

import pytest

from assay.core.errors import TrainError
from assay.core.types import Adapted, Answer, Document
from assay.strategies.baselines.best_sentence import BestSentence
from assay.strategies.retrieval.rag import Rag
from assay.strategies.text.read_passages import RetrieveThenAnswer, read, restore_with_passages
from helpers.passage_rows import BRIDGE, lesson, row

DOCUMENTS = (
    Document("bridge", BRIDGE),
    Document("tower", "The tower was built by Carl Dahl. It is red."),
)


class FirstWords(Adapted):
    """Says the first three words of the first passage that it is handed."""

    def answer(self, questions, tell=None):
        return [Answer(" ".join(one.context[0].text.split()[:3])) for one in questions]

    def save(self, folder):
        pass


def test_rows_with_passages_of_their_own_are_fitted_on_as_they_are():
    given, seen = lesson([row("Who opened it?", "Anna Berg")], documents=DOCUMENTS), []
    arm = read(BestSentence(), 1, given, lambda own: seen.append(own) or FirstWords())
    assert seen == [given] and isinstance(arm, FirstWords)


def test_rows_without_passages_learn_from_those_that_are_found_and_are_asked_with_them(tmp_path):
    rows, seen = [row("Who built the tower?", "Carl Dahl", "")], []
    given = lesson(rows, documents=DOCUMENTS)
    arm = read(BestSentence(), 1, given, lambda own: seen.append(own) or FirstWords())
    assert [[one.id for one in own.context] for own in seen[0].train] == [["tower#1"]]
    (answer,) = arm.answer(rows)
    assert (answer.text, answer.passages) == ("The tower was", ("tower#1",))
    assert answer.support == 1, "all of its words stand in the passage"
    arm.save(tmp_path)
    again = restore_with_passages(1, tmp_path, lesson(()), lambda folder, own: FirstWords())
    assert again.answer(rows) == [answer]


def test_an_arm_that_names_documents_is_answered_for_by_their_passages():
    class Names(FirstWords):
        def answer(self, questions, tell=None):
            return [replace(one, passages=("bridge",)) for one in super().answer(questions)]

    arm = read(
        BestSentence(), 1, lesson([row("Who?", "x", "")], documents=DOCUMENTS), lambda own: Names()
    )
    assert isinstance(arm, RetrieveThenAnswer)
    (answer,) = arm.answer([row("Who built the tower?", None, "")])
    assert answer.passages == ("bridge#1",)
    assert answer.support == pytest.approx(2 / 3, abs=1e-4)  # `tower` stands in no passage of it


def test_without_any_text_the_strategy_that_asks_is_named():
    with pytest.raises(TrainError) as caught:
        read(BestSentence(), 1, lesson([row("Who?", "me", "")]), lambda own: FirstWords())
    (problem,) = caught.value.problems
    assert problem.code == "T056" and problem.text.startswith("best_sentence ")


def test_where_rows_have_no_context_the_documents_are_searched(tmp_path):
    rows = [
        row("Who built the tower?", "Carl Dahl", ""),
        row("Who opened the bridge?", "Anna Berg", ""),
    ]
    arm = BestSentence().fit(lesson(rows, documents=DOCUMENTS))
    answers = arm.answer(rows)
    assert [a.text for a in answers] == ["Carl Dahl", "Anna Berg"]
    assert answers[0].passages[0] == "tower#1" and answers[0].support == 1
    arm.save(tmp_path)
    assert BestSentence().restore(tmp_path, lesson(())).answer(rows) == answers
    inside = Rag(inner=BestSentence()).fit(lesson(rows, documents=DOCUMENTS))
    assert [a.text for a in inside.answer(rows)] == ["Carl Dahl", "Anna Berg"]
