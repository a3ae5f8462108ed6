"""Layers that are split over processes train as those of one process do."""

from functools import partial

import pytest
import torch
from safetensors.torch import load_file, save_file

from assay.train.batch import Batch
from assay.train.objectives.completion import completion
from assay.train.optim import Masters
from assay.train.shard import gathered, shard, whole
from assay.train.team import Team
from teams import side_by_side

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def together(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    return partial(side_by_side, tmp_path)


@pytest.fixture
def train(lesson, open_tiny, tmp_path):
    """`train(team, dtype)`: three steps of four rows on all weights. [losses; losses of two rows after them, which
    process 0 asks alone; one of these again, asked by all; weights held]. All weights are left in a file."""
    from assay.train.tuned import sequences_of

    given = lesson("classify")
    chat = open_tiny().chat
    sequences = sequences_of(chat, given.task, given.train[:14])

    def loss_of(network, row):
        pad = chat.tokenizer.pad_token_id
        batch = Batch.of([sequences[row]], [row], pad=pad, device=torch.device("cpu"))
        return completion(network, batch).value, batch.tokens

    def run(team, dtype):
        network = open_tiny(dtype=dtype).network.requires_grad_(True)
        shard(network, team)
        masters = Masters(network.named_parameters())
        optimiser = torch.optim.AdamW(masters.copies.values(), lr=1e-3)
        losses = []
        for step in range(3):
            total = learnt = 0.0
            for (row,) in team.mine([[row] for row in range(4 * step, 4 * step + 4)]):
                loss, tokens = loss_of(network, row)
                loss.backward()
                masters.collect()
                total, learnt = total + float(loss.detach()), learnt + tokens
            total, learnt = team.add(masters, [total, learnt])
            masters.scale(1 / learnt)
            optimiser.step()
            optimiser.zero_grad()
            masters.spread()
            losses.append(total / learnt)
        save_file(whole({n: p.detach() for n, p in network.named_parameters()}), tmp_path / f"{team.size}{team.rank}")
        val = [0.0]
        if team.size > 1:
            with gathered(network):
                if team.leads:
                    with torch.inference_mode():
                        val = [float(loss_of(network, row)[0]) for row in (12, 13)]
        else:
            with torch.inference_mode():
                val = [float(loss_of(network, row)[0]) for row in (12, 13)]
        after = loss_of(network, 12)[0]  # every process again, with split layers
        return [losses, val, float(after.detach()), sum(p.numel() for p in local(network))]

    return run


def local(network):
    from torch.distributed.tensor import DTensor

    return [p.to_local() if isinstance(p, DTensor) else p for p in network.parameters()]


def test_two_processes_with_half_of_the_layers_each_train_as_one(train, together, tmp_path):
    one = train(Team(), torch.float32)
    first, second = together(2, lambda team: train(team, torch.float32))
    assert first[0] == second[0] == pytest.approx(one[0], rel=1e-6)
    assert first[1] == pytest.approx(one[1], rel=1e-5)
    assert first[2] == second[2] == pytest.approx(one[2], rel=1e-5)
    a, b, c = (load_file(tmp_path / name) for name in ("10", "20", "21"))
    assert all(torch.equal(b[name], c[name]) for name in a)
    off = torch.cat([(a[n] - b[n]).flatten() for n in a]).norm() / torch.cat([w.flatten() for w in a.values()]).norm()
    assert float(off) < 1e-4


def test_what_is_split_is_held_once(train, together, open_tiny):
    network = open_tiny().network
    layers = sum(p.numel() for layer in network.model.layers for p in layer.parameters())
    rest = sum(p.numel() for p in network.parameters()) - layers
    first, second = together(2, lambda team: train(team, torch.float32))
    assert first[3] == second[3] == rest + layers / 2


def test_weights_in_bf16_are_stepped_in_fp32(train, together):
    first, second = together(2, lambda team: train(team, torch.bfloat16))
    one = train(Team(), torch.bfloat16)
    assert first[0] == second[0] == pytest.approx(one[0], rel=1e-2)  # gradients are rounded elsewhere
