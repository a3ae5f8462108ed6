"""Ranks that move: as PEFT moves them, whole after a stop, and gone from the saved folder."""

import json
from dataclasses import replace
from itertools import product

import pytest
import torch

from assay.config.complaints import SettingsError, fill
from assay.core.errors import Stopped, TrainError
from assay.core.store import read_json
from assay.strategies.training.adalora import Adalora
from helpers.adapters import logits, saved, taught, through_peft
from helpers.nights import nightly_but

STEPS = 12


@pytest.fixture
def given(lesson, one_thread):
    return lesson("classify")


def made(open_tiny, given, dtype=torch.float32, **settings):
    model = open_tiny(dtype=dtype)
    torch.manual_seed(4)
    return model, Adalora(rank=2, **settings).change(model, given)


def values(change):
    return {name: p for name, p in change.trained.items() if ".lora_E." in name}


def left(change):
    """How many ranks do something."""
    return sum(int((value != 0).sum()) for value in values(change).values())


@pytest.mark.slow
def test_plain_peft_computes_the_same_from_the_saved_folder(open_tiny, given, tmp_path):
    model, change = made(open_tiny, given)
    before = logits(open_tiny().network, model, given)
    ours = logits(taught(model, change, given, steps=STEPS), model, given)
    folder = saved(change, tmp_path / "arm")
    theirs = logits(through_peft(open_tiny().network, folder), model, given)
    torch.testing.assert_close(ours, theirs, atol=2e-5, rtol=0)
    assert (ours - before).abs().max() > 1e-3
    config = json.loads((folder / "adapter_config.json").read_text())
    assert (config["peft_type"], config["target_r"], config["init_r"], config["lora_alpha"]) == (
        "ADALORA",
        2,
        3,
        6,
    )
    assert (config["total_step"], config["tinit"], config["tfinal"]) == (STEPS, 2, 5)
    assert sum(sum(pattern) for pattern in config["rank_pattern"].values()) == 28


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dtype", "steps"),
    nightly_but(
        [(torch.float32, STEPS), (torch.bfloat16, 4)],
        product((torch.float32, torch.bfloat16), (4, STEPS)),
    ),
)
def test_it_comes_back_to_the_bit(open_tiny, given, tmp_path, dtype, steps):
    model, change = made(open_tiny, given, dtype)
    ours = logits(taught(model, change, given, steps=steps), model, given)
    assert {p.dtype for p in change.trained.values()} == {torch.float32}
    folder = saved(change, tmp_path / "arm")
    again, restored = made(open_tiny, replace(given, train=(), val=()), dtype)
    restored.read(folder)
    assert torch.equal(logits(again.network.eval(), model, given), ours)
    for file in saved(restored, tmp_path / "again").iterdir():
        assert file.read_bytes() == (folder / file.name).read_bytes()


def test_training_leaves_every_bit_of_the_base(open_tiny, given):
    model, change = made(open_tiny, given, torch.bfloat16)
    network = taught(model, change, given)
    own = ("lora_", "ranknum")
    tuned = {
        n.replace(".base_layer", ""): p
        for n, p in network.named_parameters()
        if not any(o in n for o in own)
    }
    base = dict(open_tiny(dtype=torch.bfloat16).network.named_parameters())
    assert base.keys() == tuned.keys()
    assert all(torch.equal(tuned[name], weight) for name, weight in base.items())
    # PEFT marks the count of ranks as trained, by which it would drift.
    assert not any(p.requires_grad for name, p in network.named_parameters() if "ranknum" in name)


@pytest.mark.slow
def test_a_fitted_arm_has_the_ranks_it_was_asked_for(lesson, tmp_path, one_thread):
    arm = Adalora(rank=1, epochs=3, batch_size=6, learning_rate=5e-3, patience=9, val_rows=4).fit(
        lesson("classify")
    )
    arm.save(tmp_path)
    pattern = read_json(tmp_path / "adapter_config.json")["rank_pattern"]
    # The best evaluation may lie before the last allocation: then there are more.
    assert 14 <= sum(sum(ranks) for ranks in pattern.values()) <= 28


@pytest.mark.slow
def test_a_fit_that_was_stopped_gives_the_same_bits(lesson, tmp_path, one_thread):
    def kept(name, tell=None):
        given = lesson("classify", workdir=tmp_path / name, **({"tell": tell} if tell else {}))
        folder = tmp_path / f"{name}-arm"
        folder.mkdir(exist_ok=True)
        settings = {
            "rank": 1,
            "start_rank": 4,
            "epochs": 3,
            "batch_size": 9,
            "learning_rate": 5e-3,
            "begin": 0.2,
            "val_rows": 4,
        }
        Adalora(**settings).fit(given).save(folder)
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}

    def stop(event):
        if event["event"] == "progress" and event["unit"] == "step" and event["done"] == 5:
            raise Stopped

    whole = kept("whole")
    with pytest.raises(Stopped):
        kept("stopped", stop)
    assert kept("stopped") == whole


# --- what cannot be -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"rank": 8, "start_rank": 8},
            "start_rank: 8 leaves nothing to give up; set it to 9 or more",
        ),
        (
            {"begin": 0.6, "settle": 0.4},
            "begin: 0.6 and settle: 0.4 leave no steps between; lower settle",
        ),
        ({"unfreeze": "gradually"}, "hides the gradients that ranks go by; set unfreeze: at once"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_with_the_nearest_that_can(settings, words):
    with pytest.raises(SettingsError) as caught:
        fill(Adalora, settings)
    (complaint,) = caught.value.complaints
    assert words in complaint.text


def test_a_run_too_short_for_an_allocation_is_refused(open_tiny, given):
    model, change = made(open_tiny, given)
    with pytest.raises(TrainError) as caught:
        taught(model, change, given, steps=3)
    (problem,) = caught.value.problems
    assert (problem.code, problem.text.split(";")[1]) == ("T025", " this run has 3")


def test_the_starting_rank_is_half_as_much_again():
    assert [Adalora(rank=rank).first for rank in (1, 2, 8)] == [2, 3, 12]


def test_its_process_has_imported_what_trains():
    assert Adalora().preload == "training"
