"""Attention of a pass is that of each row by itself, whatever it does and reads."""

import numpy as np
import pytest
import torch

from assay.models.inference.batch_pass import BatchPass, line_up
from assay.models.inference.prefix_stack import PrefixStack
from assay.models.inference.shared_prefix import PrefixStates, PrefixView
from assay.models.inference.shared_prefix_attention import Slots

HEADS, KV, WIDTH, SCALE = 4, 2, 8, 0.3
ROOM = 12


def states(tokens, heads, seed):
    return torch.randn(1, heads, tokens, WIDTH, generator=torch.Generator().manual_seed(seed))


def beginning(tokens, seed):
    layer = states(tokens, KV, seed), states(tokens, KV, seed + 1)
    return PrefixStates(np.arange(tokens), [layer])


LONG, SHORT = beginning(9, 50), beginning(4, 60)
ALL, PART, OTHER = PrefixView(LONG, 9), PrefixView(LONG, 6), PrefixView(SHORT, 4)
# (own tokens before, new ones, beginning) by slot
ROWS = {
    "all write": [(3, 1, None), (5, 1, None), (0, 1, None)],
    "all begin": [(0, 4, None), (0, 2, None), (0, 5, None)],
    "one beginning": [(3, 1, ALL), (0, 4, ALL), (0, 1, ALL)],
    "all kinds": [(5, 1, ALL), (0, 4, PART), (3, 1, None), (2, 4, OTHER), (0, 3, ALL), (6, 1, ALL)],
    "a stretch first": [(2, 3, PART), (4, 1, PART), (0, 2, OTHER)],
}


def alone(query, key, value, before, cap, window):
    """One row: the last queries of so many keys, beginning and own."""
    groups, n = HEADS // KV, query.shape[1]
    key, value = (part.repeat_interleave(groups, 0) for part in (key, value))
    scores = query @ key.transpose(1, 2) * SCALE
    scores = scores if cap is None else cap * torch.tanh(scores / cap)
    places = torch.arange(before, before + n)[:, None]
    keys = torch.arange(key.shape[1])[None]
    seen = keys <= places
    if window is not None:
        seen &= places - keys < window
    scores = scores.masked_fill(~seen, -torch.inf)
    return (torch.softmax(scores, -1) @ value).transpose(0, 1)


@pytest.mark.parametrize("window", [None, 3, 8, 100])
@pytest.mark.parametrize("cap", [None, 2.0])
@pytest.mark.parametrize(
    ("case", "stacked"),
    [(case, False) for case in ROWS] + [(case, True) for case in [*ROWS][2:]],
)
def test_each_row_has_the_attention_that_it_has_alone(case, stacked, cap, window):
    rows = ROWS[case]
    slots = Slots(len(rows), ROOM)
    own = [(states(ROOM, KV, 10 + i), states(ROOM, KV, 30 + i)) for i in range(len(rows))]
    keys, values = slots.layer(0, states(1, KV, 0), states(1, KV, 0))
    for (length, _, _), slot, (key, value) in zip(rows, range(len(rows)), own, strict=True):
        keys[slot, :, :length], values[slot, :, :length] = key[0, :, :length], value[0, :, :length]
    stretches = line_up((slot, length, new, lent) for slot, (length, new, lent) in enumerate(rows))
    total = sum(new for _, new, _ in rows)
    query = states(total, HEADS, 3)
    news = [slice(length, length + new) for length, new, _ in rows]
    line = [
        torch.cat([pair[which][:, :, new] for pair, new in zip(own, news, strict=True)], 2)
        for which in (0, 1)
    ]
    lents = list(dict.fromkeys(lent for _, _, lent in rows if lent))
    stack = PrefixStack.of([*lents, PrefixView(SHORT, 2)]) if stacked else None  # one is not read
    work = BatchPass.of(slots, stretches, torch.device("cpu"), stack)
    found = work.attend(query, line[0], line[1], SCALE, cap, window)[0]
    for stretch, (length, new, lent), pair in zip(stretches, rows, own, strict=True):
        whole = [part[0, :, : length + new] for part in pair]
        columns = lent.columns if lent else 0
        if lent:
            whole = [torch.cat([a[0], b], 1) for a, b in zip(lent.layer(0), whole, strict=True)]
        place = slice(stretch.start, stretch.start + new)
        expected = alone(query[0, :, place], *whole, columns + length, cap, window)
        torch.testing.assert_close(found[place], expected, atol=1e-5, rtol=1e-5)
        assert stretch.last == stretch.start + new - 1
    places = [
        (lent.columns if lent else 0) + length + i for length, n, lent in rows for i in range(n)
    ]
    assert (work.place + work.before).tolist() == places


def test_new_keys_lie_in_the_slots_afterwards():
    slots = Slots(2, ROOM)
    stretches = line_up([(0, 0, 3, None), (1, 0, 1, None)])
    key, value = states(4, KV, 1), states(4, KV, 2)
    work = BatchPass.of(slots, stretches, torch.device("cpu"))
    work.attend(states(4, HEADS, 3), key, value, SCALE, None)
    ((kept, _),) = slots.own
    assert torch.equal(kept[0, :, :3], key[0, :, :3]) and torch.equal(kept[1, :, 0], key[0, :, 3])
    assert not kept[0, :, 3:].any()
