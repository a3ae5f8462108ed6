"""An arm that asks a model. One that cannot score writes its label, in the form of a choice, and is
read leniently; a letter is held to the options of its question."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from assay.core.types import Answer, Example, Message, Task
from assay.models.remote.endpoint import Endpoint
from assay.models.remote.remote_model import RemoteModel
from assay.strategies.prompting.prompted_arm import Prompted, among, answer_room, best_label
from assay.tasks.parsing import AnswerParser
from helpers.services import Service, reply, serving

TASK = Task(kind="classify", labels=("card", "card lost", "refund"))
LOGPROBS = {"content": [{"logprob": -0.25}, {"logprob": -0.25}]}


def said(text: str, **more) -> dict:
    value = reply(text)
    value["choices"][0] |= more
    return value


@pytest.fixture
def ask():
    """`ask(answer, ...)`: what an arm makes of these answers of a service, one a question."""
    with serving(Service()) as service:

        def answered(*values, task=TASK):
            service.acts = [lambda handler, _, value=value: handler.send(value) for value in values]
            model = RemoteModel("there", Endpoint(url=service.url, model="m", concurrency=1))
            questions = [Example(str(i), (Message("user", f"q{i}"),)) for i in range(len(values))]
            found = Prompted(model, task, labels=True, room=8).answer(questions)
            model.client.close()
            return found, service.asked

        yield answered


def test_a_label_is_asked_for_as_a_choice_and_has_the_likelihood_as_its_confidence(ask):
    (one,), asked = ask(said('{"label": "card lost"}', logprobs=LOGPROBS))
    assert (one.text, one.scores, one.confidence) == ("card lost", (), 0.6065)  # e**-0.5
    schema = asked[0]["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["label"]["enum"] == list(TASK.labels)


LABELS = tuple(f"{verb} {what}" for verb in ("card", "top up", "refund") for what in "abcdefgh")


def test_where_the_text_alone_is_read_it_is_the_same_and_takes_less(open_tiny):
    model, asked = open_tiny("tiny"), []
    questions = [Example(str(i), (Message("user", f"q{i} card " * 3),)) for i in range(12)]
    arm = Prompted(model, TASK.model_copy(update={"labels": LABELS}), labels=False, room=8)
    forward = model.body.forward

    def count(*args, **given):
        asked.append(given["input_ids"].numel())
        return forward(*args, **given)

    model.body.forward = count
    whole, tokens = arm.answer(questions), sum(asked)
    asked.clear()
    rough = arm.answer_text(questions)
    assert [one.text for one in rough] == [one.text for one in whole]
    assert sum(asked) < tokens and arm.answer(questions) == whole


@pytest.mark.slow
def test_plain_words_are_read_leniently_and_what_names_no_label_or_two_is_nothing(ask):
    found, _ = ask(
        said("Card lost."), said("It is a refund"), said("refund or card"), said("hello"), said("")
    )
    assert [one.text for one in found] == ["card lost", "refund", None, None, None]
    assert all(one.confidence is None for one in found) and found[3].raw == "hello"


def test_a_refusal_is_no_answer_even_where_it_names_a_label(ask):
    (one,), _ = ask(json.loads(json.dumps(reply(None, refusal="No refund from me"))))
    assert one.text is None and one.refused and one.raw == "No refund from me"


def test_a_written_answer_has_no_form(ask):
    (one,), asked = ask(said("a red one\nand more"), task=Task(kind="answer"))
    assert one.text == "a red one" and one.confidence is None and "response_format" not in asked[0]


def test_a_letter_that_was_written_is_held_to_the_row():
    task = Task(kind="choose", labels=("A", "B", "C"))
    two, three = (
        Example("q", (Message("user", "which is a place"),), options=options)
        for options in (("red", "oslo"), ("red", "blue", "oslo"))
    )
    assert among(task, two, Answer("C", raw="C"), AnswerParser(task)).text is None
    assert among(task, two, Answer(None, raw="It is oslo."), AnswerParser(task)).text == "B"
    assert among(task, three, Answer("C", raw="C"), AnswerParser(task)).text == "C"


@pytest.mark.parametrize(
    ("labels", "scores", "text", "confidence"),
    [
        ("abc", [0.1, 0.7, 0.2], "b", 0.7),
        ("abc", [0.2, 0.4, 0.4], "b", 0.4),  # of equals the first
        ("abc", [0.01, 0.02, 0.01], "b", 0.5),  # its share among the labels
    ],
)
def test_the_likeliest_label_is_the_answer(labels, scores, text, confidence):
    answer = best_label(labels, np.log(scores))
    assert answer.text == answer.raw == text
    assert answer.confidence == pytest.approx(confidence, abs=1e-6)


def test_an_answer_has_room_for_half_as_much_again_as_the_longest_target():
    model = SimpleNamespace(count_tokens=lambda messages: 4 + len(messages[0].content.split()))
    rows = [Example(str(n), (Message("user", "q"),), "word " * n) for n in (3, 10)]
    lesson = SimpleNamespace(task=Task(kind="answer"), train=rows)
    assert answer_room(lesson, model) == 10 * 3 // 2 + 4
    own = SimpleNamespace(task=Task(kind="answer", max_answer_tokens=7), train=rows)
    assert answer_room(own, model) == 7
