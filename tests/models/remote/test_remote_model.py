"""A model behind an address, against a service on real sockets that fails in every way that
services do."""

import json
import random
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from assay.core.answers import Decoding, Form, LanguageModel
from assay.core.errors import ResourceError, Stopped
from assay.core.types import Message
from assay.models.remote import client as remote_client
from assay.models.remote.answer_cache import RemoteCache
from assay.models.remote.endpoint import Endpoint
from assay.models.remote.rate_limit import TokenBucket, back_off, retry_after
from assay.models.remote.remote_model import RemoteModel
from assay.models.remote.request_body import body_of, logprob_of, schema_of
from helpers.problems import problem
from helpers.services import (
    Service,
    answers,
    dies,
    drips,
    error,
    half,
    huge,
    raw,
    redirects,
    reply,
    serving,
    silent,
    slow,
    status,
    streams,
)

KEY = "sk-planted0123456789abcdefghij"


@pytest.fixture
def service():
    with serving(Service()) as running:
        yield running


@pytest.fixture
def opened(service, tmp_path, monkeypatch):
    """`opened(acts, **settings)`: a model of the service, after these faults."""
    monkeypatch.setenv("PLANTED_KEY", KEY)
    monkeypatch.setattr(remote_client, "back_off", lambda failures, draw: 0.01)
    made = []

    def make(*acts, folder=tmp_path / "remote", tell=None, offline=False, dry=False, **settings):
        service.acts = list(acts)
        endpoint = Endpoint.model_validate(
            {
                "url": service.url,
                "model": "m",
                "key": "PLANTED_KEY",
                "timeout": 5.0,
                "tries": 3,
                **settings,
            }
        )
        made.append(RemoteModel("there", endpoint, folder, tell=tell, offline=offline, dry=dry))
        return made[-1]

    yield make
    for model in made:
        model.client.close()


class Noted(threading.Event):
    """Notes how long is waited for it, and lets nobody wait."""

    def __init__(self):
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        return self.is_set()


def ask(text: str) -> tuple[Message, ...]:
    return (Message("system", "Answer."), Message("user", text))


def texts(model: RemoteModel, *asked: str, max_tokens: int = 8, **more) -> list[str]:
    return [
        one.text
        for one in model.generate([ask(text) for text in asked], max_tokens=max_tokens, **more)
    ]


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


def test_no_more_requests_are_open_than_are_allowed(service, opened):
    three = threading.Barrier(3)  # nobody is answered before three are there

    def act(handler, body):
        three.wait(60)
        handler.send(reply("yes"))

    opened(*[act] * 12, concurrency=3, timeout=60).generate(
        [ask(str(i)) for i in range(12)], max_tokens=4
    )
    assert service.at_once == 3


def test_the_decoding_is_sent_in_the_words_of_the_service():
    endpoint = Endpoint(url="https://host/v1", model="m")
    how = Decoding(stop=("\n",), temperature=0.7, top_p=0.9, seed=5)
    body = body_of(endpoint, ask("q"), 30, how, 2)
    assert (
        body["temperature"] == 0.7
        and body["top_p"] == 0.9
        and body["stop"] == ["\n"]
        and body["seed"] == 7
    )
    assert body["max_tokens"] == 30 and body["messages"][1] == {"role": "user", "content": "q"}


def test_a_choice_is_a_schema_of_one_field():
    form = Form("choice", '["red", "blue"]')
    assert schema_of(form) == {
        "type": "object",
        "properties": {"label": {"type": "string", "enum": ["red", "blue"]}},
        "required": ["label"],
        "additionalProperties": False,
    }
    assert schema_of(Form("json", '{"type": "array"}')) == {"type": "array"}
    assert schema_of(Form("regex", "a+")) is None


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


def test_the_log_likelihood_is_the_sum_over_the_written_tokens():
    assert logprob_of({"content": [{"logprob": -0.5}, {"logprob": -0.25}]}) == -0.75
    assert logprob_of({"content": [{"logprob": -0.5}, {"logprob": None}]}) is None
    assert logprob_of(None) is None and logprob_of({"content": []}) is None


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


# --- faults that may pass -------------------------------------------------------------------------

