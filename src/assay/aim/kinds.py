"""The kinds of task. Each brings its default metric, the metrics it can be judged by, and its wording.

What it is for   one place to add a kind: write a `Kind(...)` value and name it in `KINDS`
Elsewhere        `aim/shaped.py` guesses it from rows, `curate/reading/targets.py` reads its target, `encode/parse.py`
                 its answers
"""

from dataclasses import dataclass

from assay.nouns import Task


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of task. `metric` decides between arms unless the project names another of `metrics`."""

    name: str
    about: str  # one sentence for `assay list`
    title: str  # what the report calls the task
    metric: str
    metrics: tuple[str, ...]
    instruction: str  # the system text of a project that brings none
    target: str  # the role of the target's column in `data.columns`
    closed: bool  # True: the target is one of a fixed set of labels
    asked: str = "text"  # the role of what is asked
    lines: bool = False  # True: an answer may have several lines


CLASSIFY = Kind(
    name="classify",
    about="one label of a fixed set for every text",
    title="Classification",
    metric="accuracy",
    metrics=("accuracy", "macro_f1"),
    instruction="Classify the message. Answer with its label only.",
    target="label",
    closed=True,
)

MULTILABEL = Kind(
    name="multilabel",
    about="any number of labels of a fixed set for every text, or none",
    title="Classification with several labels",
    metric="micro_f1",
    metrics=("micro_f1", "macro_f1", "subset_accuracy", "jaccard"),
    instruction="Classify the message. Answer with all labels that fit, with ` | ` between them.",
    target="labels",
    closed=False,
)

CHOOSE = Kind(
    name="choose",
    about="one of the options that stand with every question",
    title="Multiple choice",
    metric="accuracy",
    metrics=("accuracy",),
    instruction="Choose the right option. Answer with its letter only.",
    target="answer",
    closed=True,
    asked="question",
)

ANSWER = Kind(
    name="answer",
    about="a written answer to every question",
    title="Question answering",
    metric="exact_match",
    metrics=("exact_match", "token_f1"),
    instruction="Answer the question in a few words.",
    target="answer",
    closed=False,
    asked="question",
)

EXTRACT = Kind(
    name="extract",
    about="the named pieces of every text, each with its type",
    title="Extraction",
    metric="entity_f1",
    metrics=("entity_f1", "exact_match"),
    instruction="List the pieces that the message names, as `type: words`, with ` | ` between them. Answer none when"
    " there is none.",
    target="entities",
    closed=False,
)

KINDS = (CLASSIFY, MULTILABEL, CHOOSE, ANSWER, EXTRACT)


def kind_of(task: Task) -> Kind:
    """The kind that the task's settings name."""
    return {kind.name: kind for kind in KINDS}[task.kind]
