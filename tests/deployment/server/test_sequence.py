"""A prompt's own tokens, told before the answer's, and what a client is told of its request."""

import math

import pytest
import torch

from assay.core.errors import ModelError, Problem
from assay.deployment.server.engine import base_arm
from assay.deployment.server.engine_api import Piece, Wanted
from assay.deployment.server.sequence import GONE, Request, describe_fault
from helpers.engines import begin, running


@pytest.fixture(scope="module")
def model(open_tiny):
    return open_tiny()


@pytest.fixture
def engine(model):
    with running([base_arm(model)]) as engine:
        yield engine


def plain(model, ids):
    """Log-softmax of a plain forward pass, float64 (tokens, vocabulary)."""
    with torch.inference_mode():
        return model.network(torch.tensor([ids])).logits[0].double().log_softmax(-1)


@pytest.mark.parametrize("limit", [0, 1, 4])
@pytest.mark.parametrize("long", [1, 30])
def test_echo_says_how_likely_the_prompt_is(model, engine, limit, long):
    """What lm-eval's local-completions asks of a server, to score a text."""
    ids = model.chat.text_ids("the lemon has what colour? " * long)
    for _ in range(2):  # kept beginnings have no logits: they are not used
        heard = begin(engine, Wanted("base", text=tuple(ids), max_tokens=limit, top=2, echo=True))
        tokens = heard.tokens
        assert [told.id for told in tokens[: len(ids)]] == ids and len(tokens) - len(
            ids
        ) == heard.last.written
        assert tokens[0].logprob is None and tokens[0].top == ()
        logs = plain(model, [told.id for told in tokens])
        for told, row in zip(tokens[1:], logs, strict=False):
            assert told.logprob == pytest.approx(float(row[told.id]), abs=1e-4)
            assert told.top[0][1] == pytest.approx(float(row.max()), abs=1e-4)
        assert heard.text.startswith("the lemon has what colour?")
        assert heard.last.prompt_tokens == len(ids)


def test_echo_without_likelihoods_is_the_text(engine):
    heard = begin(engine, Wanted("base", text="my card ", max_tokens=0, echo=True))
    assert (heard.text, heard.tokens, heard.last.finish) == ("my card ", [], "length")


def test_a_completion_goes_on_where_the_text_ends(model, engine):
    """White space is part of it."""
    ids = model.chat.text_ids("so the taxi")
    heard = begin(engine, Wanted("base", text="so the taxi", max_tokens=12, top=0))
    now = list(ids)
    for told in heard.tokens:
        assert told.id == int(plain(model, now)[-1].argmax())
        now.append(told.id)
    assert heard.text == model.chat.tokenizer.decode(now[len(ids) :], skip_special_tokens=True)


# --- one request ----------------------------------------------------------------------------------


def test_nothing_is_said_after_the_end():
    said = []
    request = Request(0, Wanted("base"), said.append, until=math.inf)
    for piece in (Piece("a "), Piece("b", finish="stop"), Piece("c")):
        request.say(piece)
    request.fail("too late")
    assert said == [Piece("a "), Piece("b", finish="stop")] and request.over


def test_a_client_that_has_left_hears_nothing_and_its_request_is_given_up():
    said, woken = [], []
    request = Request(0, Wanted("base"), said.append, math.inf, wake=lambda: woken.append(True))
    assert request.late() == ""
    request.cancel()
    request.say(Piece("a"))
    assert said == [] and woken == [True] and request.late() == GONE


def test_a_request_whose_time_is_over_is_given_up():
    assert "time" in Request(0, Wanted("base"), print, until=-math.inf).late()


def test_a_fault_is_told_in_one_line():
    assert describe_fault(ValueError("first\nsecond")) == "ValueError: first"
    fault = ModelError(Problem("M061", "the form is too large", "base"))
    assert "M061" in describe_fault(fault) and "\n" not in describe_fault(fault)
