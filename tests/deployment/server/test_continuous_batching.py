"""Rows come and leave at any pass; what they leave is free, and nobody else's answer changes."""

import time

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.core.types import GREEDY, Decoding, Form
from assay.deployment.server.continuous_batching import Writer
from assay.deployment.server.engine import base_arm
from assay.deployment.server.engine_api import Wanted
from assay.deployment.server.prefix_cache import PrefixCache
from assay.deployment.server.sequence import Request, RowState
from assay.deployment.server.validation import Front
from helpers.engines import Heard, begin, chat, running

SYSTEMS = (
    "Answer the question.",
    "missing taxi and a stolen reader of the shop " * 5,
    "a plastic chip, " * 9,
)
TEXTS = (
    "my card",
    "so the taxi then and then again",
    "a",
    "plastic",
    "the lemon has what colour?",
    "money " * 40,
)


@pytest.fixture(scope="module")
def model(open_tiny):
    model = open_tiny()
    with torch.no_grad():
        model.head.weight[model.chat.end[0]] *= 1.6
    return model


@pytest.fixture(scope="module")
def alone(model):
    """What each prompt is answered in a call of its own."""
    known = {}

    def answer(prompt, limit):
        if (prompt, limit) not in known:
            known[prompt, limit] = model.generate([prompt], max_tokens=limit)[0].text
        return known[prompt, limit]

    return answer


comings = st.lists(
    st.tuples(
        st.integers(0, 12),  # the pass before which it comes
        st.sampled_from(SYSTEMS),
        st.sampled_from(TEXTS),
        st.integers(1, 9),  # tokens at most
        st.one_of(st.none(), st.integers(0, 8)),  # passes after which its client leaves
    ),
    max_size=14,
)


