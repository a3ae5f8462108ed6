"""The nouns of asking: what an answer holds survives a file, and what a part of it took is told."""

import json

import pytest

from assay.core.answers import GREEDY, Answer, Decoding, Generated, took


def test_an_answer_comes_back_from_json_as_it_was():
    answer = Answer(
        "a",
        raw="It is a.",
        scores=(-0.1, -2.5),
        confidence=0.9,
        passages=("p1",),
        samples=("x", None),
        sampled=("passed", "not parsed"),
        ran=("passed", 0, ""),
        nats=3.5,
    )
    assert Answer.from_json(json.loads(json.dumps(answer.to_json()))) == answer
    assert Answer.from_json(Answer(None).to_json()) == Answer(None)


def test_what_was_written_is_the_same_whatever_its_likelihoods_last_bits():
    one, two = (Generated("a", 3, 1, False, logprob=value) for value in (-0.5, -0.5000001))
    assert one == two and one != Generated("b", 3, 1, False, logprob=-0.5)


def test_a_part_is_told_with_the_tokens_of_all_that_it_made():
    heard = []
    with took(heard.append, "retrieval") as made:
        made += [Answer("a", prompt_tokens=5, tokens=2), Generated("b", 3, 1, False)]
    (event,) = heard
    assert (event["event"], event["part"], event["tokens"]) == ("took", "retrieval", 11)
    assert event["seconds"] >= 0
    with took(None, "nobody hears it"):
        pass


def test_a_part_that_fails_is_not_told():
    heard = []
    with pytest.raises(ValueError), took(heard.append, "part"):
        raise ValueError
    assert heard == []


def test_by_default_the_likeliest_token_is_taken():
    assert Decoding() == GREEDY and GREEDY.temperature == 0 and GREEDY.form is None
