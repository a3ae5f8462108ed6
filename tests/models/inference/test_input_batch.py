"""Rows share passes and slots; what each is given is what it has by itself."""

import pytest
import torch

from assay.models.inference.input_batch import ROOM, BatchRow, InputBatch, token_bytes
from assay.models.inference.sampler import PartialAnswer
from assay.models.inference.shared_prefix_attention import Slots


def row(number, count, limit=4, **given):
    ids = [3 + (7 * number + i) % 90 for i in range(count)]
    return BatchRow(line=PartialAnswer(number, ids), limit=limit, **given)


@pytest.fixture(scope="module")
def model(open_tiny):
    return open_tiny()


def batch_of(model, *rows):
    batch = InputBatch(model.network)
    batch.active += rows
    batch.widen(max(one.need for one in rows), 8)
    return batch


@torch.inference_mode()
def advance(batch, most=None):
    """One pass; the rows that are at their ends get the last of their states."""
    plan = batch.plan(most)
    hidden = batch.compute(plan)
    found = {}
    for one, stretch in plan:
        if stretch.new == one.ahead:
            found[one.line.number] = hidden[stretch.last]
        one.length += stretch.new
    return found


def alone(model, ids):
    with torch.inference_mode():
        return model.body(input_ids=torch.tensor([ids]), use_cache=False).last_hidden_state[0, -1]


def test_what_a_row_has_still_to_compute():
    one = row(0, 6)
    assert (one.ahead, one.need, one.next(3), one.enters) == (6, 10, one.ids[:3], True)
    one.length = 6
    one.line.tokens += [8]
    assert (one.ahead, one.next(1), one.enters) == (1, [8], False)
    one.making, one.length = 4, 1
    assert (one.ahead, one.next(3)) == (3, one.ids[1:4])


@pytest.mark.parametrize("most", [None, 5, 1])
def test_rows_in_stretches_have_the_states_of_whole_ones(model, most):
    batch = batch_of(model, row(0, 7), row(1, 3), row(2, 1))
    found = {}
    while len(found) < 3:
        found |= advance(batch, most)
    for one in batch.active:
        torch.testing.assert_close(
            found[one.line.number], alone(model, one.ids), atol=1e-5, rtol=1e-5
        )


def test_stretches_share_what_a_pass_takes_and_rows_that_write_come_on_top():
    batch = InputBatch.__new__(InputBatch)
    writes = row(0, 5, length=5)
    writes.line.tokens += [1]
    batch.active = [row(1, 6), writes, row(2, 9), row(3, 9)]
    plan = batch.plan(8)
    assert [(s.slot, s.new, s.start) for _, s in plan] == [(0, 6, 0), (1, 1, 6), (2, 2, 7)]
    assert [s.new for _, s in batch.plan()] == [6, 1, 9, 9]


@torch.inference_mode()
def test_the_last_rows_move_into_the_slots_of_those_that_leave(model):
    batch = batch_of(model, *(row(i, 3 + i) for i in range(4)))
    advance(batch)
    batch.leave([False, True, False, True])
    assert [one.line.number for one in batch.active] == [3, 1]
    for one in batch.active:
        one.line.tokens += [40]
    found = advance(batch)
    for one in batch.active:
        torch.testing.assert_close(
            found[one.line.number], alone(model, [*one.ids, 40]), atol=1e-5, rtol=1e-5
        )
    batch.leave([False, False])
    assert not batch.active


@torch.inference_mode()
def test_slots_grow_with_what_they_hold(model):
    batch = batch_of(model, row(0, 5))
    assert (batch.slots.rows, batch.slots.room) == (1, ROOM)
    advance(batch)
    batch.active.append(row(1, ROOM))
    batch.widen(batch.active[1].need, 8)
    assert (batch.slots.rows, batch.slots.room) == (2, 2 * ROOM)
    batch.active[0].line.tokens += [40]
    found = advance(batch)
    first = batch.active[0]
    torch.testing.assert_close(found[0], alone(model, [*first.ids, 40]), atol=1e-5, rtol=1e-5)
    batch.widen(ROOM, 8)
    assert batch.slots.room == 2 * ROOM, "what holds something is not made smaller"


def test_a_token_has_the_bytes_that_the_config_says(model):
    batch = batch_of(model, row(0, 5))
    assert batch.slots.own == []
    expected = token_bytes(model.network, [])
    advance(batch)
    assert token_bytes(model.network, batch.slots.own) == expected == 2 * 2 * 2 * 16 * 4
    assert Slots(1, 1).own == []
