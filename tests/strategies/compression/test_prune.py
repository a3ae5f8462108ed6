"""Layers that are taken out: those that add nothing first; what is left is healed."""

from dataclasses import replace

import pytest
from safetensors.torch import load_file

from assay.core.errors import TrainError
from assay.core.store import read_json
from assay.strategies.compression.prune import number
from helpers.problems import problem
from helpers.smaller_arms import LORA, SHOTS, kept, made, questions


def idle_second(network):
    """Its second layer adds nothing to the states that it gets."""
    layer = network.model.layers[1]
    for part in (layer.self_attn.o_proj, layer.mlp.down_proj):
        part.weight.zero_()


@pytest.mark.parametrize("by", ["influence", "block"])
def test_a_layer_that_adds_nothing_is_taken_out_and_no_score_changes(lesson, opened, tmp_path, by):
    given = lesson("classify", open_model=opened(idle_second))
    before = made(**SHOTS).fit(given).answer(questions(given))
    strategy = made(kind="prune", layers=1, by=by, heal=0, rows=8, inner=SHOTS)
    arm = strategy.fit(given)
    assert arm.record.layers == [0]
    assert [a.scores for a in arm.answer(questions(given))] == [
        pytest.approx(a.scores, abs=1e-3) for a in before
    ]
    folder = kept(arm, tmp_path / "arm")
    assert not [name for name in load_file(folder / "weights.safetensors") if "layers.1." in name]
    # Restored on a base that has both layers.
    again = strategy.restore(folder, replace(given, train=(), val=(), documents=()))
    assert [a.scores for a in again.answer(questions(given))] == [
        a.scores for a in arm.answer(questions(given))
    ]


@pytest.mark.slow
def test_healing_trains_what_is_left_and_leaves_no_adapter(lesson, tmp_path):
    given = lesson("classify")
    cut = made(kind="prune", layers=0.5, heal=0, rows=8, inner=LORA).fit(given)
    healed = made(kind="prune", layers=0.5, heal=3, learning_rate=3e-3, rows=8, inner=LORA).fit(
        given
    )
    assert cut.record.layers == healed.record.layers
    assert given.score(healed, given.train) >= given.score(cut, given.train)
    names = [name for name, _ in healed.local.network.named_parameters()]
    assert not [name for name in names if "lora" in name]
    curve = read_json(kept(healed, tmp_path / "arm") / "tuned.json")["curve"]
    assert len(curve) == 3 and curve[-1]["val_loss"] < healed.inner.start_loss
    # The curve of the arm inside is not the one that is shown.
    assert cut.inner.start_loss != healed.inner.start_loss


@pytest.mark.parametrize(
    ("layers", "count", "out"), [(1, 2, 1), (0.25, 30, 8), (0.25, 12, 3), (0.1, 6, 1), (5, 6, 5)]
)
def test_so_many_layers_are_taken_out_or_that_share_of_them(layers, count, out):
    assert number("prune", layers, count) == out


@pytest.mark.parametrize(("layers", "count"), [(2, 2), (3, 2), (0.1, 4), (0.9, 2)])
def test_none_or_all_of_them_are_refused_with_what_can_be_taken(layers, count):
    with problem(TrainError, "T073", "layers", f"{layers:g}", str(count - 1)):
        number("prune", layers, count)


def test_examples_in_a_prompt_cannot_be_healed():
    with pytest.raises(ValueError, match="set `heal: 0`"):
        made(kind="prune", inner=SHOTS)
