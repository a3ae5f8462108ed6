"""Rows of a network that cannot be computed side by side."""

import pytest

from assay.core.types import Decoding
from assay.deployment.server.engine import base_arm
from assay.deployment.server.engine_api import Wanted
from helpers.engines import begin, chat, running

pytestmark = pytest.mark.usefixtures("one_thread")


def test_models_that_cannot_be_computed_side_by_side_answer_in_turn(open_tiny):
    model, plain = open_tiny(), open_tiny()
    vars(model)["takes_trees"] = False
    prompts = [
        chat("Answer the question.", f"{text} again")
        for text in ("taxi", "card", "a", "b", "c", "d")
    ]
    with running([base_arm(model)], slots=3) as engine:
        ways = [Decoding(), Decoding(temperature=1.0, seed=3), Decoding(stop=("a",))] * 2
        asked = [
            begin(engine, Wanted("base", prompt, max_tokens=7, how=how, top=1))
            for prompt, how in zip(prompts, ways, strict=True)
        ]
        for heard, prompt, how in zip(asked, prompts, ways, strict=True):
            assert heard.text == plain.generate([prompt], max_tokens=7, how=how)[0].text
            assert len(heard.tokens) == heard.last.written
        echo = begin(engine, Wanted("base", text="the taxi", max_tokens=1, echo=True, top=1))
        assert len(echo.tokens) == echo.last.prompt_tokens + 1
