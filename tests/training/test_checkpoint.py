import shutil
from dataclasses import fields

import pytest
import torch

from assay.core.errors import TrainError
from assay.core.store import digest, read_json, write_json
from assay.training import checkpoint
from assay.training.progress import Progress
from assay.training.run_states import EXTRA
from helpers.dying import at_every_point


def training(step):
    """Weights and an AdamW that has made `step` steps."""
    torch.manual_seed(0)
    weights = {
        "a": torch.nn.Parameter(torch.randn(30, 20)),
        "b": torch.nn.Parameter(torch.randn(7)),
    }
    optimiser = torch.optim.AdamW(weights.values(), lr=0.1)
    for _ in range(step):
        sum(w.pow(2).sum() for w in weights.values()).backward()
        optimiser.step()
        optimiser.zero_grad()
    return weights, optimiser


def save(folder, step):
    weights, optimiser = training(step)
    checkpoint.save(
        folder,
        step,
        weights,
        optimiser,
        {"a": weights["a"] + 1},
        {"progress": {"step": step, "x": 0.1}},
    )


def same(folder, step):
    loaded = checkpoint.load(folder)
    assert loaded is not None
    weights, moments, best, note = loaded
    expected, optimiser = training(step)
    _, fresh = training(0)
    checkpoint.restore_optimiser(fresh, moments)
    assert all(torch.equal(weights[name], w) for name, w in expected.items())
    assert torch.equal(best["a"], expected["a"] + 1)
    assert note["progress"] == {"step": step, "x": 0.1}
    for index, state in optimiser.state_dict()["state"].items():
        for name, value in state.items():
            assert torch.equal(fresh.state_dict()["state"][index][name], value)


def states(folder):
    return sorted(path.name for path in folder.iterdir())


def test_nothing_saved(tmp_path):
    assert checkpoint.load(tmp_path) is None


def test_a_state_comes_back_bit_by_bit_and_the_newest_two_are_kept(tmp_path):
    for step in (1, 2, 3):
        save(tmp_path, step)
    same(tmp_path, 3)
    assert states(tmp_path) == ["state-00000002", "state-00000003"]


def test_the_random_state_comes_back(tmp_path):
    weights, optimiser = training(1)
    checkpoint.save(tmp_path, 1, weights, optimiser, {}, {})
    drawn = torch.rand(5)
    torch.manual_seed(99)
    assert checkpoint.load(tmp_path) is not None
    assert torch.equal(torch.rand(5), drawn)


def _cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def _flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


NAMES = ("weights.safetensors", "optimiser.safetensors", "best.safetensors", "state.json")


@pytest.mark.parametrize(
    "damage", [lambda path: path.unlink(), _cut, _flip, lambda p: p.write_bytes(b"[]")]
)
@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_state_is_set_aside_and_the_one_before_is_used(tmp_path, name, damage):
    for step in (1, 2):
        save(tmp_path, step)
    damage(tmp_path / "state-00000002" / name)
    same(tmp_path, 1)
    assert states(tmp_path) == ["state-00000001", "state-00000002.damaged"]
    # The same step is reached again, and the state damaged again.
    save(tmp_path, 2)
    same(tmp_path, 2)
    damage(tmp_path / "state-00000002" / name)
    same(tmp_path, 1)


@pytest.mark.slow
def test_every_bit_of_the_note_counts(tmp_path):
    save(tmp_path, 1)
    place = tmp_path / "state-00000001" / "state.json"
    whole = place.read_bytes()
    for byte in (*range(60), *range(60, len(whole), 97), *range(len(whole) - 120, len(whole))):
        damaged = bytearray(whole)
        damaged[byte] ^= 1 << (byte % 8)
        place.write_bytes(damaged)
        assert checkpoint.load(tmp_path) is None
        (tmp_path / "state-00000001.damaged").rename(place.parent)
    place.write_bytes(whole)
    same(tmp_path, 1)


def renumbered(place, form):
    """The state in `place` as if it had been written in another format."""
    state = read_json(place / "state.json")
    del state["sha256"]
    state = (
        {**state, "format": form}
        if form is not None
        else {k: v for k, v in state.items() if k != "format"}
    )
    write_json(place / "state.json", {**state, "sha256": digest(state)})


@pytest.mark.parametrize("form", [0, checkpoint.FORMAT + 1])
def test_a_state_in_another_format_is_refused_by_number_and_left_as_it_is(tmp_path, form):
    for step in (1, 2):
        save(tmp_path, step)
    renumbered(tmp_path / "state-00000002", form)
    with pytest.raises(TrainError) as caught:
        checkpoint.load(tmp_path)
    (problem,) = caught.value.problems
    assert (problem.code, problem.place) == ("T016", str(tmp_path / "state-00000002"))
    assert f"format {form}; this assay reads format {checkpoint.FORMAT}" in problem.text
    assert f"remove {tmp_path} " in problem.help
    assert states(tmp_path) == ["state-00000001", "state-00000002"]


def test_states_from_before_there_was_a_number_are_in_format_1(tmp_path):
    save(tmp_path, 1)
    renumbered(tmp_path / "state-00000001", None)
    assert checkpoint.FORMAT == 1
    same(tmp_path, 1)


def test_what_a_state_holds_is_what_its_number_stands_for(tmp_path):
    # A change here is another format: raise FORMAT, so that a state from before is refused, not
    # misread.
    save(tmp_path, 1)
    (place,) = tmp_path.iterdir()
    assert checkpoint.FORMAT == 1
    assert sorted(path.name for path in place.iterdir()) == sorted(NAMES)
    assert set(read_json(place / "state.json")) == {
        "format",
        "step",
        "random",
        "files",
        "progress",
        "sha256",
    }
    assert EXTRA == "extra."
    assert {field.name for field in fields(Progress)} == {
        *(
            "step",
            "best_score",
            "best_step",
            "best_loss",
            "waits",
            "start_loss",
            "lowest_loss",
            "drops",
        ),
        *("skipped", "halved", "limit", "loss", "learnt", "seconds", "curve", "ended"),
        "losses",  # came later; a state without them is read as it was: they are only drawn
        "top_score",  # came later; a state without it has that of the weights that are kept
    }


@pytest.mark.slow
def test_killed_at_any_point_of_a_save_the_state_before_or_the_new_one_is_there(
    tmp_path, forked, one_thread
):
    for step in (1, 2):
        save(tmp_path / "start", step)
    folder = tmp_path / "run"

    def prepare():
        if folder.exists():
            shutil.rmtree(folder)
        shutil.copytree(tmp_path / "start", folder)

    weights, optimiser = training(3)
    best, note = {"a": weights["a"] + 1}, {"progress": {"step": 3, "x": 0.1}}
    found = set()

    def check(finished):
        there = (folder / "state-00000003").exists()
        same(folder, 3 if there else 2)
        found.add(there)
        assert not list(folder.glob(".*"))
        assert not list(folder.glob("*.damaged")) or not finished
        save(folder, 4)  # the run goes on
        same(folder, 4)
        assert len(list(folder.glob("state-????????"))) == 2

    points = at_every_point(
        forked, prepare, lambda: checkpoint.save(folder, 3, weights, optimiser, best, note), check
    )
    assert found == {True, False}
    assert points >= 4 * 3 + 4  # four files with open and fsync; the folder; the state that goes
