"""One request until it is answered or hopeless, against a service that fails in every way that
services do."""

import shutil
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from assay.core.errors import ResourceError
from assay.models.remote.rate_limit import TokenBucket
from helpers.problems import problem
from helpers.remote_models import KEY, Noted, ask, texts
from helpers.services import (
    Service,
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
    status,
)


def test_no_more_requests_are_open_than_are_allowed(service, opened):
    three = threading.Barrier(3)  # nobody is answered before three are there

    def act(handler, body):
        three.wait(60)
        handler.send(reply("yes"))

    opened(*[act] * 12, concurrency=3, timeout=60).generate(
        [ask(str(i)) for i in range(12)], max_tokens=4
    )
    assert service.at_once == 3


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


def test_foreign_text_is_one_line_without_the_key(opened):
    client = opened().client
    assert client.clean_text(f"a\x1b[31m\n b\u2028{KEY}.") == "a [31m b [the key]."
    assert client.clean_text("word " * 100, 12) == "word word w…"


def test_a_certificate_error_is_found_below_what_was_raised():
    from assay.models.remote.client import is_certificate_error

    error = OSError("no connection")
    assert not is_certificate_error(error) and not is_certificate_error(None)
    error.__cause__ = ValueError("wrapped")
    error.__cause__.__context__ = ssl.SSLCertVerificationError("self-signed")
    assert is_certificate_error(error)


def test_nothing_is_sent_once_a_run_is_stopped(service, opened):
    from assay.models.remote.client import Halted

    halt = threading.Event()
    halt.set()
    with pytest.raises(Halted):
        opened().client.ask({"messages": [{"content": "a"}]}, 0, halt)
    assert not service.asked
