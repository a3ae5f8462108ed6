"""Adapters combined: sums that are known by hand or from PEFT, and an arm that is saved and asked
as others are."""

from dataclasses import replace

import pytest
import torch

from assay.config import make_strategy
from assay.config.complaints import SettingsError
from helpers.adapters import logits
from helpers.nights import nightly_but

pytestmark = pytest.mark.usefixtures("one_thread")


# --- the strategy ---------------------------------------------------------------------------------

QUICK = {"epochs": 1, "batch_size": 12, "val_rows": 4, "learning_rate": 1e-2}
TWO = [{"kind": "lora", "rank": 2, **QUICK}, {"kind": "lora", "rank": 3, **QUICK, "epochs": 2}]


@pytest.mark.slow
@pytest.mark.parametrize("bits", [0, 4])
def test_the_arm_computes_the_average_of_its_inner_arms(lesson, open_tiny, tmp_path, bits):
    from assay.strategies.compression.merged_arm import merge_arm

    given = lesson("classify")
    inners = [{**one, "bits": bits} for one in TWO]
    strategy = make_strategy({"kind": "blend", "inners": inners}, {})
    kept = []

    def fit(inner, lesson):
        arm = inner.fit(lesson)
        folder = tmp_path / f"kept-{len(kept)}"
        folder.mkdir()
        arm.save(folder)
        kept.append((inner, folder))
        return arm

    arm = strategy.fit(replace(given, fit=fit))
    (tmp_path / "arm").mkdir()
    arm.save(tmp_path / "arm")
    bare = replace(given, train=(), val=())
    own = merge_arm(strategy, tmp_path / "arm", bare).network.state_dict()
    parts = [merge_arm(inner, folder, bare).network.state_dict() for inner, folder in kept]
    for name, weight in own.items():
        torch.testing.assert_close(
            weight, (parts[0][name] + parts[1][name]) / 2, atol=1e-5, rtol=1e-5
        )
    assert (
        own["model.layers.0.mlp.up_proj.weight"] - parts[0]["model.layers.0.mlp.up_proj.weight"]
    ).abs().max() > 1e-4


@pytest.mark.slow
@pytest.mark.parametrize(("how", "rank"), nightly_but([("ties", 2)], [("ties", 2), ("dare", 4)]))
def test_plain_peft_loads_the_arm_which_says_how_it_was_made_and_what_the_cut_has_left(
    lesson, open_tiny, tmp_path, how, rank
):
    from assay.core.store import read_json
    from helpers.adapters import through_peft

    given = lesson("classify")
    arm = make_strategy({"kind": "blend", "how": how, "inners": TWO, "rank": rank}, {}).fit(given)
    (tmp_path / "arm").mkdir()
    arm.save(tmp_path / "arm")
    peer = through_peft(open_tiny().network, tmp_path / "arm")
    torch.testing.assert_close(
        logits(arm.model.network, arm.model, given),
        logits(peer, arm.model, given),
        atol=1e-5,
        rtol=0,
    )
    (sentence,) = read_json(tmp_path / "arm" / "note.json")["notes"]
    assert "2 adapters" in sentence and f"({how})" in sentence and f"of rank {rank}" in sentence
    assert 0 < arm.kept < 1 and f"{100 * arm.kept:.1f} %" in sentence


