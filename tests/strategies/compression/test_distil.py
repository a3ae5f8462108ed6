"""A student learns what its teacher says."""

from dataclasses import replace

import pytest

from assay.config import make_strategy
from assay.strategies.compression.distil import SAMPLE, label_by_teacher
from assay.training.estimate.protocol import ask, read_rehearsals
from helpers.nights import nightly_but
from helpers.smaller_arms import LORA, QUICK, SHOTS, made


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
    # One teacher for both: it is copied, and left as it is.
    given = replace(given, fit=lambda strategy, lesson: teacher)
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
