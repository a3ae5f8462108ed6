"""The baseline that knows how long options are, and nothing else."""

import pytest

from assay.core.types import Example, Lesson, Message, Task
from assay.strategies.baselines.length import Length

TASK = Task(kind="choose", labels=("A", "B"))
LONG, SHORT = "a long answer with many words", "no"


def rows(longer, count=40):
    """Rows of which so many have the longer option as the right one."""
    out = []
    for at in range(count):
        options = (LONG, SHORT) if at % 2 else (SHORT, LONG)
        wanted = LONG if at < longer else SHORT
        target = "AB"[options.index(wanted)]
        out.append(Example(f"{at}", (Message("user", "q"),), target, options=options))
    return tuple(out)


@pytest.mark.parametrize(("longer", "chosen"), [(30, LONG), (10, SHORT)])
def test_it_chooses_what_is_chosen_more_often(longer, chosen, tmp_path):
    train = rows(longer)
    arm = Length().fit(Lesson(TASK, train=train))
    arm.save(tmp_path)
    for one in (arm, Length().restore(tmp_path, Lesson(TASK))):
        answers = one.answer([row.question for row in train])
        assert {row.options["AB".index(a.text)] for row, a in zip(train, answers, strict=True)} == {
            chosen
        }
    # The share of rows that it is right about, but for the pull towards one half.
    assert answers[0].confidence == pytest.approx(0.75, abs=0.03)


def test_without_a_difference_the_first_option_is_as_good():
    arm = Length().fit(Lesson(TASK, train=rows(20)))
    assert arm.weight == pytest.approx(0, abs=1e-6)
