import math

import pytest
import torch

from assay.core.types import GREEDY, Decoding
from assay.models.inference.sampler import Pen, sample_tokens


def drawn(logits, temperature, top_p, count):
    """The tokens at `count` places of equal distance."""
    at = (torch.arange(count).double() + 0.5) / count
    return sample_tokens(logits.expand(count, -1), temperature, top_p, at).tolist()


def test_drawn_tokens_have_the_shares_of_the_softmax():
    logits = torch.tensor([0.0, 2.0, -math.inf, 1.0, -1.0])
    shares = torch.softmax(logits.double() / 0.7, -1)
    found = torch.bincount(torch.tensor(drawn(logits, 0.7, 1.0, 4000)), minlength=5)
    assert torch.allclose(found.double() / 4000, shares, atol=1e-3)
    assert found[2] == 0


def test_the_likeliest_tokens_that_make_up_a_share():
    # Shares .5, .3, .15, .05: half needs one token, .6 two, .81 three.
    logits = torch.tensor([0.15, 0.5, 0.05, 0.3]).log()
    for top_p, kept in (
        (0.01, {1}),
        (0.49, {1}),
        (0.6, {1, 3}),
        (0.81, {0, 1, 3}),
        (0.99, {0, 1, 2, 3}),
    ):
        assert set(drawn(logits, 1.0, top_p, 400)) == kept
    assert drawn(logits, 1.0, 0.6, 400).count(1) == 250  # .5 of .8


@pytest.mark.parametrize("temperature", [5e-324, 2.3e-309, 1e-30])
@pytest.mark.parametrize("top_p", [1.0, 0.5])
def test_next_to_no_temperature_is_the_most_likely_token(temperature, top_p):
    logits = torch.tensor([1.0, 3.0, -torch.inf, 2.0])
    assert set(drawn(logits, temperature, top_p, 3)) == {1}


@pytest.mark.slow
def test_a_share_of_a_large_vocabulary_is_that_of_all_of_it():
    draw = torch.Generator().manual_seed(2)
    for spread in (0.0, 0.01, 3.0):  # 0: all are equal, so the first ones are taken
        logits = torch.randn(1500, generator=draw) * spread
        shares, order = torch.softmax(logits.double(), -1).sort(descending=True, stable=True)
        kept = order[: int((shares.cumsum(0) < 0.5).sum()) + 1]
        found = set(drawn(logits, 1.0, 0.5, 1500))
        assert found <= set(kept.tolist())
        assert len(found) > 0.9 * len(kept) or spread == 3.0


# --- lines ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chat(open_tiny):
    return open_tiny().chat


def written(pen, *tokens):
    """A line to which these tokens are written, each far the likeliest of ten."""
    (line,) = pen.lines([[1, 2]])
    for token in tokens:
        if not line.over:
            pen.write([line], torch.nn.functional.one_hot(torch.tensor([token]), 480) * 50.0)
    return line


def test_an_answer_is_over_at_the_end_token_or_where_there_is_no_room(chat):
    card = chat.text_ids("card")
    ended = Pen(chat, GREEDY, 9)
    line = written(ended, *card, ended.end)
    assert line.over and line.ended and ended.text(line) == "card"
    full = Pen(chat, GREEDY, len(card))
    line = written(full, *card, *card)
    assert line.over and not line.ended
    made = full.to_generated(line)
    assert (made.text, made.prompt_tokens, made.tokens) == ("card", 2, len(card))
    assert made.truncated and made.logprob == pytest.approx(0.0, abs=1e-6)
    assert Pen(chat, GREEDY, 0).lines([[1]])[0].over


def test_what_a_later_token_may_change_is_not_yet_said(chat):
    pen = Pen(chat, Decoding(stop=("money",)), 20)
    line = written(pen, *chat.text_ids("a mo"))
    # It may become the stop text, which is taken off.
    assert (pen.text(line), pen.sure(line)) == ("a mo", "a ")
    line = written(pen, *chat.text_ids("a money now"))
    assert line.over and pen.text(line) == pen.sure(line) == "a "
    half = written(Pen(chat, GREEDY, 20), *chat.text_ids("\u2603")[:1])
    assert Pen(chat, GREEDY, 20).sure(half) == ""


def test_equal_prompts_have_draws_of_their_own_that_the_seed_decides(chat):
    def draws(seed):
        lines = Pen(chat, Decoding(temperature=1.0, seed=seed), 5).lines([[1, 2], [3], [1, 2]])
        return [line.draw.random() for line in lines]

    assert draws(4) == draws(4) and len(set(draws(4))) == 3
    assert not set(draws(4)) & set(draws(5))
    # The third is the second of its prompt, whatever stands before it.
    (again,) = Pen(chat, Decoding(temperature=1.0, seed=4), 5).lines([[1, 2], [1, 2]])[1:]
    assert again.draw.random() == draws(4)[2]
