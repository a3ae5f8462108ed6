"""Each question goes to the strategy of its task, and is asked in that task's words."""

from dataclasses import replace

import pytest

from assay.config import make_strategy
from assay.config.complaints import SettingsError
from assay.core.errors import TrainError
from assay.core.types import Example, Message, Task
from assay.strategies.baselines.existing import Existing
from assay.strategies.baselines.tfidf import Tfidf
from assay.strategies.mixes.task_router import TaskRouter
from helpers.old_project import with_old_project
from helpers.problems import problem

WEATHER = Task(kind="classify", labels=("rain", "sun"))
ROUTER = TaskRouter(inner=Tfidf(), together=(Existing(project="../old"),))


@pytest.fixture
def weather(lesson, tmp_path):
    """Another project, about the weather; the lesson is about cards and refunds."""
    given = lesson("classify")
    words = {"rain": "wet cloud umbrella", "sun": "bright hot beach"}
    rows = tuple(
        Example(f"w{n}", (Message("user", f"{words[label]} day {n}"),), label)
        for n in range(12)
        for label in words
    )
    own, _ = with_old_project(replace(given, task=WEATHER, train=rows, val=()), Tfidf(), tmp_path)
    return replace(own, task=given.task, train=given.train, val=given.val), rows


@pytest.mark.slow
def test_each_question_is_answered_by_its_task(weather, tmp_path):
    given, others = weather
    arm, alone = ROUTER.fit(given), Tfidf().fit(given)
    own = [row.question for row in given.val]
    said = arm.answer([*own, *(row.question for row in others[:6])])
    assert [one.text for one in said[: len(own)]] == [one.text for one in alone.answer(own)]
    assert [one.text for one in said[len(own) :]] == [row.target for row in others[:6]]
    assert {one.by for one in said[: len(own)]} == {"this task"}
    assert {one.by for one in said[len(own) :]} == {"task 1 of together"}
    folder = tmp_path / "kept"
    folder.mkdir()
    arm.save(folder)
    # Whoever asks, each task keeps its own words: the other project asks with its task.
    again = ROUTER.restore(folder, replace(given, task=WEATHER, train=(), val=()))
    assert [one.to_json() for one in again.answer(own)] == [
        one.to_json() for one in said[: len(own)]
    ]


@pytest.mark.slow
def test_rows_of_a_task_that_are_gone_are_said(weather):
    given, _ = weather
    found = replace(given.means.existing(""), rows=lambda split: ())
    given = replace(given, means=replace(given.means, existing=lambda reference: found))
    with problem(TrainError, "T123"):
        ROUTER.fit(given)


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"together": []}, "1"),
        ({"together": [{"kind": "tfidf"}]}, "tfidf is no strategy of another project"),
        ({"inner": {"kind": "existing", "project": "../a"}}, "name the other one in `together`"),
    ],
)
def test_settings_that_cannot_be(settings, part):
    own = {"inner": {"kind": "tfidf"}, "together": [{"kind": "existing", "project": "../old"}]}
    with pytest.raises(SettingsError, match=part):
        make_strategy({"kind": "task_router", **own, **settings}, {})
