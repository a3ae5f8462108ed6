"""Every method trains with two processes as with one: a new one is held to it by being listed."""

from functools import partial

import pytest
import torch
from safetensors.torch import load_file

from assay.config import make_strategy
from assay.strategies.training import METHODS, Lora
from assay.strategies.training.policy_optimisation import PolicyOptimisation
from assay.strategies.training.raft import Raft
from assay.training.distributed.process_group import Team
from helpers.teams import side_by_side

pytestmark = [pytest.mark.usefixtures("one_thread"), pytest.mark.slow]
# Without dropout: what is drawn depends on the rows of a micro-batch, and two processes have other
# micro-batches.
COMMON = {"epochs": 2, "batch_size": 12, "precision": "fp32", "val_rows": 4}
DRAWS = ("dropout",)  # settings that draw
OWN = {
    "lora": {"rank": 2},
    "adalora": {"rank": 2, "start_rank": 3},
    "miss": {"rank": 4},
}
FORMS = [
    {"kind": "dora", "rank": 2},
    {"kind": "qlora", "rank": 2, "precision": "auto"},
    {"kind": "lora", "rank": 2, "unfreeze": "gradually", "layer_decay": 0.5, "schedule": "plateau"},
    {"kind": "full", "layers": 1},
    {"kind": "full", "optimiser": "lamb"},
]


def settings_of(cls):
    kind = cls.model_fields["kind"].default
    return {
        "kind": kind,
        **{name: 0.0 for name in DRAWS if name in cls.model_fields},
        **OWN.get(kind, {}),
    }


# What writes its own answers does so in one process, and says so of `processes`.
TOGETHER = [cls for cls in METHODS if cls not in (PolicyOptimisation, Raft)]
SETTINGS = [settings_of(cls) for cls in TOGETHER] + FORMS


@pytest.fixture
def together(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    return partial(side_by_side, tmp_path)


def weights(folder):
    files = sorted(folder.glob("*.safetensors"))
    assert files
    return {
        f"{file.stem}.{name}": tensor.float()
        for file in files
        for name, tensor in load_file(file).items()
    }


@pytest.mark.parametrize(
    "settings",
    [
        settings_of(Lora),
        *(pytest.param(one, marks=pytest.mark.nightly) for one in SETTINGS),
    ],
    ids=lambda values: "-".join(map(str, values.values())),
)
def test_two_processes_train_what_one_does(lesson, together, tmp_path, settings):
    def fit(name, team):
        (tmp_path / name).mkdir(exist_ok=True)
        given = lesson(
            "extract" if settings["kind"] == "token_head" else "classify",
            workdir=tmp_path / name,
            tell=lambda event: None,
        )
        arm = make_strategy({**COMMON, **settings, "processes": team.size}, {}).fit(given)
        if team.leads:
            (tmp_path / f"{name}-arm").mkdir()
            arm.save(tmp_path / f"{name}-arm")
        return arm.curve

    one = fit("one", Team())
    first, second = together(2, lambda team: fit("two", team))
    assert first == second
    # the standard error is a difference of such numbers
    for name in ("step", "train_loss", "val_loss", "val"):
        assert [point[name] for point in first] == pytest.approx(
            [point[name] for point in one], rel=1e-4
        )
    a, b = weights(tmp_path / "one-arm"), weights(tmp_path / "two-arm")
    apart = torch.cat([(a[name] - b[name]).flatten() for name in a]).norm()
    assert float(apart / torch.cat([tensor.flatten() for tensor in a.values()]).norm()) < 1e-4
