"""The section `task` as a task: a form and a policy that it names are taken in with all that stands
in their files."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from assay.config.complaints import Complaint, SettingsError, fill
from assay.core.errors import AssayError, Problem, UsageError
from assay.core.types import Task
from assay.tasks import output_forms
from assay.tasks.policy import LARGEST, parse_policy


def task_of(value: Any, folder: Path) -> Task:
    """The task that the section describes; files are relative to `folder`.

    Raises:
        SettingsError: with every complaint.
    """
    if not isinstance(value, dict):
        return fill(Task, value)
    read: dict[str, Callable[[], Any]] = {
        "form": lambda: _form(value["form"], folder),
        "policy": lambda: read_policy(value["policy"], folder),
    }
    wrong: list[Complaint] = []
    taken = dict(value)
    for key, take in read.items():
        if value.get(key) is None:
            continue
        try:
            taken[key] = take()
        except AssayError as error:
            wrong += [Complaint(p.code, (key,), _said(p)) for p in error.problems]
            del taken[key]
    try:
        task = fill(Task, taken)
    except SettingsError as others:
        raise SettingsError(*wrong, *others.complaints) from None
    if wrong:
        raise SettingsError(*wrong)
    return task


def _form(value: Any, folder: Path) -> dict[str, str]:
    form = output_forms.read(value, folder)
    return {"kind": form.kind, "text": form.text}


def _said(problem: Problem) -> str:
    place = "" if problem.place == "task.form" else problem.place
    return f"{place}{': ' if place else ''}{problem.text}; {problem.help}"


def read_policy(value: Any, folder: Path) -> str:
    """The text of the policy that a project file names, or that stands in it over several lines.

    Raises:
        UsageError: C220, it cannot be read; C221 to C223, see `parse_policy`.
    """
    if isinstance(value, str) and "\n" in value.strip():
        parse_policy(value)
        return value
    if not isinstance(value, str) or not value.strip():
        said = f"must be the name of a file or the policy itself, got {value!r}"
        raise UsageError(Problem("C220", said, help="write it as in `policy: policy.md`"))
    for fault in _faults(path := folder / value):
        raise UsageError(Problem("C220", fault, value, "give a UTF-8 file of at most 64 KB"))
    parse_policy(text := path.read_text(encoding="utf-8"), value)
    return text


def _faults(path: Path) -> Iterator[str]:
    """Why the file cannot be read."""
    try:
        if path.exists() and not path.is_file():
            yield "is no file"
        elif (size := path.stat().st_size) > LARGEST:
            yield f"has {size:,} bytes; at most {LARGEST:,} are read"
        else:
            path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        yield "is not UTF-8"
    except OSError as error:
        yield (error.strerror or "unknown reason").lower()


def as_said(task: Task) -> dict[str, Any]:
    """The section that describes the task: what differs from the defaults."""
    said = task.model_dump(mode="json", exclude_defaults=True)
    return said if task.form is None else {**said, "form": output_forms.dump_form(task.form)}
