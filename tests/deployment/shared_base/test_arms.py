"""Arms on a base that they share: they answer as each alone does, or are refused."""

from dataclasses import replace

import pytest

from assay.config import make_strategy
from assay.core.errors import ModelError
from assay.deployment.shared_base.arms import restore
from assay.deployment.shared_base.multi_adapter import Many
from assay.strategies.training.lora import Lora

pytestmark = pytest.mark.usefixtures("one_thread")
QUICK = {"epochs": 1, "batch_size": 12, "val_rows": 4, "learning_rate": 1e-2}


@pytest.fixture(scope="module")
def given(lesson_in, tmp_path_factory):
    return lesson_in(tmp_path_factory.mktemp("many") / "work", "classify")


@pytest.fixture
def folder_of(given, tmp_path):
    """`folder_of(settings)`: the folder of a fitted arm and the arm."""

    def make(settings):
        strategy = make_strategy(settings, {})
        arm = strategy.fit(given)
        folder = tmp_path / f"arm-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        arm.save(folder)
        return strategy, folder, arm

    return make


@pytest.mark.slow
def test_arms_share_the_base_and_answer_as_they_do_alone(folder_of, given):
    settings = {
        "a": {"kind": "lora", "rank": 4, **QUICK},
        "b": {"kind": "dora", "rank": 2, **QUICK},
        "labels": {"kind": "lora", "rank": 2, "objective": "label_set", **QUICK},
        "shown": {"kind": "shots", "k": 2},
        "found": {"kind": "rag", "top": 1, "inner": {"kind": "lora", "rank": 2, **QUICK}},
    }
    bare = replace(given, train=(), val=(), documents=())
    made = {name: folder_of(values) for name, values in settings.items()}
    many = Many.open(made["a"][0], bare)
    arms = {
        name: restore(many, name, strategy, folder, bare)
        for name, (strategy, folder, _) in made.items()
    }
    assert set(many.names) == {"a", "b", "labels", "found"}
    questions = [row.question for row in given.val]
    for name, (_, _, alone) in made.items():
        assert [one.text for one in arms[name].answer(questions)] == [
            one.text for one in alone.answer(questions)
        ]
        assert arms[name].model.network is many.network


@pytest.mark.slow
def test_what_goes_on_from_an_adapter_shares_the_base_too(lesson_in, tmp_path):
    given = lesson_in(tmp_path / "work", "answer")
    inner = {"kind": "lora", "rank": 2, **QUICK}
    own = {"reward": {"kind": "length", "words": 2}, "rounds": 1, "prompts": 2, "samples": 2}
    own |= {"batch_size": 2, "val_rows": 2}
    strategy = make_strategy({"kind": "grpo", "inner": inner, **own}, {})
    alone = strategy.fit(given)
    (tmp_path / "arm").mkdir()
    alone.save(tmp_path / "arm")
    many = Many.open(strategy, given)
    arm = restore(many, "it", strategy, tmp_path / "arm", replace(given, train=(), val=()))
    questions = [row.question for row in given.val]
    assert [a.text for a in arm.answer(questions)] == [a.text for a in alone.answer(questions)]
    assert arm.model.network is many.network


@pytest.mark.parametrize("kind", ["miss", "ia3", "full", "adapters", "prefix", "head"])
def test_arms_that_change_the_network_are_refused(given, tmp_path, kind):
    many = Many.open(None, given)
    with pytest.raises(ModelError) as caught:
        restore(many, "it", make_strategy({"kind": kind}, {}), tmp_path, given)
    assert [problem.code for problem in caught.value.problems] == ["M114"]


def test_an_arm_that_wants_other_bits_is_refused(given, tmp_path):
    many = Many.open(None, given)
    with pytest.raises(ModelError) as caught:
        restore(many, "it", Lora(bits=4), tmp_path, given)
    (problem,) = caught.value.problems
    assert (
        problem.code == "M111" and "4 bits nf4" in problem.text and "its own bits" in problem.text
    )
