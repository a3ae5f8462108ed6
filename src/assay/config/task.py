"""The section `task` as a task: a form that it names is taken in with all that stands in its
file."""

from pathlib import Path
from typing import Any

from assay.config.complaints import Complaint, SettingsError, fill
from assay.core.errors import ModelError
from assay.core.types import Task
from assay.tasks import output_forms as forms


def task_of(value: Any, folder: Path) -> Task:
    """The task that the section describes; files are relative to `folder`.

    Raises:
        SettingsError: with every complaint.
    """
    if not isinstance(value, dict) or value.get("form") is None:
        return fill(Task, value)
    try:
        form = forms.read(value["form"], folder)
    except ModelError as error:
        wrong = [Complaint(p.code, ("form",), f"{p.text}; {p.help}") for p in error.problems]
        try:
            fill(Task, {**value, "form": None})
        except SettingsError as others:
            wrong += others.complaints
        raise SettingsError(*wrong) from None
    return fill(Task, {**value, "form": {"kind": form.kind, "text": form.text}})


def as_said(task: Task) -> dict[str, Any]:
    """The section that describes the task: what differs from the defaults."""
    said = task.model_dump(mode="json", exclude_defaults=True)
    return said if task.form is None else {**said, "form": forms.dump_form(task.form)}
