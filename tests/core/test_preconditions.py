"""What a strategy may insist on before it is fitted."""

from assay.core.errors import TrainError
from assay.core.preconditions import need_rows
from assay.core.types import Example, Lesson, Message, Task
from helpers.problems import problem


def test_without_rows_to_learn_from_nothing_is_fitted():
    with problem(TrainError, "T002", None, "tfidf", "split"):
        need_rows("tfidf", Lesson(Task(), val=(Example("v", (Message("user", "?"),), "a"),)))
    need_rows("tfidf", Lesson(Task(), train=(Example("t", (Message("user", "?"),), "a"),)))
