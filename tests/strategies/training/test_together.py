"""Tasks learnt together: other projects' rows beside the own ones, in their own words."""

from dataclasses import replace

import pytest

from assay.core.errors import TrainError
from assay.core.means import FittedArm
from assay.strategies.baselines.existing import Existing
from assay.strategies.training.lora import Lora
from assay.strategies.training.together import join_tasks
from assay.training.mixture import Mix

OTHER = Existing(project="../other")


@pytest.fixture
def joint(lesson, lesson_in, tmp_path):
    """A lesson of labels, and what another project of written answers has."""
    given, other = lesson("classify"), lesson_in(tmp_path / "other", "answer")
    manifest = {"task": other.task.model_dump(mode="json"), "base": "tiny", "models": {}}
    found = FittedArm(manifest, tmp_path, lambda split: getattr(other, split))
    means = replace(given.means, existing=lambda reference: found)
    return replace(given, means=means), other


def test_rows_of_both_stand_in_their_own_words(joint):
    given, other = joint
    model = given.open_base()
    found = join_tasks(Lora(), (OTHER,), Mix(), given, model)
    assert found.lesson.train == given.train
    assert [source for source, _ in found.train] == [row.source or row.id for row in other.train]
    assert {one.label for _, one in (*found.train, *found.val)} == {1}
    text = model.chat.tokenizer.decode(found.train[0][1].ids)
    assert other.train[0].text in text and other.train[0].target in text


def test_shares_are_those_of_the_mix(joint):
    given, other = joint
    mix = Mix(by="weights", weights=(3.0, 1.0))
    found = join_tasks(Lora(), (OTHER,), mix, given, given.open_base())
    total = len(given.train) + len(other.train)
    assert len(found.lesson.train) == round(0.75 * total)
    assert len(found.train) == round(0.25 * total)


@pytest.mark.slow
@pytest.mark.parametrize("mix", [Mix(), Mix(balance="uncertainty")])
def test_both_are_learnt(joint, mix):
    given, _ = joint
    settings = {"rank": 8, "learning_rate": 1e-2, "epochs": 8, "batch_size": 8, "patience": 9}
    strategy = Lora(**settings, together=(OTHER,), mix=mix, compiled="never")
    arm = strategy.fit(given)
    assert arm.curve[-1]["val_loss"] < 0.7 * arm.start_loss and "val" not in arm.curve[-1]


def test_rows_that_are_gone_are_said(joint, tmp_path):
    given, _ = joint
    folder = tmp_path / "other" / "work" / "fit" / "key" / "arm"
    gone = FittedArm({"task": {}}, folder, lambda split: ())
    given = replace(given, means=replace(given.means, existing=lambda reference: gone))
    with pytest.raises(TrainError) as error:
        join_tasks(Lora(), (OTHER,), Mix(), given, given.open_base())
    assert error.value.problems[0].code == "T123" and "other" in error.value.problems[0].text


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"together": (Lora(),)}, "no strategy of another project"),
        ({"mix": Mix(by="temperature")}, "one task alone"),
        ({"together": (OTHER,), "mix": Mix(by="weights", weights=(1.0,))}, "2 numbers above 0"),
        (
            {"together": (OTHER,), "mix": Mix(by="weights", weights=(1.0, 0.0))},
            "2 numbers above 0",
        ),
        ({"together": (OTHER,), "mix": Mix(weights=(1.0, 2.0))}, "by: weights, not with by: size"),
        ({"together": (OTHER,), "mix": Mix(balance_temperature=5)}, "balance: uncertainty alone"),
        ({"together": (OTHER,), "objective": "label_set"}, "other tasks have other labels"),
        (
            {"together": (OTHER,), "mix": Mix(balance="uncertainty"), "teacher": "x"},
            "leave `teacher`, `label_smoothing`, lwf",
        ),
    ],
)
def test_what_cannot_be_mixed_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Lora(**settings)
