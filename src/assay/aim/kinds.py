"""The kinds of task. Each brings its default metric, the metrics it can be judged by, and its wording.

What it is for   one place to add a kind: write a `Kind(...)` value and name it in `KINDS`
"""

from dataclasses import dataclass, replace

from assay.nouns import Task


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of task. `metric` decides between arms unless the project names another of `metrics`."""

    name: str
    about: str  # one sentence for `assay list`
    metric: str
    metrics: tuple[str, ...]
    instruction: str  # the system text of a project that brings none
    target: str  # the role of the target's column in `data.columns`
    closed: bool  # True: the target is one of a fixed set of labels


CLASSIFY = Kind(
    name="classify",
    about="one label of a fixed set for every text",
    metric="accuracy",
    metrics=("accuracy", "macro_f1"),
    instruction="Classify the message. Answer with its label only.",
    target="label",
    closed=True,
)

ANSWER = Kind(
    name="answer",
    about="a written answer to every question",
    metric="exact_match",
    metrics=("exact_match", "token_f1"),
    instruction="Answer the question in a few words.",
    target="answer",
    closed=False,
)

EXTRACT = Kind(
    name="extract",
    about="the named pieces of every text, each with its type",
    metric="entity_f1",
    metrics=("entity_f1", "exact_match"),
    instruction="List the pieces that the message names, as `type: words`, with ` | ` between them. Answer none when"
    " there is none.",
    target="entities",
    closed=False,
)

CODE = Kind(
    name="code",
    about="a Python program that passes tests, or an SQL query with the right result",
    metric="pass_at_1",
    metrics=("pass_at_1",),
    instruction="Write what is asked for. Answer with the code only.",
    target="code",
    closed=False,
)

SQL = replace(
    CODE,
    metric="sql_match",
    metrics=("sql_match",),
    instruction="Write one SQL query for SQLite that answers the question. Answer with the query only.",
)

DRAWN = (5, 10, 100)  # the k of pass@k, beside 1

KINDS = (CLASSIFY, ANSWER, EXTRACT, CODE)


def kind_of(task: Task) -> Kind:
    """The kind that the task's settings name."""
    if task.kind == "code" and task.language == "sql":
        return SQL
    if task.kind == "code" and task.samples:
        return replace(CODE, metrics=(*CODE.metrics, *(f"pass_at_{k}" for k in DRAWN if k <= task.samples)))
    return {kind.name: kind for kind in KINDS}[task.kind]
