"""The piece of a sentence that a question word asks for."""

import pytest

from assay.retrieval.stemming import Stems
from assay.strategies.spans.typed_answers import extract_by_type
from helpers.passage_rows import BRIDGE


@pytest.mark.parametrize(
    ("question", "sentence", "piece"),
    [
        ("Who opened the bridge?", BRIDGE.split(". ")[0], "Anna Berg"),
        ("When was the bridge opened?", BRIDGE.split(". ")[0], "May 1931"),
        ("How long is it in metres?", "It is 345 metres long.", "345"),
        (
            "How many crowns did it cost?",
            "It is 345 metres long and cost 2.5 million crowns.",
            "2.5 million",
        ),
        ("What crossed the bridge?", "Trams crossed the bridge.", "Trams"),
        ("Who was it?", "nobody knows.", ""),
    ],
)
def test_the_piece_has_the_type_that_is_asked_for(question, sentence, piece):
    assert extract_by_type(question, sentence, Stems("english")) == piece


@pytest.mark.parametrize(
    ("question", "piece"),
    [
        # Both are numbers: the one beside a word of the question is taken.
        ("How many rooms does it have?", "12"),
        ("How many floors does it have?", "3"),
        ("What year was it built?", "1931"),
        # A name that the question has is no answer to it.
        ("Who asked Carl Dahl?", "Anna Berg"),
    ],
)
def test_of_several_pieces_the_one_nearest_to_the_question_s_words_is_taken(question, piece):
    sentence = "Built in 1931, it has 12 rooms on 3 floors, which Anna Berg asked Carl Dahl for."
    assert extract_by_type(question, sentence, Stems("english")) == piece
