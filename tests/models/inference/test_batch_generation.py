"""Answers written with sharing, entering and leaving rows are those of separate sequences; stop
texts; draws."""

import json
from dataclasses import replace

import pytest
import torch

from assay.core.types import GREEDY, Decoding, Form, Generated, Message
from assay.models.inference import batch_generation
from helpers.nights import nightly_but

SYSTEM = Message("system", "Answer the question.")
TEXTS = (
    "my card",
    "so the taxi then and then again",
    "a",
    "plastic",
    "the lemon has what colour?",
    "money",
    "grass",
)
PROMPTS = [(SYSTEM, Message("user", text)) for text in TEXTS]
RAGGED = [
    *PROMPTS,
    (Message("user", "no system turn"),),
    (*PROMPTS[0], Message("assistant", "card"), PROMPTS[1][1]),
]
DRAWN = Decoding(temperature=1.0, seed=5)


def ending(model, end=1.6):
    """A longer output row for the end token wins more often: some answers end early."""
    with torch.no_grad():
        model.head.weight[model.chat.end[0]] *= end
    return model


@pytest.fixture(scope="module")
def model(open_tiny):
    return ending(open_tiny())


@pytest.fixture(scope="module")
def plain(open_tiny):
    """The same model on the way of models that cannot be computed on trees."""
    model = ending(open_tiny())
    vars(model)["takes_trees"] = False
    return model


@pytest.fixture(scope="module")
def alone(model):
    """What each of the ragged prompts is answered in a call of its own."""
    return [model.generate([prompt], max_tokens=12)[0] for prompt in RAGGED]


def passes(model, monkeypatch):
    """The shapes of what the body is given from now on."""
    shapes = []
    forward = model.body.forward

    def watched(*args, **given):
        if "input_ids" in given:
            shapes.append(tuple(given["input_ids"].shape))
        return forward(*args, **given)

    monkeypatch.setattr(model.body, "forward", watched)
    return shapes


