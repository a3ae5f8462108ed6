from assay.core.types import Task
from assay.tasks.kinds import KINDS, kind_of


def test_every_kind_of_the_task_is_there():
    for kind in KINDS:
        assert kind_of(Task(kind=kind.name)) is kind
        assert kind.metric in kind.metrics
