"""The sentences in the middle of a text are taken, as many as train says."""

from assay.core.types import Answer
from assay.strategies.baselines.centrality import Centrality
from helpers.summaries import lesson, row

TEXT = (
    "It rained all day. The pump of the house failed. The pump was old. A new pump for the house"
    " was bought."
)


def test_the_sentence_in_the_middle_is_taken(tmp_path):
    rows = [row(i, TEXT, "The pump of the house failed.") for i in range(3)]
    arm = Centrality(sentences=1, beginning=0).fit(lesson(rows))
    (answer,) = arm.answer([rows[0].question])
    # Three speak of the pump, two of them of the house too; of these two the shorter one is more
    # like the third.
    assert answer.text == "The pump of the house failed."
    arm.save(tmp_path)
    assert Centrality(sentences=1, beginning=0).restore(tmp_path, lesson(())).answer([rows[0]]) == [
        answer
    ]
    assert arm.answer([row(9, " ", "x").question]) == [Answer("", raw="")]


def test_train_says_how_many_sentences():
    of_the_pump = [row(i, TEXT, TEXT.partition(". ")[2]) for i in range(3)]
    arm = Centrality().fit(lesson(of_the_pump))
    assert arm.sentences == 3
    assert [answer.text for answer in arm.answer(of_the_pump)] == [
        one.target for one in of_the_pump
    ]
