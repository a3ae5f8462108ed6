"""How much of an answer stands in the passages, and how likely a model finds that they say it."""

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


def test_a_model_s_support_is_the_share_of_yes_against_no(open_tiny):
    model = open_tiny()
    asked = [("When?", "May", PASSAGES), ("How long?", "345 metres", PASSAGES)]
    found, prompts = judge_support(model, asked), []
    score = model.score

    def noting(some, options, **more):
        prompts.extend(some)
        return score(some, options, **more)

    model.score = noting
    assert judge_support(model, asked) == found and all(0 < share < 1 for share in found)
    # What is asked about all lies in the prompt, and a shift of both scores changes nothing.
    for (question, answer, _), (_, prompt) in zip(asked, prompts, strict=True):
        for said in (question, answer, *(one.text for one in PASSAGES)):
            assert said in prompt.content
    scores = score(prompts, ["no", "yes"], left=0.0)
    for share, (no, yes) in zip(found, scores, strict=True):
        assert share / (1 - share) == pytest.approx(2.718281828 ** (yes - no), rel=5e-3)
    assert judge_support(model, []) == []
