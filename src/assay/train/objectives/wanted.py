"""The objective that the settings ask for, with what it needs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from assay.core.types import Lesson
from assay.model.attention_check import leave_trees, takes_trees
from assay.model.score import Trie
from assay.train.objectives.classification import label_set
from assay.train.objectives.completion import completion
from assay.train.objectives.distillation import distillation, refuse_other_tokens

if TYPE_CHECKING:
    from assay.model.chat_model import ChatModel
    from assay.train.exercise import Objective
    from assay.train.settings import Trained


def wanted(settings: Trained, lesson: Lesson, model: ChatModel) -> Objective:
    """
    Raises:
        TrainError: T047, the teacher has another tokenizer.
    """
    if settings.objective == "label_set":
        return label_set(Trie.of([model.chat.answer(label) for label in lesson.task.labels]))
    if settings.teacher:
        teacher = teacher_of(settings, lesson, model)
        return distillation(
            teacher, temperature=settings.teacher_temperature, share=settings.teacher_share
        )
    return partial(completion, smoothing=settings.label_smoothing)


def teacher_of(settings: Trained, lesson: Lesson, student: ChatModel) -> Any:
    """The teacher's network, frozen, in the student's layout: both are computed on the same trees
    or padded rows."""
    teacher: Any = lesson.open_base(settings.teacher)
    refuse_other_tokens(student, teacher)
    settings.in_precision(teacher)
    network = teacher.network.eval().requires_grad_(False)
    if settings.trees and not takes_trees(network):
        for each in (network, student.network):
            leave_trees(each)
        text = (
            f"{settings.kind}: the teacher {teacher.name} cannot be computed on token trees;"
            " padded rows are used"
        )
        lesson.tell({"event": "note", "text": text})
    return network
