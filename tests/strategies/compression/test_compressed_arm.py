"""Arms made smaller: what stays the same, what becomes smaller, and what cannot be done."""

from dataclasses import replace

import pytest

from assay.config import make_strategy
from assay.core.errors import ModelError, TrainError
from assay.strategies.compression.compressed_arm import Shrunk
from helpers.lines import named
from helpers.smaller_arms import LORA, SHOTS, kept, made, questions


@pytest.mark.slow
def test_a_blend_is_made_smaller_as_one_arm(lesson, tmp_path):
    """Its adapters are in the weights: a restored arm has no second helping of them."""
    given = lesson("classify")
    blend = {"kind": "blend", "inners": [LORA, {**LORA, "learning_rate": 1e-2}]}
    plain = made(**blend).fit(given).answer(questions(given))
    strategy = made(kind="quantise", inner=blend)
    arm = strategy.fit(given)
    after = arm.answer(questions(given))
    assert sum(a.text == b.text for a, b in zip(plain, after, strict=True)) >= len(plain) - 1
    again = strategy.restore(kept(arm, tmp_path / "arm"), replace(given, train=(), val=()))
    assert [one.scores for one in again.answer(questions(given))] == [one.scores for one in after]
    assert arm.record.said[0].startswith("2 adapters were combined")


# --- around each other, and what cannot be --------------------------------------------------------


@pytest.mark.slow
def test_retrieval_stands_around_and_a_pruned_arm_is_quantised(lesson, tmp_path):
    given = lesson("answer")
    inner = {
        "kind": "quantise",
        "inner": {"kind": "prune", "layers": 1, "heal": 0, "rows": 8, "inner": LORA},
    }
    strategy = made(kind="rag", top=1, inner=inner)
    arm = strategy.fit(given)
    assert isinstance(arm.inner, Shrunk) and (
        arm.inner.record.bits,
        len(arm.inner.record.layers),
    ) == (8, 1)
    again = strategy.restore(
        kept(arm, tmp_path / "arm"), replace(given, train=(), val=(), documents=())
    )
    assert [a.raw for a in again.answer(questions(given))] == [
        a.raw for a in arm.answer(questions(given))
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        (
            {"kind": "quantise", "inner": {"kind": "majority"}},
            "T071",
            "majority asks no language model",
        ),
        ({"kind": "distil", "inner": {"kind": "tfidf"}}, "T071", "tfidf asks no language model"),
        (
            {"kind": "prune", "inner": {"kind": "rag", "inner": LORA}},
            "T072",
            "rag is a strategy around another",
        ),
        ({"kind": "quantise", "inner": {"kind": "prefix"}}, "M110", "prefix cannot be merged"),
        ({"kind": "quantise", "inner": {"kind": "head"}}, "M110", "head cannot be merged"),
        (
            {"kind": "prune", "layers": 2, "heal": 0, "inner": SHOTS},
            "T073",
            "takes 2 of this model's 2 layers out",
        ),
        (
            {"kind": "prune", "layers": 0.1, "heal": 0, "inner": SHOTS},
            "T073",
            "takes 0 of this model's 2 layers out",
        ),
        (
            {"kind": "distil", "layers": 2, "inner": LORA},
            "T073",
            "a student of 2 layers is no smaller",
        ),
        ({"kind": "distil", "inner": SHOTS}, "T074", "set level: sequence"),
        ({"kind": "distil", "inner": {**LORA, "objective": "label_set"}}, "T074", "labels alone"),
    ],
)
def test_what_cannot_be_is_one_message(lesson, settings, code, words):
    with pytest.raises(TrainError) as caught:
        make_strategy(settings, {}).fit(lesson("classify"))
    (problem,) = caught.value.problems
    assert problem.code == code and words in f"{problem.text} {problem.help}"


def test_a_floor_inside_is_said_before_anything_runs():
    from assay.core.types import Task
    from assay.strategies.catalogue import refuse_unfit

    arm = made(kind="rag", inner={"kind": "quantise", "inner": {"kind": "majority"}})
    with pytest.raises(TrainError) as caught:
        refuse_unfit({"small": arm}, Task(kind="answer"))
    assert [problem.code for problem in caught.value.problems] == ["T071"]


def test_a_model_behind_an_address_is_not_quantised(tmp_path):
    from assay.config import load
    from assay.runtime.costs.remote import refuse_remote

    (tmp_path / "rows.jsonl").write_text(
        '{"text": "a", "label": "x"}\n{"text": "b", "label": "y"}\n'
    )
    (tmp_path / "project.yaml").write_text(
        "version: 2\nname: far\ndata: {files: {train: rows.jsonl}}\nmodel: smollm2-135m\n"
        "remote: {far: {url: 'http://127.0.0.1:9/v1', model: big}}\n"
        "compare: [{kind: quantise, inner: {kind: shots, k: 0, model: far}}]\n"
    )
    project = load(tmp_path / "project.yaml")
    with pytest.raises(ModelError) as caught:
        refuse_remote(project, project.arms)
    (problem,) = caught.value.problems
    assert problem.code == "M064" and named(problem.text, "far", "remote")
