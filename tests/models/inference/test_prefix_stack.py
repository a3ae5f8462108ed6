"""When several beginnings are laid into one tensor; what is read in it: test_batch_pass.py."""

import numpy as np
import pytest
import torch

from assay.core.types import Decoding, Message
from assay.models.inference import prefix_stack
from assay.models.inference.prefix_stack import PrefixStack, stack
from assay.models.inference.shared_prefix import PrefixStates, PrefixView


def view(tokens):
    layer = torch.full((1, 2, tokens, 4), float(tokens)), torch.full((1, 2, tokens, 4), -1.0)
    return PrefixView(PrefixStates(np.arange(tokens), [layer]), tokens)


A, B, C, D = view(5), view(3), view(4), view(50)


def test_beginnings_lie_one_above_the_other_padded_with_zeros():
    ((keys, values),) = PrefixStack.of([A, B]).layers
    assert keys.shape == values.shape == (2, 2, 5, 4)
    assert keys[0].eq(5).all() and keys[1, :, :3].eq(3).all() and not keys[1, :, 3:].any()


def test_it_is_made_where_a_second_pass_reads_the_same_beginnings():
    assert stack([A, B], [], None) is None
    assert stack([A], [A], None) is None
    assert stack([A, B], [A, B], None).views == (A, B)


def test_it_serves_until_half_of_its_beginnings_have_no_reader():
    made = stack([A, B, C], [A, B, C], None)
    assert stack([A, C], [A, B, C], made) is made
    assert stack([C], [A, C], made) is None
    wide = stack([A, B, C, view(4)], [A, B, C], made)
    assert wide is None  # one has come: it is made anew when it is there again


def test_it_is_not_made_of_what_is_mostly_padding_or_too_large(monkeypatch):
    assert stack([A, B, D], [A, B, D], None) is None  # 150 places for 58 tokens
    monkeypatch.setattr(prefix_stack, "BYTES", 100)
    assert stack([A, B], [A, B], None) is None


@pytest.mark.parametrize("top_p", [1.0, 0.9])
def test_answers_drawn_for_several_prompts_are_those_drawn_for_each(open_tiny, monkeypatch, top_p):
    model = open_tiny()
    texts = ["my card is lost, what now?", "a refund, please, of two weeks ago"]
    prompts = [(Message("user", text),) for text in texts for _ in range(3)]
    how, made = Decoding(temperature=1.0, top_p=top_p, seed=4), []
    whole = PrefixStack.of
    monkeypatch.setattr(PrefixStack, "of", lambda read: made.append(read) or whole(read))
    together = model.sample(prompts, max_tokens=6, how=how)
    assert [len(read) for read in made][:1] == [2]
    alone = [
        line
        for some in (prompts[:3], prompts[3:])
        for line in model.sample(some, max_tokens=6, how=how)
    ]
    assert [line.tokens for line in together] == [line.tokens for line in alone]