@pytest.mark.slow
def test_it_shares_a_base_with_other_adapters(lesson, tmp_path):
    from assay.deployment.shared_base.arms import restore
    from assay.deployment.shared_base.multi_adapter import Many

    given = lesson("classify")
    strategy = make_strategy({"kind": "blend", "inners": TWO}, {})
    arm = strategy.fit(given)
    (tmp_path / "arm").mkdir()
    arm.save(tmp_path / "arm")
    many = Many.open(strategy, given)
    shared = restore(many, "both", strategy, tmp_path / "arm", replace(given, train=(), val=()))
    questions = [row.question for row in given.val]
    assert [a.text for a in shared.answer(questions)] == [a.text for a in arm.answer(questions)]


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"inners": TWO[:1]}, "2 or more, got 1"),
        ({"inners": [TWO[0], {"kind": "tfidf"}]}, "number 1 is tfidf"),
        ({"inners": [TWO[0], {"kind": "dora"}]}, "number 1 is dora"),
        ({"inners": [TWO[0], {"kind": "qlora"}]}, "bits is 0 and 4"),
        (
            {"inners": [TWO[0], {**TWO[1], "model": "smollm2-360m-instruct"}]},
            "model is none and smollm2-360m-instruct",
        ),
        ({"inners": TWO, "weights": [1.0]}, "1 of them for 2 inner strategies"),
        ({"inners": TWO, "weights": [0.0, 0.0]}, "not all 0"),
        ({"inners": TWO, "how": "ties", "density": 1.5}, "1.5"),
        ({"inners": TWO, "how": "ties", "density": -0.1}, "-0.1"),
        ({"inners": TWO, "density": 0.5}, "density is about ties and dare"),
        ({"inners": TWO, "rank": 8}, "rank is about ties and dare"),
    ],
)
def test_what_cannot_be_combined_is_said_with_the_way_out(settings, text):
    with pytest.raises(SettingsError) as caught:
        make_strategy({"kind": "blend", **settings}, {})
    (complaint,) = caught.value.complaints
    assert text in complaint.text


def test_a_wrong_setting_of_an_inner_arm_is_said_at_its_place():
    with pytest.raises(SettingsError) as caught:
        make_strategy({"kind": "blend", "inners": [TWO[0], {"kind": "lora", "rank": 0}]}, {})
    (complaint,) = caught.value.complaints
    assert complaint.place == ("inners", 1, "rank")


def test_keys_and_names_know_all_inner_arms():
    from assay.config.names import arm_name, same
    from assay.runtime.arms.cache_keys import settings_of, versions

    first = make_strategy({"kind": "blend", "inners": TWO}, {})
    named = make_strategy({"kind": "blend", "inners": [TWO[0], {**TWO[1], "name": "second"}]}, {})
    other = make_strategy({"kind": "blend", "inners": [TWO[0], {**TWO[1], "rank": 8}]}, {})
    assert settings_of(first) == settings_of(named) != settings_of(other)
    assert same(first, named) and not same(first, other)
    assert len(versions(first)) == 3 and first.draws
    assert arm_name(first).startswith("blend-lora-r2")
    assert first.needs("base") == ("base",)


@pytest.mark.slow
def test_an_adapter_of_another_project_is_combined_as_one_of_this(lesson, tmp_path):
    from assay.core.means import FittedArm
    from assay.strategies.baselines.existing import Existing
    from assay.strategies.mixes.blend import Blend
    from assay.strategies.training.lora import Lora
    from assay.training.adapters.lora_combination import read_products

    given = lesson("classify")
    lora = Lora(rank=2, epochs=1, val_rows=4, compiled="never")
    folder = tmp_path / "old"
    folder.mkdir()
    lora.fit(given).save(folder)
    settings = {"kind": "lora", **lora.non_defaults()}
    manifest = {"strategy": settings, "task": given.task.model_dump(mode="json"), "base": "tiny"}
    found = FittedArm(manifest, folder, lambda split: ())
    work = tmp_path / "new"
    work.mkdir()
    means = replace(given.means, workdir=work, existing=lambda reference: found)
    other = Existing(project="../old", strategy="lora")
    arm = Blend(inners=(other, other)).fit(replace(given, means=means))
    assert Blend(inners=(other, other)).needs("base") == ("base",)
    kept = tmp_path / "kept"
    kept.mkdir()
    arm.save(kept)
    (a, b), (x, y) = (next(iter(read_products(one).values())) for one in (folder, kept))
    assert (b @ a - y @ x).abs().max() < 1e-6  # the mean of it and itself