PASSING = {
    "408": status(408),
    "409": status(409),
    "429": status(429, "slow down"),
    "500": status(500, "oops"),
    "502 page": lambda handler, _: handler.send(b"<html>bad gateway</html>", 502),
    "503": status(503),
    "dies": dies,
    "half": half,
    "invalid utf-8": raw(b'{"choices": [{"message": {"content": "\xff\xfe"}}]}'),
    "empty": raw(b""),
    "silent": silent,
    "drips": drips,
    "overloaded with 200": lambda handler, _: handler.send(
        {"error": {"message": "overloaded", "code": 502}}
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("act", PASSING.values(), ids=PASSING)
def test_what_may_pass_is_tried_again(service, opened, act):
    model = opened(act, timeout=1.0 if act in (silent, drips) else 60.0)
    assert texts(model, "once") == ["ONCE"]
    assert len(service.asked) == 2 and len(model.cache) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("act", "code", "says"),
    [
        (status(500, "oops"), "R014", "500: oops"),
        (status(429, "slow down"), "R015", "429: slow down"),
        (dies, "R014", "3 times"),
        (half, "R014", "not whole"),
        (silent, "R014", "0.4 s"),
    ],
)
def test_what_does_not_pass_ends_with_the_last_reason(service, opened, act, code, says):
    with pytest.raises(ResourceError) as caught:
        texts(opened(*[act] * 9, timeout=0.4), "q")
    assert caught.value.problems[0].code == code and says in str(caught.value)
    assert len(service.asked) == 3 and "127.0.0.1" in str(caught.value)


def test_nobody_is_there(opened):
    with pytest.raises(ResourceError) as caught:
        texts(opened(url="http://127.0.0.1:9/v1"), "q")
    assert caught.value.problems[0].code == "R014"


def test_the_service_is_left_alone_as_long_as_it_asks(service, opened):
    model, halt = opened(status(429, Retry_After="0.5"), concurrency=1), Noted()
    model.client.ask({"messages": [{"content": "a"}]}, 0, halt)
    # It waits before its next try, and whatever else this client sends would wait as well: of that,
    # what is left.
    first, second = halt.waits
    assert first == 0.5 and 0 < second <= 0.5 and len(service.asked) == 2


def test_a_wait_of_hours_ends_the_run(service, opened):
    with problem(ResourceError, "R015", None, "7,200"):
        texts(opened(status(429, Retry_After="7200")), "q")
    assert len(service.asked) == 1


# --- faults that do not pass ----------------------------------------------------------------------

FINAL = {
    "wrong key": (status(401, f"Incorrect API key provided: {KEY}"), "R012", "PLANTED_KEY"),
    "forbidden": (status(403, "no access"), "R012", "403: no access"),
    "no quota": (error(429, message="pay", code="insufficient_quota"), "R015", "quota"),
    "bad request": (
        status(400, "too\x1b[31m   long\nby 7 tokens"),
        "R013",
        "too [31m long by 7 tokens",
    ),
    "no model": (
        status(404, "The model `m` does not exist"),
        "R013",
        "The model `m` does not exist",
    ),
    "page": (raw(b"<!doctype html><title>Log in</title>"), "R016", "<!doctype html>"),
    "huge": (huge, "R016", "bytes"),
    "no choices": (raw(b'{"choices": []}'), "R016", "choices"),
    "other host": (
        redirects("http://example.com/v1/chat/completions"),
        "R017",
        "http://example.com",
    ),
    "get": (redirects("/elsewhere", 302), "R017", "redirects"),
    "round and round": (redirects("/v1/chat/completions"), "R017", "redirects"),
    "no address": (redirects("http://[::1"), "R017", "redirects"),
}


@pytest.mark.parametrize(("act", "code", "says"), FINAL.values(), ids=FINAL)
def test_what_cannot_pass_stops_at_once(service, opened, act, code, says):
    with pytest.raises(ResourceError) as caught:
        texts(opened(*[act] * 9), "q")
    (told,) = caught.value.problems
    assert told.code == code and says in told.text and told.help
    assert len(service.asked) == (3 if act is FINAL["round and round"][0] else 1)
    assert KEY not in str(caught.value) and "\x1b" not in str(caught.value)


def test_a_redirect_on_the_same_origin_is_followed(service, opened):
    assert texts(opened(redirects("/v2/chat/completions", 308)), "q") == ["Q"]
    assert [body["path"] for body in service.asked] == [
        "/v1/chat/completions",
        "/v2/chat/completions",
    ]


@pytest.mark.parametrize("value", [None, "  ", "a\u00e9b"])
def test_a_missing_key_names_the_variable(service, opened, monkeypatch, value):
    model = opened()
    monkeypatch.delenv("PLANTED_KEY") if value is None else monkeypatch.setenv("PLANTED_KEY", value)
    with problem(ResourceError, "R011", None, "PLANTED_KEY"):
        texts(model, "q")
    assert not service.asked


def test_no_proxy_gets_the_key(service, opened, monkeypatch):
    with serving(Service()) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
        assert texts(opened(), "q") == ["Q"]
        assert not proxy.asked


def test_a_certificate_that_nobody_vouches_for_gets_nothing(opened, tmp_path):
    pem = tmp_path / "own.pem"
    made = (
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj"
        " /CN=127.0.0.1".split()
    )
    if not shutil.which("openssl"):
        pytest.skip("needs openssl")
    subprocess.run(
        ["openssl", *made, "-keyout", pem, "-out", f"{pem}.crt"], check=True, capture_output=True
    )
    pem.write_text(pem.read_text() + Path(f"{pem}.crt").read_text())
    with serving(Service(), str(pem)) as other:
        with problem(ResourceError, "R014", None, "certificate"):
            texts(opened(url=other.url), "q")
        assert not other.asked


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


@pytest.mark.parametrize(
    "change", [{"max_tokens": 9}, {"how": Decoding(stop=("x",))}, {"how": Decoding(seed=1)}]
)
def test_another_request_has_another_key(service, opened, change):
    texts(opened(), "q", max_tokens=8)
    texts(opened(), "q", **{"max_tokens": 8, **change})
    assert len(service.asked) == 2


def test_a_torn_line_is_asked_again_and_the_others_are_not(service, opened, tmp_path):
    texts(opened(concurrency=1), "a", "b", "c")
    (file,) = (tmp_path / "remote").iterdir()
    file.write_bytes(file.read_bytes()[:-20])
    assert texts(opened(), "a", "b", "c") == ["A", "B", "C"]
    assert [body["messages"][-1]["content"] for body in service.asked[3:]] == ["c"]


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


def test_the_served_names_and_days_are_known(opened):
    model = opened()
    texts(model, "a", "b")
    ((name, days),) = model.cache.model_names().items()
    assert name == "served-2026-01-01" and len(days[0]) == 10


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


def test_without_a_folder_answers_are_kept_in_memory(service, opened):
    model = opened(folder=None)
    assert texts(model, "a") == texts(model, "a") == ["A"] and len(service.asked) == 1


def test_progress_ends_at_the_number_of_questions(opened):
    told = []
    texts(opened(), *"abc", tell=told.append)
    assert told[-1] == {"event": "progress", "done": 3, "total": 3, "unit": "answer"}


# --- pace -----------------------------------------------------------------------------------------


def test_a_bucket_lets_its_rate_through_and_no_more():
    now = [0.0]
    bucket = TokenBucket(60, lambda: now[0])
    assert [bucket.take(1) for _ in range(10)] == [0.0] * 10  # ten seconds' worth at once
    assert bucket.take(1) == pytest.approx(1.0) and bucket.take(1) == pytest.approx(2.0)
    now[0] = 2.0
    assert bucket.take(0) == 0.0
    bucket.take(-3)
    assert [bucket.take(1) for _ in range(3)] == [0.0] * 3
    assert TokenBucket(0, lambda: 0.0).take(1e9) == 0.0


@pytest.mark.slow
def test_the_rate_of_requests_is_kept(service, opened):
    # 600 a minute: 100 at once, then 10 a second. Here no time passes, so that each has to wait
    # longer.
    client, halt = opened(requests_per_minute=600).client, Noted()
    client._requests = TokenBucket(600, lambda: 0.0)
    client._requests.take(95)
    for number in range(10):
        client.ask({"messages": [{"content": f"{number}"}]}, 0, halt)
    assert halt.waits == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])


