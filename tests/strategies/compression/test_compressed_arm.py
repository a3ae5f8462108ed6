"""Arms made smaller: what stays the same, what becomes smaller, and what cannot be done."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from assay.config import make_strategy
from assay.core.errors import ModelError, TrainError
from assay.core.store import read_json
from assay.strategies.compression.compressed_arm import Shrunk
from assay.strategies.compression.distil import SAMPLE, label_by_teacher
from assay.training.estimate.protocol import ask, read_rehearsals
from helpers.lines import named
from helpers.nights import nightly_but

QUICK = {"epochs": 2, "batch_size": 12, "val_rows": 4, "learning_rate": 3e-3}
LORA = {"kind": "lora", "rank": 2, **QUICK}
SHOTS = {"kind": "shots", "k": 1}


def made(**settings):
    return make_strategy(settings, {})


def kept(arm, folder):
    folder.mkdir()
    arm.save(folder)
    return folder


def size(folder):
    return sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())


def questions(given):
    return [row.question for row in given.val]


@pytest.fixture
def opened(open_tiny):
    """`opened(change)`: an `open_model` whose networks went through `change`."""

    def make(change):
        def open_model(*asked):
            model = open_tiny(*asked)
            with torch.no_grad():
                change(model.network)
            return model

        return open_model

    return make


def idle_second(network):
    """Its second layer adds nothing to the states that it gets."""
    layer = network.model.layers[1]
    for part in (layer.self_attn.o_proj, layer.mlp.down_proj):
        part.weight.zero_()


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


# --- quantise -------------------------------------------------------------------------------------


def test_weights_that_8_bits_can_hold_give_the_same_scores(lesson, opened):
    """Each row is whole numbers up to 127 times a power of two: rounding to 8 bits changes
    nothing."""

    def whole(network):
        for part in network.modules():
            if type(part) is torch.nn.Linear and part is not network.lm_head:
                codes = (part.weight / part.weight.abs().amax(1, keepdim=True) * 127).round()
                part.weight.copy_(codes / 512)

    given = lesson("classify", open_model=opened(whole))
    before = made(**SHOTS).fit(given).answer(questions(given))
    after = made(kind="quantise", inner=SHOTS).fit(given).answer(questions(given))
    for one, other in zip(before, after, strict=True):
        assert one.scores == pytest.approx(other.scores, abs=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize(
    "inner", [LORA, {**LORA, "kind": "dora"}, {"kind": "full", **QUICK}, SHOTS]
)
def test_8_bits_answer_as_the_inner_arm_does_and_take_less(lesson, tmp_path, inner):
    given = lesson("classify")
    plain = make_strategy(inner, {}).fit(given)
    before = plain.answer(questions(given))
    arm = made(kind="quantise", inner=inner).fit(given)
    after = arm.answer(questions(given))
    same = sum(one.text == other.text for one, other in zip(before, after, strict=True))
    assert same >= len(before) - 1
    four = made(kind="quantise", bits=4, inner=inner).fit(given)
    sizes = [size(kept(each, tmp_path / str(i))) for i, each in enumerate((arm, four))]
    assert sizes[1] < sizes[0]
    # The tiny model has 30,720 embeddings of fp32, which stay, and 65,536 weights in linear layers.
    tensors = load_file(tmp_path / "0" / "weights.safetensors")
    codes = {name: tensor for name, tensor in tensors.items() if name.endswith(".codes")}
    assert sum(tensor.numel() for tensor in codes.values()) == 73_728 and len(codes) == 14
    assert {tensor.dtype for tensor in codes.values()} == {torch.int8}
    (said,) = read_json(tmp_path / "0" / "note.json")["notes"]
    assert named(said, "14", "8 bits", "0.2", "0.4 MB")


@pytest.mark.slow
def test_a_base_in_4_bits_is_merged_into_what_the_arm_was_trained_beside(lesson):
    pytest.importorskip("bitsandbytes")
    given = lesson("classify")
    inner = {**LORA, "kind": "qlora"}
    before = make_strategy(inner, {}).fit(given).answer(questions(given))
    after = made(kind="quantise", inner=inner).fit(given).answer(questions(given))
    assert sum(a.text == b.text for a, b in zip(before, after, strict=True)) >= len(before) - 1


# --- prune ----------------------------------------------------------------------------------------


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


# --- distil ---------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("level", nightly_but(["logit"], ["logit", "sequence"]))
def test_a_student_of_one_layer_learns_its_teachers_answers(lesson, level):
    given = lesson("classify")
    inner = {**LORA, "epochs": 6}
    teacher = make_strategy(inner, {}).fit(given)
    student = {
        "kind": "distil",
        "layers": 1,
        "level": level,
        "learning_rate": 3e-3,
        "share": 0.9,
        "inner": inner,
    }
    raw, learnt = (make_strategy({**student, "epochs": n}, {}).fit(given) for n in (1, 8))
    said = [a.text for a in teacher.answer([row.question for row in given.train])]

    def agree(arm):
        return sum(
            a.text == b
            for a, b in zip(arm.answer([r.question for r in given.train]), said, strict=True)
        )

    assert learnt.record.layers == [0] and len(learnt.local.network.model.layers) == 1
    assert agree(learnt) >= 0.9 * len(said) and agree(learnt) >= agree(raw)


@pytest.mark.slow
def test_the_targets_of_a_student_are_what_its_teacher_said(lesson):
    given = lesson("answer")
    inner = {"kind": "full", **QUICK, "epochs": 12, "batch_size": 6}
    teacher = made(kind="quantise", inner=inner).fit(given)
    rows = label_by_teacher(teacher, given)
    answers = teacher.answer([row.question for row in given.train])
    raw = [
        a.raw.strip() for a in answers if a.text is not None and not a.truncated and a.raw.strip()
    ]
    assert [row.target for row in rows] == raw
    # What was said is not asked again after a kill.
    assert (given.workdir / "teacher.json").exists() and label_by_teacher(teacher, given) == rows


def test_in_a_rehearsal_a_teacher_answers_some_rows_and_the_time_of_all_is_told(lesson):
    given = lesson("classify")
    teacher = made(kind="quantise", inner=SHOTS).fit(given)
    ask(given.workdir)
    rows = label_by_teacher(teacher, given)
    (told,) = read_rehearsals(given.workdir)
    whole, inside = told["seconds"]["teacher"][0], told["inside"][0]
    assert whole == pytest.approx(inside * len(given.train) / SAMPLE) and len(rows) == len(
        given.train
    )


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
            "rag is an arm around another",
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
