"""Greedy generation is transformers' own, whatever rows run together."""

import pytest
import torch

from assay.core.types import Message
from assay.models.inference.chat_model import ChatModel
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
SIDE_BY_SIDE = (
    pytest.param(PROMPTS, id="one beginning"),
    pytest.param(RAGGED, id="ragged"),
    pytest.param(PROMPTS[1:2], id="one row", marks=pytest.mark.nightly),
)


@pytest.fixture(scope="module")
def model(open_tiny):
    """The tiny model, made to end some answers early: a longer output row for the end token wins
    more often."""
    model = open_tiny()
    with torch.no_grad():
        model.head.weight[model.chat.end[0]] *= 1.6
    return model


def theirs(model, messages, limit):
    """transformers' own greedy answer to one prompt: its new tokens."""
    ids = torch.tensor([model.chat.prompt(messages, room=limit)[0]])
    out = model.network.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        do_sample=False,
        max_new_tokens=limit,
        eos_token_id=model.chat.end[-1],
        pad_token_id=model.chat.tokenizer.pad_token_id,
    )
    return out[0, ids.shape[1] :].tolist()


@pytest.mark.parametrize("prompts", SIDE_BY_SIDE)
@pytest.mark.parametrize("limit", [1, 12])
def test_generation_is_that_of_transformers(model, prompts, limit):
    answers = model.generate(prompts, max_tokens=limit)
    for messages, answer in zip(prompts, answers, strict=True):
        tokens = theirs(model, messages, limit)
        ended = tokens[-1] == model.chat.end[-1]
        assert answer.text == model.chat.tokenizer.decode(tokens[:-1] if ended else tokens).strip()
        assert (answer.tokens, answer.truncated) == (len(tokens), not ended)
        assert (
            answer.prompt_tokens
            == len(model.chat.prompt(messages)[0])
            == model.count_tokens(messages)
        )


def test_the_prompts_above_end_early_and_late(model):
    lengths = {
        answer.tokens for answer in model.generate(RAGGED, max_tokens=12) if not answer.truncated
    }
    assert len(lengths) > 1
    assert any(answer.truncated for answer in model.generate(RAGGED, max_tokens=12))


@pytest.mark.slow
def test_many_rows_are_split_into_batches_and_told(model):
    told = []
    answers = model.generate(RAGGED * 60, max_tokens=5, tell=told.append)
    assert len(told) > 1
    assert [told[-1]["done"], told[-1]["total"]] == [540, 540]
    assert answers == model.generate(RAGGED, max_tokens=5) * 60


@pytest.mark.parametrize("limit", nightly_but([1, 12], [1, 3, 12]))
def test_a_stream_adds_up_to_the_answer(model, limit):
    for messages, answer in zip(RAGGED, model.generate(RAGGED, max_tokens=limit), strict=True):
        pieces = list(model.stream(messages, max_tokens=limit))
        assert "".join(pieces).strip() == answer.text
        # Half a character is only shown when its other half never comes.
        assert not any(piece.endswith("\ufffd") for piece in pieces[:-1])


def test_no_prompts(model):
    assert model.generate([], max_tokens=3) == []


def test_questions_that_are_cut_are_counted(model):
    long = (SYSTEM, Message("user", "missing " * 2000))
    told = []
    (answer, _) = model.generate([long, PROMPTS[0]], max_tokens=8, tell=told.append)
    assert answer.prompt_tokens == 512 - 8
    warnings = [event for event in told if event["event"] == "warning"]
    assert [(event["code"], event["count"]) for event in warnings] == [("D048", 1)]
    told.clear()
    model.score([long, PROMPTS[0]], ["card"], tell=told.append)
    assert [event["count"] for event in told if event["event"] == "warning"] == [1]


# --- keys and values that stand before every sequence ---------------------------------------------


