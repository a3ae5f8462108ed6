"""A training begins where another strategy ended: the same method, full after an adapter, an
adapter beside an adapter; and what cannot go on is refused."""

from dataclasses import replace

import pytest
import torch

from assay.core.errors import TrainError
from assay.core.means import FittedArm
from assay.strategies.baselines.existing import Existing
from assay.strategies.baselines.majority import Majority
from assay.strategies.training.full import Full
from assay.strategies.training.ia3 import Ia3
from assay.strategies.training.lora import Lora
from assay.training.retention.settings import Ewc, InfLora, L2Sp, Lwf, OLora, Rehearsal, WiseFt
from helpers.nights import nightly_but
from helpers.old_project import with_old_project

QUICK = {"epochs": 2, "batch_size": 6, "val_rows": 4, "compiled": "never"}
OLD = Existing(project="../old", strategy="lora")
EWC, LWF, L2_SP = Ewc(kind="ewc"), Lwf(kind="lwf"), L2Sp(kind="l2-sp")
REHEARSAL, O_LORA, WISE_FT = (
    Rehearsal(kind="rehearsal"),
    OLora(kind="o-lora"),
    WiseFt(kind="wise-ft"),
)


@pytest.fixture
def old(lesson, tmp_path):
    """`old(strategy)`: a lesson whose other project has fitted the strategy, and that arm."""

    return lambda strategy: with_old_project(lesson("classify"), strategy, tmp_path)


def logits(model):
    ids = torch.tensor([[3, 4, 5, 6]])
    with torch.no_grad():
        return model.network(input_ids=ids).logits.float()


@pytest.mark.slow
@pytest.mark.parametrize(
    "next_one",
    [
        Lora(rank=4, after=OLD, **QUICK),
        Lora(rank=2, after=OLD, **QUICK),
        Lora(rank=4, after=OLD, retain=(O_LORA,), **QUICK),
        Lora(rank=3, after=OLD, rs=True, alpha=5, **QUICK),
        Full(after=OLD, **QUICK),
    ],
)
def test_it_begins_with_the_network_that_the_old_one_has(old, next_one):
    given, arm = old(Lora(rank=4, learning_rate=5e-3, **QUICK))
    model, change = next_one.open_changed(given)
    if change.warmer:
        change.warmer()
    model.network.eval()
    assert torch.allclose(logits(model), logits(arm.model), atol=2e-2)
    base = given.open_base()
    assert not torch.allclose(logits(base), logits(arm.model), atol=5e-2)


@pytest.mark.slow
def test_an_adapter_beside_another_leaves_it_as_it_is_and_is_restored(old, tmp_path):
    from assay.training.adapters.lora_combination import read_products

    given, _ = old(Lora(rank=4, learning_rate=5e-3, **QUICK))
    before = read_products(given.means.existing("").folder)
    strategy = Lora(rank=2, after=OLD, retain=(O_LORA,), weight_decay=0.1, **QUICK)
    new = strategy.fit(given)
    kept = tmp_path / "kept"
    kept.mkdir()
    new.save(kept)
    after = read_products(kept)
    for name, (a, b) in before.items():
        assert torch.equal(after[name][0][:4], a)
        assert torch.allclose(after[name][1][:, :4], b, rtol=1e-6)
    assert any(float(b[:, 4:].abs().max()) > 0 for _, b in after.values())
    again = strategy.restore(kept, replace(given, train=(), val=()))
    questions = [row.question for row in given.val]
    assert [a.to_json() for a in again.answer(questions)] == [
        a.to_json() for a in new.answer(questions)
    ]


@pytest.mark.slow
def test_a_strategy_of_the_same_project_is_fitted_first_and_gone_on_from(lesson):
    given = lesson("classify")
    first = Lora(rank=4, learning_rate=5e-3, **QUICK)
    alone = first.fit(replace(given, means=replace(given.means, workdir=made(given, "alone"))))
    model, _ = Lora(rank=4, after=first, **QUICK).open_changed(given)
    assert torch.allclose(logits(model), logits(alone.model), atol=1e-5)


