"""What speaks for a run of tokens, by hand."""

import json

import numpy as np
import pytest

from assay.strategies.linear.word_ranking import WordOrder
from assay.strategies.spans.span_candidates import PassageTokens
from assay.strategies.spans.span_features import FORMS, Known, features


def test_columns_say_form_and_nearness():
    passage = PassageTokens("Ann paid 25 crowns.")
    order = WordOrder.over(["Ann paid 25 crowns.", "Bo saw it."])
    known = Known(("who",), ("the",), ("paid",), ("crowns",), ("crowns",))
    places = np.array([[0, 1], [2, 3], [2, 4]])
    made = features(known, order, "Who paid 25 crowns?", passage, np.zeros((1, 4)), places)
    assert made.shape == (3, known.width) and made.dtype == np.float32
    # one token; has a digit
    assert made[:, 1].tolist() == [1, 1, 0] and made[:, 6].tolist() == [0, 1, 1]
    # The question's three stems are equally rare: a third of them stands in "25", two in "25
    # crowns", none in "Ann".
    assert made[:, FORMS].tolist() == pytest.approx([0, 1 / 3, 2 / 3])
    assert made[:, -3:].tolist() == [[0, 0, 0], [1, 1, 0], [1, 0, 1]]
    assert known.question_features("Who is it?").tolist() == [1, 0.25]


def test_words_have_columns_where_train_has_them_often():
    asked = ["Who saw it?", "Who said so?"]
    answers = [("by", "Ann Lee", "."), ("by", "Bo Lee", ","), ("to", "Cy Lee", ".")]
    known = Known.of(asked, ["it was seen by all, and by none"] * 9, answers)
    assert "who" in known.cues and known.common[0] == "by"
    assert known.before == ("by", "to") and known.behind == (".", ",")
    # `lee` is in three answers, more than its share of the texts; the first names are in one each.
    assert known.inside == ("lee",)
    assert Known.from_json(json.loads(json.dumps(known.to_json()))) == known


def test_columns_say_what_of_the_question_stands_before_and_behind_in_the_same_sentence():
    text = "Ann met Bo , Cy , Di and paid . Bo paid"
    passage = PassageTokens(text)
    order = WordOrder.over([text, "Eve saw it."])
    known = Known((), (), (), (), ())
    places = np.array([[0, 1], [4, 5], [9, 10], [10, 11]])  # Ann, Cy, the first full stop, Bo
    made = features(known, order, "paid", passage, np.zeros((2, 4)), places)
    # "paid" within 2, 5 and 12 tokens, each time before and then behind
    assert made[:, FORMS + 12 : FORMS + 18].tolist() == [
        [0, 0, 0, 0, 0, 1],
        [0, 0, 0, 1, 0, 1],
        [1, 0, 1, 0, 1, 0],
        [0, 1, 0, 1, 0, 1],
    ]
