"""What a task says of how it is answered."""

from assay.core.answers import Form
from assay.core.task import Task


def test_a_task_says_how_it_is_answered():
    assert Task(kind="classify").picks and Task(kind="choose").picks
    assert not Task(kind="answer").picks
    form = Form("choice", '["a"]')
    how = Task(kind="answer", form=form, stop=("\n",)).decoding
    assert (how.form, how.stop, how.temperature) == (form, ("\n",), 0.0)
    assert Task().nothing == "none" and Task(none="other").nothing == "other"