def made(given, name):
    folder = given.workdir / name
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("strategy", "old_one", "code"),
    [
        (Ia3(after=OLD, **QUICK), Lora(rank=4, **QUICK), "T120"),
        (Lora(after=OLD, decompose=True, **QUICK), Lora(rank=4, **QUICK), "T120"),
        (Lora(after=OLD, **QUICK), Majority(), "T120"),
        (Lora(after=OLD, model="other", **QUICK), Lora(rank=4, **QUICK), "T122"),
    ],
)
def test_what_cannot_go_on_is_refused_before_anything_is_trained(
    old, lesson, tmp_path, strategy, old_one, code
):
    given = lesson("classify")
    manifest = {"strategy": {"kind": old_one.kind, **old_one.non_defaults()}, "base": "tiny"}
    found = FittedArm(manifest, tmp_path, lambda split: ())
    given = replace(given, means=replace(given.means, existing=lambda reference: found))
    with pytest.raises(TrainError) as error:
        strategy.open_changed(given)
    assert error.value.problems[0].code == code


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"after": Majority()}, "nothing goes on from the weights of majority"),
        ({"retain": (EWC,)}, "ewc needs the old rows"),
        (
            {"retain": (REHEARSAL,), "after": Lora()},
            "rehearsal needs the old rows",
        ),
        ({"retain": (LWF,)}, "keeps what was learnt before"),
        ({"retain": (L2_SP, L2_SP)}, "l2-sp stands twice"),
        (
            {"retain": (LWF,), "after": OLD, "teacher": "x"},
            "lwf learns from the old model",
        ),
        (
            {"retain": (REHEARSAL,), "after": OLD, "objective": "label_set"},
            "other labels",
        ),
        ({"after": OLD, "processes": 2}, "one process"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Lora(**settings)


def test_only_lora_and_full_are_averaged_with_what_they_were():
    with pytest.raises(ValueError, match="wise-ft averages"):
        Ia3(retain=(WISE_FT,))
    with pytest.raises(ValueError, match="inflora sets adapters"):
        Full(retain=(InfLora(kind="inflora"),), after=OLD)
    with pytest.raises(ValueError, match="o-lora sets adapters"):
        Full(retain=(O_LORA,), after=OLD)


def exchanged(given, folder):
    """Another task of the same labels, each in another's place: to learn it undoes the first."""
    labels = list(given.task.labels)
    other = {label: labels[(at + 1) % len(labels)] for at, label in enumerate(labels)}
    train, val = (
        tuple(replace(row, target=other[row.target]) for row in rows)
        for rows in (given.train, given.val)
    )
    folder.mkdir()
    return replace(given, train=train, val=val, means=replace(given.means, workdir=folder))


def distance(arm, other):
    return float((logits(arm.model) - logits(other.model)).abs().mean())


@pytest.mark.slow
@pytest.mark.parametrize(
    "remedy",
    [
        Ewc(kind="ewc", strength=1000.0),
        pytest.param(L2Sp(kind="l2-sp", strength=100.0), marks=pytest.mark.nightly),
        pytest.param(Lwf(kind="lwf", share=0.9), marks=pytest.mark.nightly),
        WiseFt(kind="wise-ft", share=0.7),
        InfLora(kind="inflora", share=0.99),
    ],
    ids=lambda one: one.kind,
)
def test_a_remedy_keeps_the_network_nearer_the_old_one(old, tmp_path, remedy):
    long = {**QUICK, "epochs": 4, "patience": 9, "rank": 4, "learning_rate": 5e-3}
    given, arm = old(Lora(**long))
    plain = Lora(**long, after=OLD).fit(exchanged(given, tmp_path / "plain"))
    kept = Lora(**long, after=OLD, retain=(remedy,)).fit(exchanged(given, tmp_path / "kept"))
    assert 0 < distance(kept, arm) < 0.8 * distance(plain, arm)


@pytest.mark.slow
@pytest.mark.parametrize("draw", nightly_but(["random"], ["random", "herding"]))
def test_rehearsed_rows_are_learnt_beside_the_new_ones(old, tmp_path, draw):
    given, _ = old(Lora(rank=4, **QUICK))
    told = []
    lesson = exchanged(replace(given, means=replace(given.means, tell=told.append)), tmp_path / "x")
    remedy = Rehearsal(kind="rehearsal", share=0.5, draw=draw)
    plain = Lora(rank=4, after=OLD, **QUICK)
    plain.model_copy(update={"retain": (remedy,)}).fit(lesson)
    half = -(-len(given.train) // 2)
    assert f"lora learns {half} old rows beside the new ones" in [one.get("text") for one in told]
    steps = [one["total"] for one in told if one.get("unit") == "step"][-1]
    assert steps == 2 * -(-(len(given.train) + half) // 6)


@pytest.mark.slow
def test_old_rows_that_are_gone_are_said(old):
    given, _ = old(Lora(rank=4, **QUICK))
    found = replace(given.means.existing(""), rows=lambda split: ())
    given = replace(given, means=replace(given.means, existing=lambda reference: found))
    with pytest.raises(TrainError) as error:
        Lora(rank=4, after=OLD, retain=(EWC,), **QUICK).fit(given)
    assert error.value.problems[0].code == "T123"


@pytest.mark.slow
def test_wise_ft_of_all_weights_is_the_mean_of_both(lesson, tmp_path):
    given = lesson("classify")
    work = made(given, "plain")
    settings = {"learning_rate": 3e-4, **QUICK}
    plain = Full(**settings).fit(replace(given, means=replace(given.means, workdir=work)))
    half = Full(**settings, retain=(WiseFt(kind="wise-ft", share=0.25),)).fit(given)
    base = dict(given.open_base().network.named_parameters())
    trained = dict(plain.model.network.named_parameters())
    for name, weight in half.model.network.named_parameters():
        wanted = 0.25 * base[name].float() + 0.75 * trained[name].float()
        assert torch.allclose(weight.float(), wanted, atol=1e-2)
    assert half.curve == plain.curve


@pytest.mark.slow
def test_it_goes_on_from_what_a_search_has_chosen(old, tmp_path):
    import json

    given, arm = old(Lora(rank=4, learning_rate=5e-3, **QUICK))
    found = given.means.existing("")
    searched = {
        "kind": "search",
        "inner": {"kind": "lora", "rank": 4, "learning_rate": 1e-3},
        "ranges": [{"place": "learning_rate", "options": [1e-3, 5e-3]}],
    }
    (found.folder / "search.json").write_text(json.dumps({"values": {"learning_rate": 5e-3}}))
    other = replace(found, manifest={**found.manifest, "strategy": searched})
    given = replace(given, means=replace(given.means, existing=lambda reference: other))
    model, _ = Lora(rank=4, after=OLD, **QUICK).open_changed(given)
    assert torch.allclose(logits(model), logits(arm.model), atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ia3", "miss", "adapters", "prefix", "prompt_tuning", "p_tuning"])
def test_every_method_goes_on_from_its_own_weights(old, kind):
    from assay.config import make_strategy
    from assay.strategies.training.trained_arm import Tuned

    settings = {"kind": kind, "epochs": 2, "batch_size": 6, "val_rows": 4, "learning_rate": 1e-2}
    given, arm = old(make_strategy(settings, {}))
    after = {"kind": "existing", "project": "../old"}
    model, change = make_strategy({**settings, "after": after}, {}).open_changed(given)
    if change.warmer:
        change.warmer()
    model.network.eval()
    rows = [row.question for row in given.val]
    now = Tuned(model, given.task, arm.room, change.write).answer(rows)
    assert [(a.text, a.scores) for a in now] == [(a.text, a.scores) for a in arm.answer(rows)]


def test_ranks_that_were_given_up_do_not_come_back():
    from assay.strategies.training.adalora import Adalora

    assert not Adalora().reads_back and Ia3().reads_back


@pytest.mark.slow
def test_what_was_fitted_before_does_not_change_how_a_fresh_adapter_begins(lesson):
    given = lesson("classify")
    first = Lora(rank=4, learning_rate=5e-3, **QUICK)
    strategy = Lora(rank=2, after=first, retain=(O_LORA,), **QUICK)
    (one, _), (two, _) = (
        strategy.open_changed(given),
        strategy.open_changed(given),
    )  # then it lies there
    mine, other = (dict(model.network.named_parameters()) for model in (one, two))
    assert all(torch.equal(mine[name], other[name]) for name in mine)
