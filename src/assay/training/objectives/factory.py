"""The objective that the settings ask for, with what it needs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from assay.core.types import Lesson
from assay.models.inference.attention_check import leave_trees, takes_trees
from assay.models.inference.option_scores import Trie
from assay.training.objectives.classification import label_set
from assay.training.objectives.completion import completion
from assay.training.objectives.distillation import distillation, refuse_other_tokens

if TYPE_CHECKING:
    from assay.models.inference.chat_model import ChatModel
    from assay.training.settings import Trained
    from assay.training.training_data import Objective


def build_objective(settings: Trained, lesson: Lesson, model: ChatModel) -> Objective:
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
    if settings.trees and not teacher.checks.passes(takes_trees, network):
        for each in (network, student.network):
            leave_trees(each)
        text = (
            f"{settings.kind}: the teacher {teacher.name} cannot be computed on token trees;"
            " padded rows are used"
        )
        lesson.tell({"event": "note", "text": text})
    return network
