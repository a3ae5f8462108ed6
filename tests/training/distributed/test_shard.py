"""Layers that are split over processes train as those of one process do, are saved whole, and go on
from a state."""

from functools import partial

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load_file

from assay.core.errors import Stopped
from assay.strategies.training.full import Full
from assay.training.distributed.process_group import Team
from assay.training.distributed.shard import part
from helpers.nights import nightly_but
from helpers.teams import side_by_side

pytestmark = pytest.mark.usefixtures("one_thread")
SPLIT = {"shard": True, "processes": 2, "learning_rate": 1e-3}


@pytest.fixture
def together(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    return partial(side_by_side, tmp_path, 2)


@pytest.fixture
def train(build, open_tiny, tmp_path):
    """`train(team)`: a training in the folder `name`, whose arm is left there. [curve, norms,
    weights held on the way].

    `stop`: after so many steps. `fp32`: what the network computes in; bf16 otherwise.
    """

    def run(team, name="a", *, stop=0, fp32=True, **settings):
        steps, held = [], []

        def tell(event):
            if event["event"] == "progress":
                steps.append(event["values"]["norm"])
                held.append(sum(part(p).numel() for p in training.network.parameters()))
                if len(steps) == stop:
                    raise Stopped()

        def widen(model):
            if fp32:
                model.network.float()

        every = 0 if team.leads else 1e9  # process 0's clock decides when all put a state together
        own = {**({} if team.size == 1 else SPLIT), "learning_rate": 1e-3, **settings}
        training = build(
            tmp_path / name,
            full=True,
            settings=own,
            before=widen,
            team=team,
            tell=tell,
            save_every=every,
        )
        try:
            progress = training.run()
        except Stopped:
            return "stopped"
        if team.leads:
            (tmp_path / name / "arm").mkdir()
            training.change.write(tmp_path / name / "arm")
        return [progress.curve, steps, held[:1]]

    return run


def weights(folder):
    return load_file(folder / "arm" / "model.safetensors")


def distance(one, other):
    off = torch.cat([(one[n].float() - other[n].float()).flatten() for n in one]).norm()
    return float(off / torch.cat([w.float().flatten() for w in one.values()]).norm())


# Five rows a step: one process has a micro-batch more than the other, which then makes an idle
# pass.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("batch_size", "trees"),
    nightly_but([(5, True)], [(4, False), (4, True), (5, False), (5, True)]),
)
def test_two_processes_with_half_of_the_layers_each_train_as_one(
    train, together, tmp_path, batch_size, trees
):
    own = {"batch_size": batch_size, "micro_tokens": 64, "trees": trees}
    curve, norms, _ = train(Team(), "one", **own)
    first, second = together(lambda team: train(team, "two", **own))
    for key in ("train_loss", "val_loss", "val"):
        assert [point[key] for point in first[0]] == pytest.approx(
            [point[key] for point in curve], rel=1e-4
        )
    assert first[0] == second[0]
    assert first[1] == pytest.approx(norms, rel=1e-4)  # process 1 has no voice
    assert distance(weights(tmp_path / "one"), weights(tmp_path / "two")) < 1e-4


@pytest.mark.slow
def test_what_is_split_is_held_once(train, together, open_tiny):
    network = open_tiny().network
    layers = sum(p.numel() for layer in network.model.layers for p in layer.parameters())
    rest = sum(p.numel() for p in network.parameters()) - layers
    first, _ = together(lambda team: train(team, epochs=1))
    assert first[2] == [rest + layers / 2]


@pytest.mark.nightly
def test_weights_in_bf16_are_stepped_in_fp32(train, together, tmp_path):
    own = {"fp32": False, "learning_rate": 1e-4}  # smaller than half a unit in bf16's last place
    curve, _, _ = train(Team(), "one", **own)
    first, _ = together(lambda team: train(team, "two", **own))
    assert [p["val_loss"] for p in first[0]] == pytest.approx(
        [p["val_loss"] for p in curve], rel=1e-2
    )
    assert next(iter(weights(tmp_path / "two").values())).dtype == torch.bfloat16


@pytest.mark.nightly
@pytest.mark.parametrize("optimiser", ["adamw", "lamb", "lion", "sgd"])
def test_a_stopped_run_goes_on_to_the_same_bits(train, together, tmp_path, optimiser):
    own = {"optimiser": optimiser}
    assert together(lambda team: train(team, "broken", stop=3, **own)) == ["stopped", "stopped"]
    again = together(lambda team: train(team, "broken", **own))
    whole = together(lambda team: train(team, "whole", **own))
    assert again[0][0] == whole[0][0]
    assert again[0][1] == whole[0][1][3:]
    a, b = weights(tmp_path / "broken"), weights(tmp_path / "whole")
    assert all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize(
    ("settings", "way"),
    [
        ({"processes": 1}, "set `processes` to 2 or more"),
        ({"layers": 2}, "leave `layers`, `freeze`, `only` and `unfreeze` out"),
        ({"only": "norms"}, "leave `layers`, `freeze`, `only` and `unfreeze` out"),
        ({"unfreeze": "gradually"}, "leave `layers`, `freeze`, `only` and `unfreeze` out"),
        ({"optimiser": "adafactor"}, "take adamw"),
        ({"compiled": "always"}, "leave `compiled` out"),
    ],
)
def test_what_cannot_be_split_is_refused_with_what_can(settings, way):
    with pytest.raises(ValidationError, match=way):
        Full(**{**SPLIT, **settings})
