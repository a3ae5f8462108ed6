"""The loop with several processes: one training, whatever their number, and one end."""

import os
import signal
from functools import partial

import pytest
import torch
from safetensors.torch import load_file, save_file

from assay.core.errors import Stopped
from assay.training.distributed.process_group import Team
from helpers.lines import named
from helpers.nights import nightly_but
from helpers.teams import side_by_side

pytestmark = pytest.mark.slow

PLAIN = {"dropout": 0.0}


@pytest.fixture
def together(tmp_path, monkeypatch, one_thread):
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    return partial(side_by_side, tmp_path)


@pytest.fixture
def run(build, tmp_path):
    """`run(team, name)`: a whole training; [losses of its steps, curve, why it ended]. A file has
    its weights."""

    def make(team, name, hook=lambda event: None, val_loss=None, **fields):
        losses = []

        def tell(event):
            if event["event"] == "progress" and event["unit"] == "step":
                losses.append(event["values"]["train"])
            hook(event)

        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        training = build(folder, team=team, tell=tell, **fields)
        if val_loss is not None:
            training._val_loss = lambda step: (val_loss, 0.1)
        progress = training.run()
        weights = {n: p.detach().clone() for n, p in training.change.trained.items()}
        save_file(weights, tmp_path / f"{name}-{team.rank}.safetensors")
        return [losses, progress.curve, progress.ended]

    return make


@pytest.fixture(scope="module")
def ended():
    """What two processes that were left alone have ended in."""
    return {}


@pytest.fixture
def whole(run, together, tmp_path, ended):
    """What each of two processes told in a run that was left alone, and the bytes of its
    weights."""
    if not ended:
        ended["told"] = together(2, lambda team: run(team, "whole"))
        ended["weights"] = [
            (tmp_path / f"whole-{rank}.safetensors").read_bytes() for rank in (0, 1)
        ]
    return ended["told"], ended["weights"]


def off(first, second):
    """How far apart two files of weights are, relative to their length."""
    a, b = load_file(first), load_file(second)
    apart = torch.cat([(a[name].float() - b[name].float()).flatten() for name in a]).norm()
    return float(apart / torch.cat([w.float().flatten() for w in a.values()]).norm())


@pytest.mark.parametrize("size", nightly_but([2], [2, 3]))
def test_the_losses_and_weights_are_those_of_one_process(run, together, tmp_path, size):
    one = run(Team(), "one", settings=PLAIN)
    many = together(size, lambda team: run(team, "many", settings=PLAIN))
    assert many[0][0] == pytest.approx(one[0], abs=1e-4)  # they are told with four digits
    assert [told[0] for told in many[1:]] == [[]] * (size - 1)  # process 0 alone tells
    for name in ("step", "train_loss", "val_loss", "val"):
        assert [point[name] for point in many[0][1]] == pytest.approx(
            [point[name] for point in one[1]], rel=1e-4
        )
    assert all(told[1:] == many[0][1:] for told in many)
    assert off(tmp_path / "one-0.safetensors", tmp_path / "many-0.safetensors") < 1e-4
    for rank in range(1, size):
        assert off(tmp_path / "many-0.safetensors", tmp_path / f"many-{rank}.safetensors") == 0


@pytest.mark.nightly
def test_all_weights_in_bf16_too(run, together, tmp_path):
    one = run(Team(), "one", full=True)
    first, second = together(2, lambda team: run(team, "two", full=True))
    assert first[1:] == second[1:]
    # bf16 gradients of other micro-batches round elsewhere
    assert first[0] == pytest.approx(one[0], rel=0.02)
    assert off(tmp_path / "two-0.safetensors", tmp_path / "two-1.safetensors") == 0


def test_a_step_with_fewer_rows_than_processes(run, together, tmp_path):
    settings = {**PLAIN, "batch_size": 5}  # 12 rows: the last batch of an epoch has two
    one = run(Team(), "one", settings=settings)
    many = together(3, lambda team: run(team, "many", settings=settings))
    assert many[0][0] == pytest.approx(one[0], abs=1e-4)
    assert off(tmp_path / "one-0.safetensors", tmp_path / "many-0.safetensors") < 1e-4


@pytest.mark.nightly
def test_the_same_number_of_processes_gives_the_same_bits_with_dropout(run, together, tmp_path):
    a, b = (together(2, lambda team, name=name: run(team, name)) for name in "ab")
    assert a == b
    assert (tmp_path / "a-0.safetensors").read_bytes() == (
        tmp_path / "b-0.safetensors"
    ).read_bytes()


def test_process_0_decides_when_it_is_enough(run, together):
    def work(team):
        # Process 1 would go on: its own scores get better and better.
        left = [0.9, 0.1, 0.2, 0.3] if team.leads else [0.1, 0.2, 0.3, 0.4]
        given = {"settings": {**PLAIN, "epochs": 9}, "evaluate": lambda: left.pop(0)}
        return run(team, "p", val_loss=1.0, **given)

    first, second = together(2, work)
    assert first[2] == second[2] and named(first[2], "2 evaluations")
    assert len(first[1]) == len(second[1]) == 3


@pytest.mark.apart
def test_a_stop_stops_all_and_the_run_goes_on_to_the_same_bits(run, together, tmp_path, whole):
    told, expected = whole
    for at in (3, 4):  # at the end of an epoch, and one step into the next

        def stop(event, at=at):
            if event.get("unit") == "step" and event["done"] == at:
                raise Stopped

        stopped = together(2, lambda team, stop=stop: run(team, "p", hook=stop))
        assert stopped == [repr(Stopped())] * 2
        assert max(state.name for state in (tmp_path / "p").glob("state-*")) == f"state-{at:08d}"
    rest = together(2, lambda team: run(team, "p"))
    assert rest[0][0] == told[0][0][4:]
    assert [one[1:] for one in rest] == [one[1:] for one in told]
    for rank in (0, 1):
        assert (tmp_path / f"p-{rank}.safetensors").read_bytes() == expected[rank]


def test_a_run_of_which_one_was_killed_goes_on_to_the_same_bits(run, together, tmp_path, whole):
    told, expected = whole
    for dying in (0, 1):
        name = f"without-{dying}"

        def work(team, dying=dying, name=name):
            from assay.training.objectives.completion import completion

            count = []

            def objective(network, batch):
                if network.training:
                    count.append(1)
                    if team.rank == dying and len(count) == 4:
                        os.kill(os.getpid(), signal.SIGKILL)
                return completion(network, batch)

            return run(team, name, objective=objective, save_every=0)

        ends = together(2, work)
        assert ends == ["T050" if rank != dying else -signal.SIGKILL for rank in (0, 1)]
        rest = together(2, lambda team, name=name: run(team, name))
        assert [one[1:] for one in rest] == [one[1:] for one in told]
        assert (tmp_path / f"{name}-0.safetensors").read_bytes() == expected[0]