# --- rows and slots -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "how", [GREEDY, DRAWN, Decoding(stop=("a", "no")), Decoding(form=Form("regex", "[a-z ]{2,9}"))]
)
@pytest.mark.parametrize(
    "prompts",
    [
        pytest.param(RAGGED, id="ragged"),
        pytest.param(PROMPTS, id="one beginning"),
        pytest.param(PROMPTS[:1], id="one", marks=pytest.mark.nightly),
    ],
)
def test_both_ways_write_the_same(model, plain, prompts, how):
    assert model.takes_trees
    ours, theirs = (m.generate(prompts, max_tokens=10, how=how) for m in (model, plain))
    assert ours == theirs
    assert [a.logprob for a in ours] == pytest.approx([a.logprob for a in theirs], abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("rows", nightly_but([1, 3], [1, 2, 3, 5]))
def test_rows_that_end_make_room_for_rows_that_wait(model, alone, monkeypatch, rows):
    monkeypatch.setattr(batch_generation, "ROWS", rows)
    shapes = passes(model, monkeypatch)
    assert model.generate(RAGGED, max_tokens=12) == alone
    # A row is at work in one pass for each of its tokens. No slot is empty while others wait, so
    # there are at most as many passes as full slots need, and as many as the last rows go on alone.
    tokens = [answer.tokens for answer in alone]
    assert len(shapes) <= sum(tokens) / rows + max(tokens)
    assert len(set(tokens)) > 1


def test_little_memory_means_fewer_rows(model, monkeypatch):
    expected = model.generate(RAGGED, max_tokens=6)
    monkeypatch.setattr(batch_generation, "OWN_BYTES", 1)
    shapes = passes(model, monkeypatch)
    assert model.generate(RAGGED, max_tokens=6) == expected
    assert sum(1 for rows, tokens in shapes if tokens > 1) >= len(RAGGED)  # each enters by itself


def test_a_pass_takes_few_tokens_but_always_a_row(model, monkeypatch):
    expected = model.generate(RAGGED, max_tokens=6)
    monkeypatch.setattr(batch_generation, "PASS_TOKENS", 1)
    shapes = passes(model, monkeypatch)
    assert model.generate(RAGGED, max_tokens=6) == expected
    longest = max(model.count_tokens(prompt) for prompt in RAGGED)
    assert all(tokens < longest + len(RAGGED) for _, tokens in shapes)


def test_short_prompts_do_not_take_the_room_of_a_long_one(model, monkeypatch):
    long = (SYSTEM, Message("user", "missing taxi " * 60))
    made = []
    slots = batch_generation.Slots
    monkeypatch.setattr(
        batch_generation, "Slots", lambda *given: made.append(given) or slots(*given)
    )
    token = 2 * 2 * 2 * 16 * 4  # layers, keys and values, heads, width, bytes
    room = model.count_tokens(long) + 6
    monkeypatch.setattr(batch_generation, "OWN_BYTES", 2 * room * token)
    answers = model.generate([*PROMPTS, long], max_tokens=6)
    assert answers[:-1] == model.generate(PROMPTS, max_tokens=6)
    (few, wide), (many, narrow) = made[:2]
    assert few < many and narrow <= wide / 2


def test_the_shared_beginning_is_computed_once(model, monkeypatch):
    model.generate(PROMPTS, max_tokens=1)  # what is tried once, is tried
    model.forget()
    shapes = passes(model, monkeypatch)
    model.generate(PROMPTS, max_tokens=1)
    rows = [model.chat.prompt(prompt)[0] for prompt in PROMPTS]
    shared = next(i for i in range(99) if len({row[i] for row in rows}) > 1)
    own = (1, sum(map(len, rows)) - shared * len(rows))
    assert shapes == [(1, shared), own]
    model.generate(PROMPTS, max_tokens=1)
    assert shapes == [(1, shared), own, own], "it is kept from call to call"


def test_a_prompt_with_several_answers_is_computed_once(model, plain, monkeypatch):
    # Two prompts of 10 and more tokens of their own, with five answers each, among others.
    long = [
        (SYSTEM, Message("user", f"{text} so the taxi then and then again")) for text in TEXTS[2:4]
    ]
    asked = [PROMPTS[0], *[long[0]] * 5, PROMPTS[2], *[long[1]] * 5]
    sequences = [model.chat.prompt(prompt)[0] for prompt in asked]
    made = passes(model, monkeypatch)
    found = model.generate(asked, max_tokens=6, how=DRAWN)
    computed = sum(tokens for _, tokens in made)
    own = {tuple(ids) for ids in sequences}
    # all prompts once, and what is written: a token each in at most six passes
    assert computed <= sum(map(len, own)) + 6 * len(asked) + 2 * len(own)
    assert found == plain.generate(asked, max_tokens=6, how=DRAWN)


def test_no_tokens_and_no_prompts(model):
    assert model.generate([], max_tokens=4) == []
    (answer,) = model.generate(PROMPTS[:1], max_tokens=0)
    assert answer == Generated("", model.count_tokens(PROMPTS[0]), 0, truncated=True)
    assert answer.logprob == 0
    assert list(model.stream(PROMPTS[0], max_tokens=0)) == []


def test_progress_counts_finished_answers(model):
    told = []
    model.generate(RAGGED, max_tokens=12, tell=told.append)
    done = [event["done"] for event in told]
    assert done == sorted(set(done)) and done[-1] == len(RAGGED) and len(done) > 1
    assert {(event["event"], event["total"], event["unit"]) for event in told} == {
        ("progress", len(RAGGED), "answer")
    }


# --- other models ---------------------------------------------------------------------------------


def tiny(kind, chat, **more):
    from transformers import AutoConfig, AutoModelForCausalLM

    from assay.models.inference import tree_attention
    from assay.models.inference.chat_model import ChatModel

    tree_attention.register()
    config = AutoConfig.for_model(
        kind, vocab_size=480, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2, head_dim=8, max_position_embeddings=512, initializer_range=0.3,
        pad_token_id=0,
        bos_token_id=None, eos_token_id=2, **more,
    )  # fmt: skip
    before = torch.get_rng_state()
    torch.manual_seed(3)
    network = AutoModelForCausalLM.from_config(
        config, attn_implementation=tree_attention.NAME
    ).eval()
    torch.set_rng_state(before)
    return ChatModel(kind, network, chat)


@pytest.mark.slow
@pytest.mark.parametrize(
    "prompts",
    [
        pytest.param(RAGGED, id="ragged"),
        pytest.param(PROMPTS, id="one beginning", marks=pytest.mark.nightly),
    ],
)
@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("mistral", {"sliding_window": 8}),
        pytest.param("mistral", {"sliding_window": 24}, marks=pytest.mark.nightly),
        pytest.param("mistral", {"sliding_window": 400}, marks=pytest.mark.nightly),
        pytest.param("qwen2", {}, marks=pytest.mark.nightly),
        ("qwen3", {}),
        (
            "gemma2",
            {"query_pre_attn_scalar": 8, "attn_logit_softcapping": 5.0, "sliding_window": 12},
        ),
        pytest.param(
            "gemma3_text",
            {"query_pre_attn_scalar": 8, "sliding_window": 8},
            marks=pytest.mark.nightly,
        ),
        ("gemma3_text", {"query_pre_attn_scalar": 8, "sliding_window": 30}),
    ],
)
def test_other_architectures_write_what_transformers_writes(open_tiny, kind, more, prompts):
    model = tiny(kind, open_tiny().chat, **more)
    assert model.takes_trees
    for messages, answer in zip(prompts, model.generate(prompts, max_tokens=12), strict=True):
        ids = torch.tensor([model.chat.prompt(messages, room=12)[0]])
        out = model.network.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=12,
            eos_token_id=2,
            pad_token_id=0,
        )[0, ids.shape[1] :].tolist()  # fmt: skip
        ended = out[-1] == 2
        assert (
            answer.text
            == model.chat.tokenizer.decode(
                out[:-1] if ended else out, skip_special_tokens=True
            ).strip()
        )
        assert answer.tokens == len(out)


