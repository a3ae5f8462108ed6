"""Scores by the trie are those of each sequence alone: log softmax of the network's own logits,
token by token."""

import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest
import torch
import transformers as hf
from hypothesis import given
from hypothesis import strategies as st

from assay.core.types import Message
from assay.models.inference import tree_attention
from assay.models.inference.chat_model import ChatModel
from assay.models.inference.option_scores import Trie
from assay.strategies.prompting.prompted_arm import best_label
from helpers.nights import nightly_but

OPTIONS = ("card", "card lost", "refund", "card", "ca", "Which colour?", "")
SYSTEM = Message("system", "Classify the message.")
SHARING = [
    (SYSTEM, Message("user", text))
    for text in ("my card", "so the taxi then and then", "a", "plastic", "a")
]
RAGGED = [
    *SHARING,
    (Message("user", "no system turn here"),),
    (*SHARING[0], Message("assistant", "card"), SHARING[1][1]),
]


@pytest.fixture(scope="module")
def model(open_tiny):
    return open_tiny()


def alone(model, messages, option):
    """Natural-log likelihood of `option` after `messages`, from one pass over the one sequence."""
    prompt, _ = model.chat.prompt(messages)
    answer = model.chat.answer(option)
    with torch.no_grad():
        logits = model.network(torch.tensor([prompt + answer])).logits[0].double()
    logs = logits.log_softmax(-1)
    return sum(float(logs[len(prompt) - 1 + i, token]) for i, token in enumerate(answer))


@pytest.mark.parametrize(
    "prompts", [SHARING, RAGGED, SHARING[:1]], ids=["one beginning", "ragged", "one row"]
)
def test_scores_are_those_of_the_separate_sequences(model, prompts):
    naive = [[alone(model, messages, option) for option in OPTIONS] for messages in prompts]
    scores = model.score(prompts, OPTIONS, left=0.0)
    assert scores.shape == (len(prompts), len(OPTIONS))
    np.testing.assert_allclose(scores, naive, atol=1e-4)


def test_the_company_in_a_batch_does_not_matter(model):
    together = model.score(RAGGED, OPTIONS, left=0.0)
    order = [4, 0, 6, 2, 5, 3, 1]
    np.testing.assert_allclose(
        model.score([RAGGED[i] for i in order], OPTIONS, left=0.0), together[order], atol=1e-4
    )
    single = np.concatenate([model.score([messages], OPTIONS, left=0.0) for messages in RAGGED])
    np.testing.assert_allclose(single, together, atol=1e-4)
    fewer = model.score(RAGGED, OPTIONS[1:3], left=0.0)
    np.testing.assert_allclose(fewer, together[:, 1:3], atol=1e-4)


def test_many_rows_are_split_into_batches_and_told(model):
    prompts = [
        (SYSTEM, Message("user", f"my {'card ' * (i % 9)} is the matter")) for i in range(400)
    ]
    told = []
    scores = model.score(prompts, OPTIONS[:3], tell=told.append)
    assert len(told) > 1
    assert [told[-1]["done"], told[-1]["total"]] == [400, 400]
    np.testing.assert_allclose(scores[:9], model.score(prompts[:9], OPTIONS[:3]), atol=1e-4)
    np.testing.assert_allclose(scores[:-9], scores[9:], atol=1e-4)  # every ninth prompt is the same


def test_the_shares_of_all_answers_of_one_token_add_up_to_one(model):
    # Over the whole vocabulary, the likelihoods of "token, end of turn" are p(token) p(end |
    # token).
    prompt, _ = model.chat.prompt(SHARING[0])
    with torch.no_grad():
        logs = model.network(torch.tensor([prompt])).logits[0, -1].double().log_softmax(-1)
    ending = model.score(SHARING[:1], ["card"])[0, 0]
    card = model.chat.answer("card")[0]
    assert ending < float(logs[card])
    assert float(logs.exp().sum()) == pytest.approx(1)


SCALED = {
    "granite": (hf.GraniteConfig, {"logits_scaling": 6.0}),
    "cohere": (hf.CohereConfig, {"logit_scale": 0.25}),
    "gemma 2": (hf.Gemma2Config, {"final_logit_softcapping": 0.5, "head_dim": 16}),
}


@pytest.mark.parametrize("family", SCALED)
def test_scaled_and_capped_logits_are_those_of_the_model(open_tiny, family):
    kind, own = SCALED[family]
    model = open_tiny()
    torch.manual_seed(0)
    small = {
        "hidden_size": 64,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    }
    vocabulary = model.network.config.vocab_size
    config = kind(**small, **own, vocab_size=vocabulary, num_key_value_heads=2, pad_token_id=0)
    network = hf.AutoModelForCausalLM.from_config(config, attn_implementation=tree_attention.NAME)
    model = ChatModel(family, network.eval().requires_grad_(False), model.chat)
    naive = [alone(model, SHARING[0], option) for option in OPTIONS]
    np.testing.assert_allclose(model.score(SHARING[:1], OPTIONS, left=0.0)[0], naive, atol=1e-4)


def test_no_prompts(model):
    assert model.score([], OPTIONS).shape == (0, len(OPTIONS))


# --- the trie -------------------------------------------------------------------------------------

ANSWERS = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=5), min_size=1, max_size=8)


@given(ANSWERS)
def test_every_answer_is_a_path(answers):
    trie = Trie.of(answers)
    assert len(trie.tokens) == len({tuple(a[:i]) for a in answers for i in range(1, len(a) + 1)})
    for answer, node in zip(answers, trie.ends, strict=True):
        path = []
        while node >= 0:
            path.append(node)
            node = trie.parent[node]
        assert [trie.tokens[i] for i in reversed(path)] == answer
        assert [trie.depth[i] for i in reversed(path)] == list(range(len(answer)))


