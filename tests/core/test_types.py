"""The nouns that stages pass to each other."""

import pytest

from assay.config import make_strategy
from assay.core.examples import Example, Message
from assay.core.types import Lesson, Strategy, Task
from assay.evaluation.scoring import METRICS


def strategy(**settings):
    return make_strategy(settings, {})


def test_what_stands_inside_counts_with_the_whole():
    majority, lora = {"kind": "majority"}, {"kind": "lora"}
    both = strategy(kind="router", cheap=majority, strong=lora, threshold=0.5)
    assert [(name, one.kind) for name, one in both.inside()] == [
        ("cheap", "majority"),
        ("strong", "lora"),
    ]
    # It draws, and has to be imported, as what is inside it.
    assert not strategy(**majority).draws and both.draws
    assert strategy(**majority).preload == "floors" and both.preload == "training"
    assert not strategy(kind="copy").metric_dependent and both.metric_dependent


def test_a_lesson_without_models_says_so():
    with pytest.raises(RuntimeError, match="no models to open"):
        Lesson(Task(), base="tiny").open_base()


def test_the_base_is_opened_by_its_name_and_in_the_precision_that_is_asked_for():
    from assay.core.means import Means

    asked = []
    lesson = Lesson(Task(), base="tiny", means=Means(open_model=lambda *how: asked.append(how)))
    lesson.open_base()
    lesson.open_base("other", "fp32")
    assert asked == [("tiny",), ("other", "fp32")]


def test_names_of_metrics_are_told_apart():
    assert len({metric.name for metric in METRICS}) == len(METRICS)


def test_a_strategy_belongs_everywhere_and_fits_every_task_unless_it_says_otherwise():
    class Plain(Strategy):
        kind: str = "plain"

        def fit(self, lesson):
            raise NotImplementedError

        def restore(self, folder, lesson):
            raise NotImplementedError

    assert Plain().belongs_elsewhere(Task()) == "" and list(Plain().unfit(Task())) == []
    assert Plain().needs("base") == () and Plain().encoders() == ()
    assert Example("a", (Message("user", ""),)).question.target is None
