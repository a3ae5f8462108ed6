"""A model behind an address, against a service on real sockets that fails in every way that
services do."""

import threading

import pytest

from assay.core.answers import Decoding, Form, LanguageModel
from assay.core.errors import ResourceError, Stopped
from assay.core.types import Message
from helpers.problems import problem
from helpers.remote_models import KEY, ask, texts
from helpers.services import (
    answers,
    error,
    raw,
    reply,
    slow,
    status,
    streams,
)

# --- what is asked and answered -------------------------------------------------------------------


def test_it_is_a_language_model_that_cannot_score(opened):
    model = opened()
    assert isinstance(model, LanguageModel) and not model.can_score


def test_answers_stand_in_the_order_of_the_questions(service, opened):
    said = [threading.Event() for _ in range(9)]  # of each question, and of one after the last
    said[8].set()

    def answer(body):
        number = int(body["messages"][-1]["content"])
        said[number + 1].wait(60)
        said[number].set()
        return f"n{number}"

    service.answer = answer
    assert texts(opened(concurrency=8), *map(str, range(8))) == [f"n{i}" for i in range(8)]
    assert {body["path"] for body in service.asked} == {"/v1/chat/completions"}
    assert {headers["Authorization"] for headers in service.headers} == {f"Bearer {KEY}"}


@pytest.mark.parametrize("said", ['{"label": "blue"}', "blue", '"blue"', ' {"label":"blue"}\n'])
def test_a_choice_is_read_with_and_without_its_object(service, opened, said):
    service.answer = lambda body: said
    how = Decoding(form=Form("choice", '["red", "blue"]'))
    assert texts(opened(), "which", how=how) == ["blue"]


