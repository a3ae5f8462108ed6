"""An answer is the one that `ChatModel.generate` gives, whoever else is there; a request that
gets none is told why."""

import threading
import time

import pytest
import torch

from assay.core.errors import ResourceError
from assay.core.types import GREEDY, Decoding, Form
from assay.deployment.server.engine import base_arm
from assay.deployment.server.engine_api import QueueFull, Wanted
from helpers.engines import begin, chat, running
from helpers.nights import nightly_but

SYSTEM = "Answer the question."
TEXTS = (
    "my card",
    "so the taxi then and then again",
    "a",
    "plastic",
    "the lemon has what colour?",
    "money",
    "grass",
)
LONG = "missing taxi and a stolen reader of the shop " * 8
PROMPTS = [
    *(chat(SYSTEM, text) for text in TEXTS),
    *(chat(LONG, text) for text in TEXTS),
    chat("", "no system turn"),
    chat(SYSTEM, "my card", "card", "and my wallet"),
    chat(SYSTEM, LONG),
]


def ending(model, end=1.6):
    """A longer output row for the end token wins more often: some answers end early."""
    with torch.no_grad():
        model.head.weight[model.chat.end[0]] *= end
    return model


@pytest.fixture(scope="module")
def model(open_tiny):
    return ending(open_tiny())


@pytest.fixture(scope="module")
def alone(model):
    """What each prompt is answered in a call of its own."""
    known = {}

    def answer(prompt, limit, how=GREEDY):
        asked = prompt, limit, how
        if asked not in known:
            (known[asked],) = model.generate([prompt], max_tokens=limit, how=how)
        return known[asked]

    return answer


def same(engine, alone, prompts, limits, ways):
    """Ask all at once; each answer is that of a call of its own."""
    asked = [
        begin(engine, Wanted("base", prompt, max_tokens=limit, how=how))
        for prompt, limit, how in zip(prompts, limits, ways, strict=True)
    ]
    for heard, prompt, limit, how in zip(asked, prompts, limits, ways, strict=True):
        own = alone(prompt, limit, how)
        assert heard.text == own.text
        assert (heard.last.prompt_tokens, heard.last.written) == (own.prompt_tokens, own.tokens)
        assert heard.last.finish == ("length" if own.truncated else "stop")


@pytest.mark.slow
@pytest.mark.parametrize("slots", nightly_but([3, 32], [1, 3, 32]))
def test_answers_are_those_of_calls_of_their_own(model, alone, slots):
    with running([base_arm(model)], slots=slots) as engine:
        for _ in range(2):  # the second time, beginnings are there
            same(
                engine,
                alone,
                PROMPTS,
                [8 + 3 * (i % 5) for i in range(len(PROMPTS))],
                [Decoding()] * len(PROMPTS),
            )


@pytest.mark.slow
def test_each_request_has_a_way_of_its_own(model, alone):
    ways = [
        Decoding(),
        Decoding(temperature=1.0, seed=5),
        Decoding(temperature=0.7, top_p=0.8, seed=6),
        Decoding(stop=("a", "no")),
        Decoding(form=Form("regex", "[a-z ]{2,9}")),
        Decoding(form=Form("choice", '["card", "card lost", "refund"]')),
        Decoding(
            temperature=1.0,
            seed=7,
            form=Form("json", '{"type": "object", "properties": {"a": {"type": "integer"}}}'),
        ),
    ]
    prompts = [PROMPTS[i % 4] for i in range(3 * len(ways))]
    with running([base_arm(model)], slots=8) as engine:
        same(engine, alone, prompts, [12] * len(prompts), ways * 3)


SYSTEMS = (
    "Answer the question.",
    "missing taxi and a stolen reader of the shop " * 5,
    "a plastic chip, " * 9,
)


ENDLESS = Decoding(form=Form("regex", "[a-z ]{400,900}"))


