"""The key, the host, the origin and the headers of every answer."""

import pytest

pytest.importorskip("starlette")
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from assay.web.access_control import BODY, COOKIE, AccessControl

TOKEN = "k" * 24
HERE = "http://127.0.0.1"


def said(request):
    return PlainTextResponse(f"seen {request.url.path}?{request.url.query}")


@pytest.fixture
def gate():
    routes = [Route("/{path:path}", said, methods=["GET", "POST"])]
    return AccessControl(Starlette(routes=routes), TOKEN, ("127.0.0.1", "localhost"))


@pytest.fixture
def stranger(gate):
    return TestClient(gate, base_url=HERE, follow_redirects=False)


@pytest.fixture
def guest(gate):
    client = TestClient(gate, base_url=HERE)
    client.get(f"/?token={TOKEN}")
    return client


def test_the_key_becomes_a_cookie_and_leaves_the_address(stranger):
    answer = stranger.get(f"/p/1/compare?show=all&token={TOKEN}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/p/1/compare?show=all")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=") and TOKEN not in cookie
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie
    assert stranger.get("/x").text == "seen /x?"


@pytest.mark.parametrize(
    "address", ["/", "/?token=", f"/?token={TOKEN}x", "/?token=%00", "/p/1/?token=ÿ"]
)
def test_without_the_key_nothing_is_seen(stranger, address):
    answer = stranger.get(address)
    assert answer.status_code == 403 and "seen" not in answer.text


def test_a_cookie_of_another_server_opens_nothing(stranger):
    stranger.cookies.set(COOKIE, "0" * 64)
    assert stranger.get("/").status_code == 403


def test_the_address_does_not_lead_to_another_server(stranger):
    answer = stranger.get(f"{HERE}//evil.example/x?token={TOKEN}")
    assert answer.headers["location"] == "/evil.example/x"


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example"},
        {"host": ""},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_other_hosts_and_origins_are_refused(guest, headers):
    assert guest.get("/", headers=headers).status_code == 403
    assert guest.post("/", headers={"origin": HERE, **headers}, data={"a": "1"}).status_code == 403


def test_a_form_comes_from_this_page_and_is_not_too_large(guest):
    assert guest.post("/", data={"a": "1"}).status_code == 403  # from no page at all
    assert guest.post("/", data={"a": "1"}, headers={"origin": HERE}).status_code == 200
    same = {"sec-fetch-site": "same-origin"}
    assert guest.post("/", data={"a": "1"}, headers=same).status_code == 200
    large = {"a": "x" * (BODY + 1)}
    assert guest.post("/", data=large, headers={"origin": HERE}).status_code == 413

    def slowly():
        yield b"a=1"

    unsized = guest.post("/", content=slowly(), headers={"origin": HERE})
    assert unsized.status_code == 413


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])
def test_other_methods_are_refused(guest, method):
    assert guest.request(method, "/", headers={"origin": HERE}).status_code == 405


def test_headers_have_a_limit(guest):
    assert guest.get("/", headers={"x-long": "x" * 17_000}).status_code == 431


def test_every_answer_forbids_what_a_page_does_not_need(guest, stranger):
    for answer in (guest.get("/"), stranger.get("/"), guest.put("/")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy
        assert "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"


def test_the_mark_of_forms_is_the_page_s_own(gate):
    assert gate.is_marked(gate.mark)
    assert not gate.is_marked("") and not gate.is_marked(TOKEN)


def test_two_pages_of_one_host_keep_their_own_cookies(gate):
    other = AccessControl(gate.app, "o" * 24, ("127.0.0.1",))
    pages = ((gate, f"{HERE}:8001", TOKEN), (other, f"{HERE}:8002", "o" * 24))
    jar = {}  # of a browser: cookies are of the host, whatever its port
    for page, address, token in pages:
        client = TestClient(page, base_url=address, follow_redirects=False)
        name, _, value = client.get(f"/?token={token}").headers["set-cookie"].partition("=")
        jar[name] = value.partition(";")[0]
    cookies = {"cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
    for page, address, _ in pages:
        assert TestClient(page, base_url=address).get("/x", headers=cookies).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"transfer-encoding": "chunked", "content-length": "3"}, 400),
        ({"content-length": "9" * 5000}, 413),
        ({"content-length": "3"}, 200),
    ],
)
def test_a_form_says_one_length(guest, headers, status):
    answer = guest.post("/x", content=b"a=b", headers={"origin": HERE, **headers})
    assert answer.status_code == status
