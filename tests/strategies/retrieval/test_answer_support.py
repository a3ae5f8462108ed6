"""How much of an answer stands in the passages, and how likely a model finds that they say it."""

import math

import pytest

from assay.core.types import Document
from assay.strategies.retrieval.answer_support import judge_support, word_support

PASSAGES = [Document("a", "The bridge was opened in May."), Document("b", "It is 345 metres long.")]


@pytest.mark.parametrize(
    ("answer", "share"),
    [
        ("In MAY, the Bridge!", 1.0),
        ("the bridge is 345 feet long", 5 / 6),  # from both passages; `feet` stands in none
        ("bridge bridge tower", 2 / 3),  # a word counts as often as it is said
        ("tower", 0.0),
    ],
)
def test_it_is_the_share_of_the_answer_s_words_that_stand_in_the_passages(answer, share):
    assert word_support(answer, PASSAGES) == pytest.approx(share, abs=1e-4)


def test_an_answer_without_a_word_has_none_and_without_passages_nothing_is_supported():
    assert word_support("?!", PASSAGES) is None and word_support("", PASSAGES) is None
    assert word_support("May", []) == 0


def test_a_model_s_support_is_how_likely_it_says_yes_rather_than_no(open_tiny):
    model, prompts = open_tiny(), []
    score = model.score

    def noting(some, options, **more):
        prompts.extend(some)
        return score(some, options, **more)

    model.score = noting
    asked = [("When?", "May", PASSAGES), ("How long?", "345 metres", PASSAGES)]
    found = judge_support(model, asked)
    for (question, answer, _), (_, prompt) in zip(asked, prompts, strict=True):
        assert all(said in prompt.content for said in (question, answer, PASSAGES[0].text))
    for share, (no, yes) in zip(found, score(prompts, ["no", "yes"], left=0.0), strict=True):
        assert share == pytest.approx(1 / (1 + math.exp(no - yes)), abs=1e-4)
    assert judge_support(model, []) == []
