"""The kinds of task. Each brings its default metric, the metrics it can be judged by, and its wording.

What it is for   one place to add a kind: write a `Kind(...)` value and name it in `KINDS`
"""

from dataclasses import dataclass

from assay.nouns import Task


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of task. `metric` decides between arms unless the project names another of `fitting`."""

    name: str
    about: str  # one sentence for `assay list`
    metric: str
    metrics: tuple[str, ...]  # in every report
    instruction: str  # the system text of a project that brings none
    target: str  # the role of the target's column in `data.columns`
    closed: bool  # True: the target is one of a fixed set of labels
    more: tuple[str, ...] = ()  # metrics that fit it too, shown where `aim.metrics` names them

    @property
    def fitting(self) -> tuple[str, ...]:
        """Every metric that may decide, or be shown."""
        return tuple(dict.fromkeys((self.metric, *self.metrics, *self.more)))


# What fits answers that are labels, and answers that are written.
LABELLED = ("accuracy", "balanced_accuracy", "macro_f1", "macro_precision", "macro_recall", "micro_f1", "mcc")
LABELLED += ("log_loss", "brier", "ece")
WRITTEN = ("exact_match", "token_f1", "numeric_match", "rouge_1", "rouge_2", "rouge_l", "rouge_1_stems")
WRITTEN += ("rouge_2_stems", "rouge_l_stems", "bleu", "chrf", "meteor_like", "embedding_similarity", "json_valid")
PIECES = ("entity_f1", "entity_macro_f1", "entity_partial_f1", "exact_match")
LIKELIHOOD = ("bits_per_byte", "perplexity")


CLASSIFY = Kind(
    name="classify",
    about="one label of a fixed set for every text",
    metric="accuracy",
    metrics=("accuracy", "macro_f1"),
    instruction="Classify the message. Answer with its label only.",
    target="label",
    closed=True,
    more=LABELLED,
)

ANSWER = Kind(
    name="answer",
    about="a written answer to every question",
    metric="exact_match",
    metrics=("exact_match", "token_f1"),
    instruction="Answer the question in a few words.",
    target="answer",
    closed=False,
    more=WRITTEN,
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
    more=PIECES,
)

KINDS = (CLASSIFY, ANSWER, EXTRACT)


def kind_of(task: Task) -> Kind:
    """The kind that the task's settings name."""
    return {kind.name: kind for kind in KINDS}[task.kind]