@pytest.fixture
def soft_model(open_tiny):
    """The tiny model behind five virtual embeddings; these embeddings."""
    from transformers import DynamicCache

    model = open_tiny()
    with torch.no_grad():
        model.head.weight[model.chat.end[0]] *= 1.6
        virtual = torch.randn(1, 5, 64, generator=torch.Generator().manual_seed(4)) * 0.3

    def soft():
        cache = DynamicCache(config=model.network.config)
        model.body(inputs_embeds=virtual, cache=cache, use_cache=True)
        return cache

    model.soft = soft
    return model, virtual


def embedded(model, virtual, ids):
    return torch.cat([virtual, model.network.get_input_embeddings()(torch.tensor([ids]))], 1)


@pytest.mark.slow
@pytest.mark.parametrize("prompts", SIDE_BY_SIDE)
def test_generation_after_virtual_tokens_is_that_of_transformers(soft_model, prompts):
    model, virtual = soft_model
    answers = model.generate(prompts, max_tokens=12)
    for messages, answer in zip(prompts, answers, strict=True):
        words = embedded(model, virtual, model.chat.prompt(messages, room=12)[0])
        tokens = model.network.generate(
            inputs_embeds=words,
            attention_mask=torch.ones(words.shape[:2]),
            do_sample=False,
            max_new_tokens=12,
            eos_token_id=model.chat.end[-1],
            pad_token_id=model.chat.tokenizer.pad_token_id,
        )[0].tolist()
        ended = tokens[-1] == model.chat.end[-1]
        assert answer.text == model.chat.tokenizer.decode(tokens[:-1] if ended else tokens).strip()
        assert answer.prompt_tokens == len(model.chat.prompt(messages)[0])
        assert "".join(model.stream(messages, max_tokens=12)).strip() == answer.text
    model.soft = None
    assert answers != model.generate(prompts, max_tokens=12)


@pytest.mark.parametrize("prompts", SIDE_BY_SIDE)
def test_scores_after_virtual_tokens_are_those_of_separate_sequences(soft_model, prompts):
    model, virtual = soft_model
    options = ("card", "card lost", "refund", "")
    scores = model.score(prompts, options, left=0.0)
    for row, messages in zip(scores, prompts, strict=True):
        for score, option in zip(row, options, strict=True):
            prompt, answer = model.chat.prompt(messages)[0], model.chat.answer(option)
            with torch.no_grad():
                logits = (
                    model.network(inputs_embeds=embedded(model, virtual, prompt + answer))
                    .logits[0, 5:]
                    .double()
                )
            logs = logits.log_softmax(-1)
            alone = sum(float(logs[len(prompt) - 1 + i, token]) for i, token in enumerate(answer))
            assert score == pytest.approx(alone, abs=1e-4)


@pytest.mark.slow
def test_many_rows_after_virtual_tokens_are_split_into_batches(soft_model):
    model, _ = soft_model
    told = []
    answers = model.generate(RAGGED * 60, max_tokens=5, tell=told.append)
    assert len(told) > 1
    assert answers == model.generate(RAGGED, max_tokens=5) * 60


@pytest.mark.nightly
@pytest.mark.real
def test_a_real_model_answers_as_transformers_lets_it(one_thread):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from assay.models.loading.find import find
    from assay.models.tokenizer.chat_tokens import Chat

    folder = find("smollm2-135m").folder
    network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    model = ChatModel("smollm2-135m", network, Chat(AutoTokenizer.from_pretrained(folder)))
    prompts = [
        (SYSTEM, Message("user", "What is the capital of France?")),
        (SYSTEM, Message("user", "What is two and two? Say the number only.")),
        (Message("user", "Name a colour."),),
    ]
    for messages, answer in zip(prompts, model.generate(prompts, max_tokens=12), strict=True):
        tokens = theirs(model, messages, 12)
        ended = tokens[-1] == model.chat.end[-1]
        assert answer.text == model.chat.tokenizer.decode(tokens[:-1] if ended else tokens).strip()
    assert "Paris" in model.generate(prompts[:1], max_tokens=12)[0].text
