"""Several processes against one: the same losses, gradients and weights, and an end for all when
one ends."""

import os
import signal
from functools import partial
from pathlib import Path

import pytest
import torch

from assay.core.errors import TrainError
from assay.training.batch import TrainingBatch
from assay.training.distributed.process_group import BUCKET, Team, buckets, shares
from assay.training.objectives.completion import completion
from assay.training.optim.master_weights import Masters
from helpers.nights import nightly_but
from helpers.teams import side_by_side

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def together(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    return partial(side_by_side, tmp_path)


# --- shares ---------------------------------------------------------------------------------------


def test_shares_are_runs_of_neighbours_of_about_equal_cost():
    assert shares([1, 1, 1, 1], 2) == [0, 0, 1, 1]
    assert shares([5, 1, 1, 1, 1, 1], 2) == [0, 1, 1, 1, 1, 1]
    assert shares([1] * 6, 3) == [0, 0, 1, 1, 2, 2]
    assert shares([3.0], 4) == [2]
    assert shares([], 4) == []


def test_every_row_belongs_to_one_process_whatever_the_numbers():
    for size in (1, 2, 3, 7):
        for n in (0, 1, 2, 5, 16):
            parts = [[i, 100 + i, 200 + i][: 1 + i % 3] for i in range(n)]
            costs = [1.0 + (i * 7) % 5 for i in range(n)]
            given = [Team(rank, size).mine(parts, costs) for rank in range(size)]
            assert [row for share in given for part in share for row in part] == [
                r for part in parts for r in part
            ]
            assert all(part for share in given for part in share)


def test_a_micro_batch_is_cut_where_two_shares_meet():
    one = [[7, 3, 9, 1]]
    assert [Team(rank, 2).mine(one) for rank in (0, 1)] == [[[7, 3]], [[9, 1]]]
    three = [[0, 1], [2, 3], [4, 5]]
    assert [Team(rank, 2).mine(three) for rank in (0, 1)] == [[[0, 1], [2]], [[3], [4, 5]]]
    assert [Team(rank, 2).mine([[0], [1, 2]], [90.0, 10.0]) for rank in (0, 1)] == [[[0]], [[1, 2]]]
    assert Team().mine(three) == three
    lengths = [0, 10, 20, 30, 60]
    assert [Team(rank, 2).mine([[1, 2, 3, 4]], lengths=lengths) for rank in (0, 1)] == [
        [[1, 2, 3]],
        [[4]],
    ]


def test_a_bucket_has_one_type_and_a_bound():
    small = [torch.zeros(3), torch.zeros(2, 2), torch.zeros(4, dtype=torch.float64)]
    large = torch.zeros(1).expand(BUCKET)
    assert [[g.numel() for g in b] for b in buckets([*small, large, large, small[0]])] == [
        [3, 4],
        [4],
        [BUCKET],
        [BUCKET],
        [3],
    ]


def test_one_process_alone_needs_nobody():
    team = Team.of(1)
    assert (team.leads, team.mine([[1, 2]]), team.agree([3.0])) == (True, [[1, 2]], [3.0])
    with pytest.raises(TrainError) as caught:
        Team.of(2)
    assert caught.value.problems[0].code == "T051"


# --- sums -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_gradients_and_numbers_are_summed_and_missing_ones_count_as_nothing(together):
    def work(team):
        named = {name: torch.nn.Parameter(torch.zeros(2, 3)) for name in ("both", "one", "none")}
        named["half"] = torch.nn.Parameter(torch.zeros(4, dtype=torch.bfloat16))
        masters = Masters(named.items())
        masters.copies["both"].grad = torch.full((2, 3), 1.0 + team.rank)
        masters.copies["half"].grad = torch.full((4,), 1 + 2.0**-12 * team.rank)
        if team.rank == 1:
            masters.copies["one"].grad = torch.arange(6.0).reshape(2, 3)
        numbers = team.add(masters, [0.1, 10.0 * team.rank])
        return [
            numbers,
            *(None if c.grad is None else c.grad.tolist() for c in masters.copies.values()),
        ]

    three = together(3, work)
    assert three[0] == three[1] == three[2]
    numbers, both, one, none, half = three[0]
    assert numbers == pytest.approx([0.3, 30.0], abs=1e-15)
    assert both == [[6.0] * 3] * 2
    assert one == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert none is None
    assert half == [3 + 3 * 2.0**-12] * 4  # bf16 would have lost it


@pytest.mark.slow
def test_all_hear_what_process_0_says(together):
    assert together(3, lambda team: team.agree([team.rank + 0.5, 7.0])) == [[0.5, 7.0]] * 3


# --- a training, written by hand ------------------------------------------------------------------


@pytest.fixture
def train(lesson, open_tiny, tmp_path):
    """`train(team, rows_a_step)`: three steps of AdamW on all weights; [losses, norms], and the
    weights in a file."""
    from safetensors.torch import save_file

    from assay.strategies.training.trained_arm import sequences_of

    given = lesson("classify")
    chat = open_tiny().chat
    sequences = sequences_of(chat, given.task, given.train[:12])

    def run(team, rows_a_step=4, name="", hook=lambda team, step: None):
        network = open_tiny().network.requires_grad_(True)
        masters = Masters(network.named_parameters())
        optimiser = torch.optim.AdamW(masters.copies.values(), lr=1e-3)
        losses, norms = [], []
        for step in range(3):
            hook(team, step)
            rows = range(step * rows_a_step, (step + 1) * rows_a_step)
            total = tokens = 0.0
            for (row,) in team.mine(
                [[row] for row in rows], [float(len(sequences[row].ids)) for row in rows]
            ):
                batch = TrainingBatch.of(
                    [sequences[row]],
                    [row],
                    pad=chat.tokenizer.pad_token_id,
                    device=torch.device("cpu"),
                )
                loss = completion(network, batch)
                loss.value.backward()
                masters.collect()
                total, tokens = total + float(loss.value.detach()), tokens + batch.tokens
            total, tokens = team.add(masters, [total, tokens])
            masters.scale(1 / tokens)
            norms.append(float(masters.norm()))
            losses.append(total / tokens)
            optimiser.step()
            optimiser.zero_grad()
            masters.spread()
        if name:
            weights = {n: w.detach().clone() for n, w in masters.copies.items()}
            save_file(weights, tmp_path / f"{name}-{team.rank}.safetensors")
        return [losses, norms]

    return run


def read(path):
    from safetensors.torch import load_file

    return load_file(path)


@pytest.mark.slow
@pytest.mark.parametrize(("size", "rows"), nightly_but([(3, 2)], [(2, 4), (3, 2)]))
def test_several_processes_make_the_steps_of_one(train, together, tmp_path, size, rows):
    alone = train(Team(), rows, "alone")
    many = together(size, lambda team: train(team, rows, f"{size}"))
    assert many.count(many[0]) == size
    assert many[0][0] == pytest.approx(alone[0], rel=1e-6)
    assert many[0][1] == pytest.approx(alone[1], rel=1e-5)
    one, first = read(tmp_path / "alone-0.safetensors"), read(tmp_path / f"{size}-0.safetensors")
    for rank in range(1, size):
        other = read(tmp_path / f"{size}-{rank}.safetensors")
        assert all(torch.equal(first[name], other[name]) for name in first)
    # Adam's first steps are as long for a gradient of 1e-9 as for one of 1: compare where there is
    # a gradient.
    moved = torch.cat([(one[n] - first[n]).flatten() for n in one])
    assert float(moved.norm() / torch.cat([w.flatten() for w in one.values()]).norm()) < 1e-4


@pytest.mark.slow
def test_the_same_number_of_processes_gives_the_same_bits(train, together, tmp_path):
    a, b = (together(2, lambda team, name=name: train(team, 4, name)) for name in "ab")
    assert a == b
    assert (
        Path(tmp_path / "a-0.safetensors").read_bytes()
        == Path(tmp_path / "b-0.safetensors").read_bytes()
    )


# --- the end of one is the end of all -------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("dying", nightly_but([0, 2], [0, 1, 2]))
def test_a_kill_of_one_ends_all(train, together, dying):
    def hook(team, step):
        if step == 1 and team.rank == dying:
            os.kill(os.getpid(), signal.SIGKILL)

    ends = together(3, lambda team: train(team, 4, hook=hook))
    assert ends == [-signal.SIGKILL if rank == dying else "T050" for rank in range(3)]


@pytest.mark.slow
def test_an_error_of_one_ends_all(train, together):
    def hook(team, step):
        if step == 2 and team.rank == 1:
            raise ValueError("no")

    assert together(2, lambda team: train(team, 4, hook=hook)) == ["T050", "ValueError('no')"]
