"""The whole document that fits a question best, by its words, its meaning, or both."""

import numpy as np
import pytest

from assay.core.types import Document, Means
from assay.strategies.text.whole_documents import WholeDocuments
from helpers.passage_rows import row

PAPERS = (
    Document("tea", "Green leaves in hot water."),
    Document("bread", "Flour, salt and water."),
    Document("soup", "Water, salt."),
)


def embed(texts):
    """The first direction is tea, the second anything else."""
    return np.array([[1, 0] if "ea" in text else [0, 1] for text in texts], np.float32)


MEANS = Means(embed=embed)


def found(arm, *questions):
    return [answer.passages for answer in arm.answer([row(one, None, "") for one in questions])]


def test_by_words_a_rare_one_counts_more_than_one_that_all_documents_have():
    arm = WholeDocuments.over(PAPERS, "words", Means())
    assert found(arm, "water and flour?", "Which leaves?") == [("bread",), ("tea",)]


def test_by_meaning_the_words_do_not_count():
    arm = WholeDocuments.over(PAPERS, "vectors", MEANS)
    assert found(arm, "A cup of tea with flour") == [("tea",)]


def test_by_both_the_sum_of_standard_scores_decides():
    arm = WholeDocuments.over(PAPERS, "both", MEANS)
    # By meaning bread and soup are equal; the words decide between them.
    assert found(arm, "flour", "salt and water") == [("bread",), ("soup",)]


@pytest.mark.parametrize("by", ["words", "vectors"])
def test_of_equals_the_first_is_given(by):
    arm = WholeDocuments.over(PAPERS[1:], by, MEANS)
    assert found(arm, "nothing of this") == [("bread",)]


@pytest.mark.parametrize("by", ["words", "vectors", "both"])
def test_an_answer_is_the_text_and_it_comes_back_from_its_files(tmp_path, by):
    arm = WholeDocuments.over(PAPERS, by, MEANS)
    asked = [row("Which leaves are tea?", None, ""), row("flour", None, "")]
    answers = arm.answer(asked)
    assert answers[0].text == answers[0].raw == PAPERS[0].text
    arm.save(tmp_path)
    assert WholeDocuments.restored(tmp_path, MEANS).answer(asked) == answers
    assert arm.answer([]) == []
