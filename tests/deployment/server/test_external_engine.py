"""Another OpenAI server as the engine: assay's own one, and a real llama.cpp."""

import threading

import pytest

from assay.core.errors import AssayError, ModelError, ResourceError
from assay.core.types import Decoding, Form
from assay.deployment.server.app import House, app
from assay.deployment.server.arms import ServedArm, base_arm
from assay.deployment.server.engine_api import Wanted
from assay.deployment.server.engine_choice import engine_of
from assay.deployment.server.external_engine import OutsideArm, OutsideEngine
from assay.deployment.server.limits import ServerLimits
from assay.deployment.server.listening import Listening, bind_socket
from helpers.engines import begin, chat, running

SCHEMA = Form(
    "json", '{"type": "object", "properties": {"a": {"enum": [1, 2]}}, "required": ["a"]}'
)
PROMPTS = [
    chat("Answer the question.", text)
    for text in ("my card", "so the taxi then", "a", "the lemon has")
]


@pytest.fixture(scope="module")
def both(open_tiny):
    """An engine that forwards to a server with the same model, and the model."""
    model = open_tiny()
    limits, house, listens = ServerLimits(), House(), threading.Event()
    with running([base_arm(model)]) as own:
        found = bind_socket("127.0.0.1", 0)
        server = Listening(app(own, limits, house), limits, house.inside, 1.0, listens.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [found]}, daemon=True)
        thread.start()
        assert listens.wait(30)
        place = OutsideArm(
            base_arm(model), f"http://127.0.0.1:{found.getsockname()[1]}", "base", 512
        )
        engine = OutsideEngine([place], slots=3)
        yield engine, own, model
        engine.close(0)
        server.stop()
        server.stop()
        thread.join(20)
        found.close()


def same(heard, alone):
    assert heard.text == alone.text
    assert (heard.last.prompt_tokens, heard.last.written) == (alone.prompt_tokens, alone.tokens)
    assert heard.last.finish == ("length" if alone.truncated else "stop")


@pytest.mark.parametrize(
    "how",
    [
        Decoding(),
        Decoding(temperature=1.0, seed=5),
        Decoding(stop=("a", "no")),
        Decoding(form=SCHEMA),
    ],
)
def test_answers_are_those_of_the_engine_behind(both, how):
    engine, _, model = both
    asked = [begin(engine, Wanted("base", prompt, max_tokens=9, how=how)) for prompt in PROMPTS]
    for heard, prompt in zip(asked, PROMPTS, strict=True):
        same(heard, model.generate([prompt], max_tokens=9, how=how)[0])


def test_likelihoods_and_completions_are_forwarded(both):
    engine, own, _ = both
    for wanted in (
        Wanted("base", PROMPTS[0], max_tokens=5, top=2),
        Wanted("base", text="my card", max_tokens=5, top=2),
        Wanted("base", text=(5, 6, 7), max_tokens=5),
    ):
        there, here = begin(engine, wanted), begin(own, wanted)
        assert there.text == here.text
        assert [t.text for t in there.tokens] == [t.text for t in here.tokens]
        assert [t.logprob for t in there.tokens] == pytest.approx(
            [t.logprob for t in here.tokens], abs=1e-4
        )


def test_a_client_that_leaves_stops_the_engine_behind(both):
    engine, own, _ = both
    endless = Decoding(form=Form("json", '{"type": "string", "minLength": 400}'))
    heard = begin(engine, Wanted("base", PROMPTS[0], max_tokens=400, how=endless))
    heard.next()
    heard.ticket.cancel()
    for _ in range(600):
        if not own.load().running and not engine.load().running:
            break
        threading.Event().wait(0.05)
    assert own.load().running == engine.load().running == 0


def test_what_it_cannot_is_refused(both):
    engine, *_ = both
    for wanted, code in (
        (Wanted("base", text="a", echo=True), "M121"),
        (Wanted("base", PROMPTS[0], how=Decoding(form=Form("regex", "a"))), "M121"),
        (Wanted("bass", PROMPTS[0]), "M123"),
        (Wanted("base", chat("", "a", "b")), "M121"),
    ):
        with pytest.raises(ModelError, match=code):
            begin(engine, wanted)
    heard = begin(engine, Wanted("base", chat("", "card " * 600), max_tokens=8))
    assert heard.last.finish == "error" and "400" in heard.last.error and heard.last.code == "M120"
    with pytest.raises(ModelError, match="M121"):
        from assay.strategies.baselines.majority import MajorityAnswers

        OutsideEngine(
            [
                OutsideArm(
                    ServedArm("floor", "majority", MajorityAnswers("a")),
                    "http://127.0.0.1:1",
                    "a",
                    9,
                )
            ]
        )


def test_a_prompt_too_long_for_the_engine_behind_is_the_clients_fault(both):
    from fastapi.testclient import TestClient

    body = {
        "model": "base",
        "messages": [{"role": "user", "content": "card " * 600}],
        "max_tokens": 8,
    }
    with TestClient(app(both[0], ServerLimits(), House()), base_url="http://127.0.0.1") as client:
        answer = client.post("/v1/chat/completions", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "context_length_exceeded")


def test_an_engine_that_is_not_there_is_an_error_of_the_request(open_tiny):
    place = OutsideArm(base_arm(open_tiny()), "http://127.0.0.1:9", "base", 512)
    engine = OutsideEngine([place])
    heard = begin(engine, Wanted("base", PROMPTS[0]))
    assert heard.last.finish == "error" and "refused" in heard.last.error
    engine.close(1)
    with pytest.raises(ResourceError, match="R050"):
        begin(engine, Wanted("base", PROMPTS[0]))


@pytest.mark.real
@pytest.mark.slow
def test_llama_cpp_writes_for_the_routes(open_tiny):
    pytest.importorskip("xllamacpp")
    from assay.models.loading.catalogue import entry_of
    from assay.models.loading.fetch import fetch

    entry = entry_of("smollm2-135m")
    try:
        file = fetch(entry) / entry.gguf
    except AssayError as error:
        pytest.skip(str(error))
    engine = engine_of(
        "llama.cpp", [base_arm(open_tiny())], files={"base": file}, slots=2, context=512
    )
    try:
        prompt = chat("", "Name one colour.")
        asked = [begin(engine, Wanted("base", prompt, max_tokens=8)) for _ in range(3)]
        assert len({heard.text for heard in asked}) == 1 and asked[0].text
        assert asked[0].last.written > 0 and asked[0].last.prompt_tokens > 5
        shaped = begin(engine, Wanted("base", prompt, max_tokens=20, how=Decoding(form=SCHEMA)))
        assert shaped.text.replace(" ", "").replace("\n", "") in ('{"a":1}', '{"a":2}')
        long = begin(engine, Wanted("base", chat("", "One colour. " * 600), max_tokens=8))
        assert (long.last.finish, long.last.code) == ("error", "M120")
    finally:
        engine.close(0)