@pytest.mark.slow
def test_what_the_service_does_not_take_is_left_out_and_said_once(service, opened):
    told = []
    model = opened(
        status(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        status(400, "response_format of type json_schema is not supported"),
        status(422, "logprobs: extra fields not permitted"),
        tell=told.append,
        concurrency=1,
    )
    assert texts(model, "a", "b", how=Decoding(form=Form("choice", '["A", "B"]'))) == ["A", "B"]
    assert len(service.asked) == 5  # three lessons, then each question once
    last = service.asked[-1]
    assert last["max_completion_tokens"] == 8 and not {
        "max_tokens",
        "response_format",
        "logprobs",
    } & set(last)
    assert [e["code"] for e in told if e["event"] == "warning"] == ["M066", "M066"]


def test_the_tokens_are_those_that_the_service_has_counted(opened):
    (one,) = opened(
        answers(text="a b c", usage={"prompt_tokens": 77, "completion_tokens": 3})
    ).generate([ask("q")], max_tokens=9)
    assert (one.prompt_tokens, one.tokens) == (77, 3)


def test_a_cut_answer_is_marked(opened):
    (one,) = opened(answers(text="a b", finish="length")).generate([ask("q")], max_tokens=2)
    assert one.truncated and not one.refused


def test_a_stream_comes_in_pieces(opened):
    assert list(opened(streams("Hel", "lo ", "there")).stream(ask("q"), max_tokens=9)) == [
        "Hel",
        "lo ",
        "there",
    ]


# --- refusals -------------------------------------------------------------------------------------

REFUSALS = {
    "message": answers(text=None, refusal="I can't help with that."),
    "filter of the answer": answers(text="par", finish="content_filter"),
    "filter of the prompt": error(400, message="The response was filtered", code="content_filter"),
}


@pytest.mark.parametrize("act", REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_an_answer_that_is_marked_and_kept(service, opened, act):
    model = opened(act)
    (one,) = model.generate([ask("q")], max_tokens=9)
    assert one.refused
    assert model.generate([ask("q")], max_tokens=9) == [one] and len(service.asked) == 1


# --- what is kept ---------------------------------------------------------------------------------


def test_nothing_is_asked_twice_and_no_question_is_written(service, opened, tmp_path):
    assert texts(opened(), "secret one", "secret one", "two") == ["SECRET ONE", "SECRET ONE", "TWO"]
    assert texts(opened(), "two", "secret one") == ["TWO", "SECRET ONE"]
    assert len(service.asked) == 2
    (file,) = (tmp_path / "remote").iterdir()
    assert "secret one" not in file.read_text()


def test_samples_are_kept_each_by_itself(service, opened):
    service.answer = lambda body: f"seed {body['seed']}"
    how = Decoding(temperature=1.0, seed=4)
    assert texts(opened(), "q", "q", "q", how=how) == ["seed 4", "seed 5", "seed 6"]
    assert texts(opened(), "q", "q", how=how) == ["seed 4", "seed 5"] and len(service.asked) == 3


@pytest.mark.slow
def test_what_was_answered_before_a_fault_is_kept(service, opened):
    fine = [slow(0)] * 3
    with pytest.raises(ResourceError):
        texts(opened(*fine, status(401), concurrency=1), *"abcdef")
    assert texts(opened(), *"abcdef") == list("ABCDEF")
    assert len(service.asked) == 4 + 3


def test_what_is_on_its_way_when_a_run_is_stopped_is_kept(service, opened):
    stop, three = threading.Event(), threading.Barrier(3)

    def tell(event):
        if event.get("done"):
            stop.set()
            raise Stopped(2)

    def first(handler, body):
        three.wait(60)
        handler.send(reply(service.answer(body)))

    def late(handler, body):
        three.wait(60)
        stop.wait(60)
        handler.send(reply(service.answer(body)))

    with pytest.raises(Stopped):
        texts(opened(first, late, late, concurrency=3, timeout=60), *"abcdef", tell=tell)
    begun = len(service.asked)
    assert texts(opened(), *"abcdef") == list("ABCDEF")
    assert len(service.asked) == 6 and begun >= 3


def test_a_service_that_sends_the_key_back_does_not_get_it_into_a_file(service, opened, tmp_path):
    service.answer = lambda body: f"your key is {KEY}"
    assert texts(opened(), "q") == ["your key is [the key]"]
    (file,) = (tmp_path / "remote").iterdir()
    assert KEY not in file.read_text()


def test_half_a_character_is_no_reason_to_lose_an_answer(opened):
    act = raw(b'{"choices": [{"message": {"content": "a\\ud800b"}}]}')
    assert texts(opened(act), "q") == ["a?b"]


def test_offline_only_what_is_kept_is_answered(service, opened):
    texts(opened(), "a")
    model = opened(offline=True)
    assert texts(model, "a") == ["A"]
    with problem(ResourceError, "R010"):
        texts(model, "a", "b")
    assert len(service.asked) == 1


def test_a_plan_sends_nothing_and_counts_what_is_not_kept(service, opened):
    texts(opened(), "a")
    model = opened(dry=True)
    model.generate([ask("a"), ask("b"), ask("b"), ask("c")], max_tokens=8)
    assert len(service.asked) == 1 and len(model.due) == 2
    assert all(answer == 8 for _, answer in model.due.values())


def test_progress_ends_at_the_number_of_questions(opened):
    told = []
    texts(opened(), *"abc", tell=told.append)
    assert told[-1] == {"event": "progress", "done": 3, "total": 3, "unit": "answer"}


# --- pace -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_rate_of_tokens_is_kept_and_what_was_not_used_is_given_back(service, opened):
    # 6,000 a minute: 1,000 at once, then 100 a second. A question takes about 11 and may be
    # answered with 489.
    model = opened(tokens_per_minute=6000, concurrency=1)
    texts(model, "a", "b", "c", "d", "e", max_tokens=489)
    # Ten tokens of prompt and one word each were used: 55. Reckoned with were 2,500.
    assert model.client._tokens.take(1000 - 56) == 0.0
    assert model.client._tokens.take(1000) > 0.0


@pytest.mark.slow
def test_the_seconds_of_a_request_are_kept_and_counted_when_its_answer_is_handed_out_again(opened):
    prompts = [(Message("user", "late"),), (Message("user", "soon"),)]
    model = opened(slow(0.3), concurrency=1)
    model.generate(prompts, max_tokens=8)
    assert model.waited == 0.0
    model.generate(prompts[:1], max_tokens=8)
    assert model.waited >= 0.3  # what the service took at least
    before = model.waited
    model.generate(prompts[1:], max_tokens=8)
    assert model.waited > before
