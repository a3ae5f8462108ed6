"""An answer is the one that `ChatModel.generate` gives, whoever else is there."""

import pytest
import torch

from assay.core.types import Decoding, Form
from assay.deployment.server.engine import base_arm
from assay.deployment.server.engine_api import Wanted
from helpers.engines import begin, chat, running

SYSTEM = "Answer the question."
TEXTS = (
    "my card",
    "so the taxi then and then again",
    "a",
    "plastic",
    "the lemon has what colour?",
    "money",
    "grass",
)
LONG = "missing taxi and a stolen reader of the shop " * 8
PROMPTS = [
    *(chat(SYSTEM, text) for text in TEXTS),
    *(chat(LONG, text) for text in TEXTS),
    chat("", "no system turn"),
    chat(SYSTEM, "my card", "card", "and my wallet"),
    chat(SYSTEM, LONG),
]


def ending(model, end=1.6):
    """A longer output row for the end token wins more often: some answers end early."""
    with torch.no_grad():
        model.head.weight[model.chat.end[0]] *= end
    return model


@pytest.fixture(scope="module")
def model(open_tiny):
    return ending(open_tiny())


def same(engine, model, prompts, limits, ways):
    """Ask all at once; each answer is that of a call of its own."""
    asked = [
        begin(engine, Wanted("base", prompt, max_tokens=limit, how=how))
        for prompt, limit, how in zip(prompts, limits, ways, strict=True)
    ]
    for heard, prompt, limit, how in zip(asked, prompts, limits, ways, strict=True):
        (alone,) = model.generate([prompt], max_tokens=limit, how=how)
        assert heard.text == alone.text
        assert (heard.last.prompt_tokens, heard.last.written) == (alone.prompt_tokens, alone.tokens)
        assert heard.last.finish == ("length" if alone.truncated else "stop")


@pytest.mark.slow
@pytest.mark.parametrize("slots", [1, 3, 32])
def test_answers_are_those_of_calls_of_their_own(model, slots):
    with running([base_arm(model)], slots=slots) as engine:
        for _ in range(2):  # the second time, beginnings are there
            same(
                engine,
                model,
                PROMPTS,
                [8 + 3 * (i % 5) for i in range(len(PROMPTS))],
                [Decoding()] * len(PROMPTS),
            )


@pytest.mark.slow
def test_each_request_has_a_way_of_its_own(model):
    ways = [
        Decoding(),
        Decoding(temperature=1.0, seed=5),
        Decoding(temperature=0.7, top_p=0.8, seed=6),
        Decoding(stop=("a", "no")),
        Decoding(form=Form("regex", "[a-z ]{2,9}")),
        Decoding(form=Form("choice", '["card", "card lost", "refund"]')),
        Decoding(
            temperature=1.0,
            seed=7,
            form=Form("json", '{"type": "object", "properties": {"a": {"type": "integer"}}}'),
        ),
    ]
    prompts = [PROMPTS[i % 4] for i in range(3 * len(ways))]
    with running([base_arm(model)], slots=8) as engine:
        same(engine, model, prompts, [12] * len(prompts), ways * 3)