@pytest.mark.slow
@pytest.mark.parametrize("window", [4, 16])
@pytest.mark.parametrize("lends", [True, False])
def test_trained_embeddings_before_a_narrow_window(open_tiny, window, lends):
    from transformers import DynamicCache

    model = tiny("mistral", open_tiny().chat, sliding_window=window)
    vars(model)["takes_trees"] = lends
    virtual = torch.randn(1, 3, 32, generator=torch.Generator().manual_seed(4))

    def soft():
        cache = DynamicCache(config=model.network.config)
        with torch.no_grad():
            model.body(inputs_embeds=virtual, cache=cache, use_cache=True)
        return cache

    model.soft = soft
    for messages, answer in zip(PROMPTS, model.generate(PROMPTS, max_tokens=8), strict=True):
        ids = torch.tensor([model.chat.prompt(messages, room=8)[0]])
        words = torch.cat([virtual, model.network.get_input_embeddings()(ids)], 1)
        out = model.network.generate(
            inputs_embeds=words, attention_mask=torch.ones(words.shape[:2]), do_sample=False,
            max_new_tokens=8,
            eos_token_id=2, pad_token_id=0,
        )[0].tolist()  # fmt: skip
        assert answer.tokens == len(out)
        told = out[:-1] if out[-1] == 2 else out
        assert answer.text == model.chat.tokenizer.decode(told, skip_special_tokens=True).strip()


# --- likelihood -----------------------------------------------------------------------------------


def test_the_likelihood_is_that_of_scoring_the_text(model):
    checked = 0
    for prompt, answer in zip(RAGGED, model.generate(RAGGED, max_tokens=12), strict=True):
        if len(model.chat.answer(answer.text)) == answer.tokens and not answer.truncated:
            (score,) = model.score([prompt], [answer.text], left=0.0)[0]
            assert answer.logprob == pytest.approx(score, abs=1e-4)
            checked += 1
    assert checked > 1