def test_nodes_see_their_ancestors_and_themselves():
    # root -> 1 -> 2 -> (3, 4); root -> 5 -> 6: nodes 0 to 5 are the tokens 1, 2, 3, 4, 5, 6.
    trie = Trie.of([[1, 2, 3], [1, 2, 4], [5, 6]])
    assert trie.tokens == [1, 2, 3, 4, 5, 6]
    seen = [{int(j) for j in np.flatnonzero(row)} for row in trie.sees]
    assert seen == [{0}, {0, 1}, {0, 1, 2}, {0, 1, 3}, {4}, {4, 5}]
    # 1 and 2 are needed together: nothing forks between them. 5 has only a leaf below it.
    assert trie.chain(0) == [0, 1] and trie.chain(4) == [4]


# --- the way down ---------------------------------------------------------------------------------

MANY = [
    f"{a} {b} {c}"
    for a in ("card", "refund", "money", "taxi")
    for b in ("lost", "now", "chip")
    for c in ("a", "so b")
]


def shares(scores):
    """Each option's share of all, (prompts, options)."""
    found = np.exp(scores - scores.max(1, keepdims=True))
    return found / found.sum(1, keepdims=True)


# 77 intents, as banking77 has: of three words each, many with a common beginning.
THIRD = ("a", "so b", "then", "my card", "plastic")
INTENTS = [
    f"{a} {b} {c}"
    for a in ("card", "refund", "money", "taxi")
    for b in ("lost", "now", "chip", "card")
    for c in THIRD
][:77]


@pytest.mark.slow
def test_shares_of_77_options_are_those_of_separate_sequences_and_the_two_best_are_right(model):
    naive = np.array(
        [[alone(model, messages, option) for option in INTENTS] for messages in SHARING[:4]]
    )
    scores = model.score(SHARING[:4], INTENTS)
    assert (np.abs(scores - naive) > 1e-3).any()  # hopeless ones were left
    np.testing.assert_allclose(shares(scores), shares(naive), atol=1e-5)
    assert (np.argsort(-scores, 1)[:, :2] == np.argsort(-naive, 1)[:, :2]).all()
    for row, told in zip(naive, scores, strict=True):
        confidence = best_label(INTENTS, told).confidence
        assert confidence == pytest.approx(shares(row[None]).max(), abs=1e-5)


@pytest.mark.parametrize(
    "left", nightly_but([0.0, 1e-6, 1.0], [0.0, 1e-9, 1e-6, 1e-3, 0.1, 0.5, 1.0])
)
def test_no_share_moves_by_more_than_what_may_be_left(model, left):
    exact = model.score(RAGGED, MANY, left=0.0)
    scores = model.score(RAGGED, MANY, left=left)
    assert np.abs(shares(scores) - shares(exact)).max() <= left + 1e-5
    assert (np.argsort(-scores, 1)[:, :2] == np.argsort(-exact, 1)[:, :2]).all()
    assert (scores >= exact - 1e-4).all()  # a bound from above


def test_hopeless_options_are_not_followed_to_the_end(model, monkeypatch):
    computed = []
    forward = model.body.forward
    monkeypatch.setattr(
        model.body,
        "forward",
        lambda *args, **given: (
            computed.append(given["input_ids"].numel()) or forward(*args, **given)
        ),
    )
    model.score(SHARING[:1], MANY, left=0.0)
    whole = sum(computed)
    computed.clear()
    model.score(SHARING[:1], MANY, left=0.5)
    assert sum(computed) < whole


# --- memory ---------------------------------------------------------------------------------------


class Asked(Sequence):
    """So many short prompts, each made when it is looked at."""

    def __init__(self, rows: range):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, place):
        if isinstance(place, slice):
            return Asked(self.rows[place])
        return (
            SYSTEM,
            Message("user", f"my {'card ' * (self.rows[place] % 5)} taxi {self.rows[place]}"),
        )


@pytest.mark.slow
@pytest.mark.nightly
def test_memory_does_not_grow_with_the_rows(model):
    def most(rows: int) -> int:
        """Bytes that Python and NumPy held at most: the resident size also counts what the
        allocator keeps."""
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        scores = model.score(Asked(range(10_000, 10_000 + rows)), OPTIONS[:3])
        assert scores.shape == (rows, 3)
        return tracemalloc.get_traced_memory()[1] - before

    tracemalloc.start()
    try:
        most(1_000)  # fills what is kept for later calls
        # The tokens of one row kept take about 1,000 bytes, its three scores 12.
        assert most(4_000) - most(1_000) < 3_000 * 100
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("left", [1e-6, 1.0])
def test_an_answer_that_is_followed_is_exact_whatever_it_is_worth(model, left):
    exact = model.score(RAGGED, OPTIONS, left=0.0)
    for follow in range(len(OPTIONS)):
        wanted = [(follow + row) % len(OPTIONS) for row in range(len(RAGGED))]
        scores = model.score(RAGGED, OPTIONS, left=left, rounded=True, follow=wanted)
        rows = np.arange(len(RAGGED))
        np.testing.assert_allclose(scores[rows, wanted], exact[rows, wanted], atol=1e-4)
        np.testing.assert_allclose(scores.max(1), exact.max(1), atol=1e-4)
        assert (scores >= exact - 1e-4).all()  # others carry a bound
    none = model.score(RAGGED, OPTIONS, left=left, follow=[None] * len(RAGGED))
    assert np.array_equal(none, model.score(RAGGED, OPTIONS, left=left))