def test_a_client_that_leaves_frees_its_place_within_a_pass(model):
    with running([base_arm(model)], slots=1) as engine:
        first = begin(engine, Wanted("base", chat("", "a"), max_tokens=400, how=ENDLESS))
        second = begin(engine, Wanted("base", chat("", "b"), max_tokens=2))
        first.next()
        assert engine.load().running == 1 and engine.load().waiting == 1
        first.ticket.cancel()
        assert second.last.finish in ("stop", "length")
        assert first.come.qsize() < 300, "it was not written to its end"
        first.ticket.cancel()
        second.ticket.cancel()  # harmless
        assert begin(engine, Wanted("base", chat("", "c"), max_tokens=2)).last.finish


def test_a_client_that_cannot_be_told_any_more_is_one_that_has_left(model):
    def put(piece):
        raise RuntimeError("Event loop is closed")

    with running([base_arm(model)], slots=1) as engine:
        engine.begin(Wanted("base", chat("", "a"), max_tokens=400, how=ENDLESS), put)
        assert begin(engine, Wanted("base", chat("", "b"), max_tokens=2)).last.finish in (
            "stop",
            "length",
        )


def test_a_full_queue_says_when_to_come_again(model):
    with running([base_arm(model)], slots=1, queue=2) as engine:
        held = []
        with pytest.raises(QueueFull) as full:
            for _ in range(9):
                held.append(
                    begin(engine, Wanted("base", chat("", "a"), max_tokens=400, how=ENDLESS))
                )
        assert full.value.seconds >= 1
        assert 2 <= len(held) <= 3
        for heard in held:
            heard.ticket.cancel()
        while engine.load().waiting:
            time.sleep(0.01)
        assert begin(engine, Wanted("base", chat("", "b"), max_tokens=2)).last.finish


def test_as_many_wait_as_the_queue_holds(model):
    with running([base_arm(model)], slots=1, queue=2) as engine:
        wanted = Wanted("base", chat("", "a"), max_tokens=400, how=ENDLESS)
        held = [begin(engine, wanted)]
        held[0].next()  # at work: no longer in the queue
        held += [begin(engine, wanted) for _ in range(2)]
        with pytest.raises(QueueFull):
            begin(engine, wanted)
        for heard in held:
            heard.ticket.cancel()


def test_closing_finishes_what_runs(model, alone):
    prompts = [chat(SYSTEMS[0], text) for text in TEXTS]
    with running([base_arm(model)], slots=2) as engine:
        asked = [begin(engine, Wanted("base", p, max_tokens=6)) for p in prompts]
        engine.close(60)
        assert [heard.text for heard in asked] == [alone(p, 6).text for p in prompts]
        with pytest.raises(ResourceError, match="R050"):
            begin(engine, Wanted("base", prompts[0]))


def test_closing_gives_up_what_takes_too_long(model):
    with running([base_arm(model)], slots=1) as engine:
        asked = [
            begin(engine, Wanted("base", chat("", t), max_tokens=400, how=ENDLESS)) for t in "abc"
        ]
        asked[0].next()
        engine.close(0)
        for heard in asked:
            assert (heard.last.finish, heard.last.error) == ("error", "the server is stopping")
        assert engine.load().running == engine.load().waiting == 0


@pytest.mark.slow
def test_an_answer_has_so_much_time(model):
    with running([base_arm(model)], seconds=0.2) as engine:
        heard = begin(engine, Wanted("base", chat("", "a"), max_tokens=450, how=ENDLESS))
        assert heard.last.finish == "error" and "time" in heard.last.error


@pytest.mark.slow
def test_many_threads_ask_at_once(model, alone):
    prompts = [chat(SYSTEMS[i % 3], TEXTS[i % 5]) for i in range(48)]
    heard: dict[int, str] = {}

    def ask(number):
        heard[number] = begin(engine, Wanted("base", prompts[number], max_tokens=6)).text

    with running([base_arm(model)], slots=8) as engine:
        threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(prompts))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [heard[i] for i in range(len(prompts))] == [alone(p, 6).text for p in prompts]