def test_the_likelihood_of_a_form_is_the_models_own(model):
    options = ("card", "card lost", "refund")
    how = Decoding(form=Form("choice", json.dumps(options)))
    scores = model.score(RAGGED, options, left=0.0)
    for answer, row in zip(model.generate(RAGGED, max_tokens=12, how=how), scores, strict=True):
        assert answer.logprob == pytest.approx(row[options.index(answer.text)], abs=1e-4)


# --- stop texts -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_answer_ends_before_the_first_stop_text(model, alone):
    for prompt, whole in zip(RAGGED, alone, strict=True):
        tokens = model.chat.tokenizer(whole.text)["input_ids"]
        if "\ufffd" in whole.text or len(whole.text) < 6:
            continue
        for at in range(1, len(whole.text) - 2):
            stops = (whole.text[at + 1 : at + 3], whole.text[at : at + 3], "never \u2603 comes")
            (cut,) = model.generate([prompt], max_tokens=12, how=Decoding(stop=stops))
            place = min(whole.text.find(stop) for stop in stops[:2])
            assert cut.text == whole.text[:place].strip()
            assert not cut.truncated and 0 < cut.tokens <= len(tokens) + 1
            # A stream never shows what is taken off later.
            pieces = list(model.stream(prompt, max_tokens=12, how=Decoding(stop=stops)))
            assert "".join(pieces).strip() == cut.text
            shown = ["".join(pieces[:n]).strip() for n in range(len(pieces))]
            assert all(cut.text.startswith(text) for text in shown)


def test_stop_texts_that_never_come_change_nothing(model):
    how = Decoding(stop=("never comes", ""))
    assert model.generate(RAGGED, max_tokens=9, how=how) == model.generate(RAGGED, max_tokens=9)


# --- draws ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_draws_do_not_depend_on_what_else_is_asked(model):
    alone = [model.generate([prompt], max_tokens=10, how=DRAWN)[0] for prompt in RAGGED]
    assert model.generate(RAGGED, max_tokens=10, how=DRAWN) == alone
    assert model.generate(RAGGED[::-1], max_tokens=10, how=DRAWN) == alone[::-1]
    assert model.generate(RAGGED, max_tokens=10, how=replace(DRAWN, seed=6)) != alone
    for prompt, answer in zip(RAGGED, alone, strict=True):
        assert "".join(model.stream(prompt, max_tokens=10, how=DRAWN)).strip() == answer.text


def test_equal_prompts_are_drawn_independently(model):
    answers = model.generate([PROMPTS[0]] * 40, max_tokens=6, how=DRAWN)
    assert len({answer.text for answer in answers}) > 30
    # The third of equal prompts is drawn the same, whatever stands between them.
    mixed = model.generate(
        [PROMPTS[0], PROMPTS[1], PROMPTS[0], PROMPTS[2], PROMPTS[0]], max_tokens=6, how=DRAWN
    )
    assert [mixed[0], mixed[2], mixed[4]] == answers[:3]


def test_a_low_temperature_is_greedy(model):
    cold = model.generate(RAGGED, max_tokens=8, how=Decoding(temperature=1e-4, seed=1))
    assert cold == model.generate(RAGGED, max_tokens=8)


@pytest.mark.nightly
@pytest.mark.real
def test_a_real_model_writes_what_it_writes_alone(one_thread):
    from assay.models.loading.find import find
    from assay.models.open import load_model

    model = load_model(find("smollm2-135m"), "fp32")
    prompts = [
        (SYSTEM, Message("user", f"What is the capital of {name}?")) for name in ("France", "Spain")
    ]
    answers = model.generate(prompts, max_tokens=10)
    assert "Paris" in answers[0].text
    assert answers == [model.generate([prompt], max_tokens=10)[0] for prompt in prompts]
