"""Any address, header and form that can be drawn gets an answer of the page: never an error of the
server's own."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.conftest import ORIGIN

pytestmark = pytest.mark.slow

# `run/start` begins a run, `run/plan` a process; `run/events` goes on until the client leaves.
SPARED = ("run/start", "run/plan", "run/events")
WORDS = st.sampled_from(
    [
        "",
        "0",
        "1",
        "-1",
        "²",
        "٣",
        "9" * 30,
        "9" * 4400,
        "1e9",
        "nan",
        "tfidf",
        "majority",
        "nobody",
    ]
    + [
        "red",
        "test",
        "val",
        "train",
        "all",
        "error",
        "../..",
        "%00",
        "\x00",
        "<b>",
        "\ud800",
        "a,b",
    ]
)
TEXTS = st.one_of(WORDS, st.text(max_size=20))
NAMES = st.one_of(
    st.sampled_from(
        ["page", "q", "run", "sort", "show", "only", "step", "reason", "row", "first", "second"]
        + ["beside", "target", "slice", "who", "id", "label", "group", "question", "temperature"]
        + ["max_tokens", "arm:tfidf", "rating", "correction", "minutes", "action", "action_of"]
        + ["file", "limit.f1", "price", "left", "right", "token", "mark"]
    ),
    TEXTS,
)
FIELDS = st.dictionaries(NAMES, TEXTS, max_size=5)
HEADERS = st.dictionaries(
    st.sampled_from(["cookie", "origin", "content-type", "content-length", "host", "range"]),
    st.one_of(TEXTS, st.sampled_from(["chunked", "assay-page=x", "a;b=c", ORIGIN])),
    max_size=1,
)


def sendable(fields):
    return {
        name.encode("utf-8", "replace").decode(): text.encode("utf-8", "replace").decode()
        for name, text in fields.items()
    }


def as_header(text):
    return re.sub(rb"[\x00-\x1f\x7f]", b"", text.encode("utf-8", "replace"))


@pytest.fixture
def addresses(own):
    from assay.web.app import ROOMS

    rooms = [(path, method) for room in ROOMS for path, method in pages_of(room)]
    rooms = [(f"/p/{own.id}/{path}", how) for path, how in rooms if path not in SPARED]
    assert len(rooms) > 25
    return [*rooms, ("/", "GET"), ("/new", "GET"), ("/new/guess", "GET"), ("/new/make", "POST")]


def pages_of(room):
    yield from ((path, "GET") for path in room.ROUTES)
    yield from ((path, "POST") for path in getattr(room, "FORMS", {}))


def test_any_request_is_answered(client_of, own, addresses, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # *New project* looks there
    form = client_of.get(f"/p/{own.id}/ask").text
    mark = re.search(r'name="mark" value="(\w+)"', form)[1]

    @given(st.data())
    def ask(data):
        address, method = data.draw(st.sampled_from(addresses))
        for part in re.findall(r"\{\w+(?::\w+)?\}", address):
            text = data.draw(st.one_of(st.sampled_from(["0", "1", "tfidf"]), TEXTS))
            address = address.replace(part, "".join(re.findall(r"[^/?#\x00-\x20\ud800]", text)), 1)
        fields, headers = sendable(data.draw(FIELDS)), data.draw(HEADERS)
        headers = {name: as_header(text) for name, text in headers.items()}
        if method == "GET":
            reply = client_of.get(address, params=fields, headers=headers, follow_redirects=False)
        else:
            fields["mark"] = mark if data.draw(st.booleans()) else fields.get("mark", "")
            headers = {"origin": ORIGIN.encode(), **headers}
            reply = client_of.post(address, data=fields, headers=headers, follow_redirects=False)
        assert reply.status_code < 500 or reply.status_code == 503, (method, address, fields)

    ask()


@pytest.mark.parametrize("page", ["²", "٣", "-1", "0", "9" * 4400, ""])
def test_a_page_of_no_number_is_the_first(client_of, own, page):
    for place in ("compare", "data", "data/rows"):
        reply = client_of.get(f"/p/{own.id}/{place}", params={"page": page})
        assert reply.status_code in (200, 404), place
