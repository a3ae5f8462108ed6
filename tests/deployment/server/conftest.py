"""A server with a small engine, in this process or on a port of its own."""

import threading
from contextlib import contextmanager

import httpx2 as httpx
import pytest

from assay.core.types import Example, Lesson, Message, Task
from assay.deployment.server.app import House, app
from assay.deployment.server.limits import ServerLimits
from assay.deployment.server.listening import Listening, bind_socket
from assay.strategies.baselines.majority import Majority
from assay.strategies.baselines.tfidf import Tfidf
from helpers.letters import letters
from helpers.server_requests import KEY
from helpers.small_engine import SmallEngine

LONG = "one two three four five six seven eight nine ten " * 5

ROWS = [
    ("my card is lost", "card"),
    ("the card was stolen", "card"),
    ("a new card please", "card"),
    ("money back please", "refund"),
    ("where is my refund", "refund"),
    ("refund the order", "refund"),
]


@pytest.fixture(scope="session")
def arms():
    """A fitted `tfidf`, and a `majority` whose answer is fifty words."""
    rows = [
        Example(str(i), (Message("user", text),), label) for i, (text, label) in enumerate(ROWS)
    ]
    task = Task(kind="classify", labels=("card", "refund"))
    long = [Example("0", (Message("user", "x"),), LONG.strip())]
    return {
        "tfidf": Tfidf().fit(Lesson(task=task, train=tuple(rows))),
        "long": Majority().fit(Lesson(task=Task(kind="answer"), train=tuple(long))),
    }


@pytest.fixture
def engine(arms):
    made = SmallEngine(arms, letters)
    yield made
    made.close(0)


@pytest.fixture
def served():
    """`with served(engine) as (address, server)`: a server on a free port, in a thread."""
    return _running


@contextmanager
def _running(engine, limits=None, house=None, grace=5.0):
    """The address of a server on a free port, and the server."""
    limits, house, listens = limits or ServerLimits(), house or House(), threading.Event()
    found = bind_socket("127.0.0.1", 0)
    server = Listening(app(engine, limits, house), limits, house.inside, grace, listens.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [found]}, daemon=True)
    thread.start()
    assert listens.wait(20)
    try:
        yield f"http://127.0.0.1:{found.getsockname()[1]}", server
    finally:
        server.stop()
        server.stop()
        thread.join(20)
        found.close()
        assert not thread.is_alive()


@pytest.fixture
def slow_engine(arms):
    """Fifty words, of which 45 come when the test says so; one answer at a time, and four may
    wait."""
    made = SmallEngine(arms, queue_size=4, held=5)
    yield made
    made.close(0)


@pytest.fixture
def ask(engine):
    """Requests to a server in this process."""

    def make(limits=None, **house):
        made = app(engine, limits or ServerLimits(), House(**house))
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(made), base_url="http://localhost:8000"
        )

    return make


@pytest.fixture
def client(engine, served):
    """OpenAI's own client, with a key, of a server on a port."""
    import openai

    with (
        served(engine, ServerLimits(keys=(KEY,))) as (url, _),
        openai.OpenAI(base_url=f"{url}/v1", api_key=KEY) as made,
    ):
        yield made
