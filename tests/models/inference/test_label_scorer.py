"""Answers told from each other alone: shares that add up to one, as full logits give them by
hand."""

from math import exp, inf

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from assay.core.types import Message
from assay.models.inference.label_scorer import Chooser
from assay.models.inference.option_scores import Descent, Trie

SYSTEM = Message("system", "Classify the message.")
PROMPTS = [
    (SYSTEM, Message("user", text))
    for text in ("my card", "so the taxi then and then", "a", "plastic")
]
# One is the beginning of another, some share theirs, one shares nothing.
OPTIONS = ("card", "card lost", "card lost now", "ca", "refund", "Which colour?")
MANY = [
    f"{a} {b} {c}"
    for a in ("card", "refund", "money", "taxi")
    for b in ("lost", "now", "chip")
    for c in ("a", "so b")
]


@pytest.fixture(scope="module")
def model(open_tiny):
    return Chooser.of(open_tiny())


def by_hand(model, messages, options):
    """Natural-log shares: at each token of an answer, whole logits without what no option has
    there."""
    prompt, _ = model.chat.prompt(messages)
    answers = [model.chat.answer(option) for option in options]
    shares = []
    for answer in answers:
        with torch.no_grad():
            logits = model.network(torch.tensor([prompt + answer])).logits[0].double()
        total = 0.0
        for i, token in enumerate(answer):
            masked = torch.full_like(logits[0], -inf)
            may = [a[i] for a in answers if len(a) > i and a[:i] == answer[:i]]
            masked[may] = logits[len(prompt) - 1 + i, may]
            total += float(masked.log_softmax(0)[token])
        shares.append(total)
    return shares


@pytest.mark.parametrize("options", [OPTIONS, MANY, ("refund",)], ids=["some", "many", "one"])
def test_shares_are_those_of_whole_logits_without_other_tokens(model, options):
    shares = model.score(PROMPTS, options, left=0.0)
    np.testing.assert_allclose(
        shares, [by_hand(model, messages, options) for messages in PROMPTS], atol=1e-4
    )
    np.testing.assert_allclose(np.exp(shares).sum(1), 1, atol=1e-6)


@pytest.mark.parametrize("left", [1e-6, 1e-2, 0.3])
def test_no_share_moves_by_more_than_what_may_be_left(model, left):
    exact, told = model.score(PROMPTS, MANY, left=0.0), model.score(PROMPTS, MANY, left=left)
    assert (np.argsort(-told, 1)[:, :2] == np.argsort(-exact, 1)[:, :2]).all()
    shares = np.exp(told) / np.exp(told).sum(1, keepdims=True)
    np.testing.assert_allclose(shares, np.exp(exact), atol=left + 1e-5)
    assert (told >= exact - 1e-4).all()


def test_what_follows_the_last_fork_is_not_computed(model, monkeypatch):
    computed = []
    forward = model.body.forward
    monkeypatch.setattr(
        model.body,
        "forward",
        lambda *args, **given: (
            computed.append(given["input_ids"].numel()) or forward(*args, **given)
        ),
    )
    # Three answers that differ in their first token: once the prompt is read, all is known.
    model.score(PROMPTS[:1], ("card", "refund", "money"), left=0.0)
    assert sum(computed) == len(model.chat.prompt(PROMPTS[0])[0])


def test_a_plain_model_still_scores_among_all_tokens(model, open_tiny):
    plain = open_tiny().score(PROMPTS, OPTIONS, left=0.0)
    assert (plain < model.score(PROMPTS, OPTIONS, left=0.0) - 1e-3).all()


# --- the way down a closed trie -------------------------------------------------------------------

ANSWERS = st.lists(st.lists(st.integers(0, 3), max_size=4), min_size=1, max_size=9, unique_by=tuple)
END = 4  # ends each answer, as the end of a turn does


@given(
    ANSWERS, st.integers(0, 2**16), st.booleans(), st.sampled_from([0.0, 1e-6, 1e-2, 0.2, 0.9, 1.0])
)
def test_any_trie_gives_what_a_table_of_logits_gives(answers, seed, closed, left):
    answers = [[*answer, END] for answer in answers]
    trie = Trie.of(answers).alone if closed else Trie.of(answers)
    table = torch.randn(
        len(trie.tokens) + 1, 6, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )

    def below(node):
        may = [trie.tokens[child] for child in trie.children[node]]
        logs = (
            table[node + 1][may].log_softmax(0) if closed else table[node + 1].log_softmax(0)[may]
        )
        return logs.numpy()

    descent = Descent(trie, left)
    descent.learn(-1, below(-1))
    while nodes := descent.next():
        for node in nodes:
            descent.expand(node, below(node))
    exact = []
    for end in trie.ends:
        total = 0.0
        while end >= 0:
            parent = trie.parent[end]
            total, end = total + float(below(parent)[trie.children[parent].index(end)]), parent
        exact.append(total)
    told, true = descent.scores(), np.array(exact)
    assert (told >= true - 1e-9).all()
    shares = [np.exp(values) / np.exp(values).sum() for values in (told, true)]
    np.testing.assert_allclose(*shares, atol=left + 1e-9)
    best = np.argsort(-true)[:2]
    np.testing.assert_allclose(told[best], true[best], atol=1e-9)
    assert np.delete(told, best).max(initial=-inf) <= true[best].min() + 1e-9
    if closed:
        assert sum(map(exp, exact)) == pytest.approx(1)
