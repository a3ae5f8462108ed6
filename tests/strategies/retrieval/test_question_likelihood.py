"""A passage's score is the likelihood of the question after it: that of plain transformers on the
same tokens."""

import pytest
import torch

from assay.strategies.retrieval.question_likelihood import QuestionLikelihood, asking

PASSAGES = ["the sky is blue", "a question on the wallet again", "grass"]


def test_scores_are_the_likelihood_of_the_question(lesson, open_tiny):
    given = lesson("answer")
    (scores,) = QuestionLikelihood().fit(given).scores(["What colour is the sky?"], [PASSAGES])
    model = open_tiny()
    answer = model.chat.answer("What colour is the sky?")
    for score, passage in zip(scores, PASSAGES, strict=True):
        prompt, _ = model.chat.prompt(asking(passage))
        with torch.inference_mode():
            logits = model.network(torch.tensor([prompt + answer])).logits[0].log_softmax(-1)
        expected = sum(float(logits[len(prompt) - 1 + i, token]) for i, token in enumerate(answer))
        assert score == pytest.approx(expected, abs=1e-3)


def test_a_question_without_candidates_has_no_scores(lesson):
    ranking = QuestionLikelihood().fit(lesson("answer"))
    first, second = ranking.scores(["a", "b"], [[], PASSAGES[:1]])
    assert first.shape == (0,) and second.shape == (1,)
