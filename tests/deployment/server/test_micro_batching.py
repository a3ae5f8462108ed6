"""Chosen answers are gathered into calls, and are those of the exam."""

from dataclasses import replace

import numpy as np
import pytest

from assay.deployment.server.engine_api import Wanted
from helpers.engines import begin, chat, fit_arm, running

pytestmark = pytest.mark.usefixtures("one_thread")

LABELS = (
    {"kind": "majority"},
    {"kind": "tfidf"},
    {"kind": "shots", "k": 2},
    {"kind": "lora", "rank": 4, "epochs": 1},
)


ROUTED = {
    "kind": "router",
    "threshold": 0.5,
    "cheap": {"kind": "tfidf"},
    "strong": {"kind": "shots", "k": 0},
}


def conversation(example):
    return example.question.messages


@pytest.mark.slow
@pytest.mark.parametrize("settings", [*LABELS, ROUTED], ids=lambda s: s["kind"])
def test_labels_are_those_of_the_exam(lesson, settings):
    arm = fit_arm("classify", settings, lesson)
    rows = lesson("classify").val
    expected = arm.adapted.answer([row.question for row in rows])
    with running([arm]) as engine:
        (served,) = engine.list_models()
        assert not served.writes and served.room == 0
        asked = [begin(engine, Wanted("arm", conversation(row), top=1)) for row in rows]
        for heard, answer in zip(asked, expected, strict=True):
            assert (
                heard.text == answer.text and heard.last.finish == "stop" and len(heard.pieces) == 1
            )
            assert (heard.last.prompt_tokens, heard.last.written) == (
                answer.prompt_tokens,
                answer.tokens,
            )
            if answer.confidence:
                assert np.exp(heard.tokens[0].logprob) == pytest.approx(answer.confidence)


def test_a_question_that_a_floor_fails_on_ends_itself_alone(lesson):
    arm = fit_arm("classify", {"kind": "tfidf"}, lesson)
    answer = arm.adapted.answer

    class Picky(type(arm.adapted)):
        def answer(self, questions, tell=None):
            if any("bad" in q.text for q in questions):
                raise ValueError("not this one")
            return answer(questions, tell)

    picky = Picky.__new__(Picky)
    vars(picky).update(vars(arm.adapted))
    with running([replace(arm, adapted=picky)]) as engine:
        asked = [begin(engine, Wanted("arm", chat("", text))) for text in ("stolen", "bad", "shop")]
        assert [heard.last.finish for heard in asked] == ["stop", "error", "stop"]
        assert asked[1].last.error == "ValueError: not this one"