@pytest.mark.slow
def test_the_rate_of_tokens_is_kept_and_what_was_not_used_is_given_back(service, opened):
    # 6,000 a minute: 1,000 at once, then 100 a second. A question takes about 11 and may be
    # answered with 489.
    model = opened(tokens_per_minute=6000, concurrency=1)
    texts(model, "a", "b", "c", "d", "e", max_tokens=489)
    # Ten tokens of prompt and one word each were used: 55. Reckoned with were 2,500.
    assert model.client._tokens.take(1000 - 56) == 0.0
    assert model.client._tokens.take(1000) > 0.0


def test_full_jitter_is_between_nothing_and_twice_as_long_each_time():
    draw = random.Random(1)
    for failures, most in ((1, 1), (2, 2), (3, 4), (12, 60)):
        waits = [back_off(failures, draw) for _ in range(400)]
        assert 0 <= min(waits) < most * 0.05 and most * 0.95 < max(waits) <= most
    assert back_off(3, random.Random(7)) == back_off(3, random.Random(7))


def test_retry_after_is_read_as_seconds_milliseconds_and_date():
    from datetime import UTC, datetime

    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert retry_after({"retry-after": "3"}) == 3.0
    assert retry_after({"retry-after-ms": "250", "retry-after": "9"}) == 0.25
    assert retry_after({"retry-after": "Thu, 01 Jan 2026 00:00:30 GMT"}, now) == 30.0
    assert retry_after({"retry-after": "soon"}) is None and retry_after({}) is None


def test_two_writers_tear_no_line(tmp_path):
    endpoint = Endpoint(url="https://host/v1", model="m")
    caches = [RemoteCache(tmp_path, endpoint) for _ in range(2)]
    row = {"text": "x" * 2000, "served": "m", "at": "2026-01-01"}

    def write(cache, start):
        for i in range(50):
            cache.add(f"{start}-{i}", row)

    threads = [threading.Thread(target=write, args=(cache, i)) for i, cache in enumerate(caches)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = (tmp_path / f"{endpoint.digest[:20]}.jsonl").read_text().splitlines()
    assert (
        len({json.loads(line)["key"] for line in lines})
        == 100
        == len(RemoteCache(tmp_path, endpoint))
    )


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