@pytest.mark.slow
@settings(max_examples=settings.default.max_examples // 3)
@given(
    comings,
    st.integers(1, 5),
    st.sampled_from([0, 1 << 13, 1 << 26]),
    st.sampled_from([4, 64, 1 << 20]),
)
def test_whoever_comes_and_leaves_answers_stay_the_same(
    model, alone, come, slots, kept_bytes, own_rooms
):
    front, shelf = Front([base_arm(model)]), PrefixCache(kept_bytes)
    writer = Writer(model, shelf, slots=slots, own_bytes=own_rooms << 10)
    rows = []
    with torch.inference_mode():
        for number, (at, system, text, limit, leaves) in enumerate(come):
            prompt, heard = chat(system, text), Heard()
            wanted = Wanted("base", prompt, max_tokens=limit)
            request = Request(number, wanted, heard.put, time.monotonic() + 60)
            ids = front.prompt(base_arm(model), wanted)
            rows.append(
                (
                    at,
                    leaves,
                    prompt,
                    limit,
                    heard,
                    RowState.of(request, model, "", ids, GREEDY, limit),
                )
            )
        for step in range(2000):
            for at, leaves, *_, row in rows:
                if at == step:
                    writer.add(row)
                if leaves is not None and at + leaves == step:
                    row.request.cancel()
            if not writer.busy and step > 20:
                break
            writer.step()
            assert writer.running <= slots
            assert shelf.bytes <= kept_bytes and shelf.bytes == sum(
                k.bytes for k in shelf._kept.values()
            )
        assert not writer.busy
    assert not writer.slots.own, "slots of nobody are given back"
    for _, leaves, prompt, limit, heard, _ in rows:
        if leaves is None or (heard.come.qsize() and heard.come.queue[-1].finish):
            assert heard.text == alone(prompt, limit)
        else:  # what it heard is how the answer begins
            assert alone(prompt, limit).startswith(
                "".join(p.text for p in heard.come.queue).strip()
            )


def test_a_beginning_is_computed_once_and_read_by_all(model):
    prompts = [chat(SYSTEMS[1], text) for text in TEXTS]
    with running([base_arm(model)]) as engine:
        answers = [begin(engine, Wanted("base", p, max_tokens=4)) for p in prompts]
        shared = sorted(heard.last.shared for heard in answers)
        # One that comes while the first is in its pass has not seen what that pass makes.
        assert shared[0] == 0 and min(shared[2:]) >= 32, "the first one makes what the others read"
        again = begin(engine, Wanted("base", prompts[0], max_tokens=4))
        assert again.last.shared >= min(shared[2:]), "it is kept from request to request"
        assert len(engine.shelves[0]) >= 1


@pytest.mark.parametrize(("short", "rows"), [(0, 3), (1, 2)])
def test_rows_at_work_keep_within_their_bytes(model, short, rows):
    # A token has keys and values in 2 layers: 2 heads each, 16 wide, 4 bytes a number.
    front, limit = Front([base_arm(model)]), 5
    wanted = Wanted("base", chat("", "a card"), max_tokens=limit)
    ids = front.prompt(base_arm(model), wanted)
    writer = Writer(
        model, PrefixCache(0), own_bytes=3 * (len(ids) + limit) * 2 * 2 * 2 * 16 * 4 - short
    )
    with torch.inference_mode():
        for number in range(4):
            request = Request(number, wanted, Heard().put, time.monotonic() + 60)
            writer.add(RowState.of(request, model, "", ids, GREEDY, limit))
        writer.step()
    assert (writer.running, len(writer.waiting)) == (rows, 4 - rows)


def test_a_fault_ends_one_request_and_no_other(model, alone):
    # llguidance gives it up while it is followed
    heavy = Decoding(form=Form("regex", "(?:[a-z]{1,1000}){200,1000}"))
    with running([base_arm(model)], slots=4) as engine:
        asked = [begin(engine, Wanted("base", chat(SYSTEMS[0], t), max_tokens=6)) for t in TEXTS]
        bad = begin(engine, Wanted("base", chat(SYSTEMS[0], "a"), max_tokens=300, how=heavy))
        late = begin(engine, Wanted("base", text=(1, 2, 430), max_tokens=3))
        assert [heard.text for heard in asked] == [alone(chat(SYSTEMS[0], t), 6) for t in TEXTS]
        assert bad.last.finish == "error" and "M061" in bad.last.error
        assert late.last.finish in ("stop", "length")


def test_a_pass_that_fails_is_tried_without_the_one_at_fault(model, monkeypatch):
    """Memory that one prompt asks for and does not get."""
    forward = model.network.base_model.forward

    def short(*args, input_ids, **given):
        if (input_ids == 300).any():
            raise MemoryError("not for this one")
        return forward(*args, input_ids=input_ids, **given)

    monkeypatch.setattr(model.network.base_model, "forward", short)
    with running([base_arm(model)]) as engine:
        asked = [
            begin(engine, Wanted("base", text=(5, 6, 7, i), max_tokens=3)) for i in (8, 300, 9)
        ]
        assert [heard.last.finish for heard in asked] == ["length", "error", "length"]
        assert "not for this one" in asked[1].last.error


@pytest.mark.slow
def test_nothing_grows_with_requests(model):
    """Beginnings stay within their bytes, and nothing is held of requests that are over."""
    with running([base_arm(model)], slots=4, kept_bytes=1 << 16) as engine:
        for turn in range(4):
            prompts = [chat(f"{SYSTEMS[1]} {turn} {i // 2}", f"text {i}") for i in range(24)]
            for heard in [begin(engine, Wanted("base", p, max_tokens=3)) for p in prompts]:
                assert heard.last.finish
            (shelf,) = engine.shelves
            assert 0 < shelf.bytes <= 1 << 16
            while engine.load().running:
                time.sleep(0.01)
            (writer,) = engine._writers.values()
            assert (
                not writer.slots.own
                and not writer.active
                and not writer.waiting
                and not engine._open
            )
