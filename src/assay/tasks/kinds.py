"""The kinds of task. Each brings its default metric, the metrics it can be judged by, and its
wording.

What it is for   one place to add a kind: write a `Kind(...)` value and name it in `KINDS`
Elsewhere        `tasks/row_shapes.py` guesses it from rows, `data/reading/targets.py` reads its
                 target, `tasks/parsing.py` its answers
"""

from dataclasses import dataclass, replace

from assay.core.types import Task


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of task. `metric` decides between arms unless the project names another of
    `fitting`."""

    name: str
    about: str  # one sentence for `assay list`
    title: str  # what the report calls the task
    metric: str
    metrics: tuple[str, ...]  # in every report
    instruction: str  # the system text of a project that brings none
    target: str  # the role of the target's column in `data.columns`
    closed: bool  # True: the target is one of a fixed set of labels
    asked: str = "text"  # the role of what is asked
    lines: bool = False  # True: an answer may have several lines
    more: tuple[str, ...] = ()  # metrics that fit it too, shown where `task.metrics` names them

    @property
    def fitting(self) -> tuple[str, ...]:
        """Every metric that may decide, or be shown."""
        return tuple(dict.fromkeys((self.metric, *self.metrics, *self.more)))


# What fits answers that are labels, and answers that are written.
LABELLED = (
    "accuracy",
    "balanced_accuracy",
    "macro_f1",
    "macro_precision",
    "macro_recall",
    "micro_f1",
    "mcc",
)
LABELLED += ("log_loss", "brier", "ece")
WRITTEN = (
    "exact_match",
    "token_f1",
    "numeric_match",
    "rouge_1",
    "rouge_2",
    "rouge_l",
    "rouge_1_stems",
)
WRITTEN += (
    "rouge_2_stems",
    "rouge_l_stems",
    "bleu",
    "chrf",
    "meteor_like",
    "embedding_similarity",
    "json_valid",
    "policy",
    "preference_accuracy",
    "length_controlled_preference",
)
SETS = ("micro_f1", "macro_f1", "macro_precision", "macro_recall", "subset_accuracy", "jaccard")
PIECES = ("entity_f1", "entity_macro_f1", "entity_partial_f1", "exact_match", "json_valid")
LIKELIHOOD = ("bits_per_byte", "perplexity")


CLASSIFY = Kind(
    name="classify",
    about="one label of a fixed set for every text",
    title="Classification",
    metric="accuracy",
    metrics=("accuracy", "macro_f1"),
    instruction="Classify the message. Answer with its label only.",
    target="label",
    closed=True,
    more=LABELLED,
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
    more=SETS,
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
    more=LABELLED,
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
    more=WRITTEN,
)

EXTRACT = Kind(
    name="extract",
    about="the named pieces of every text, each with its type; or its fields, as a JSON object",
    title="Extraction",
    metric="entity_f1",
    metrics=("entity_f1", "exact_match"),
    instruction="List the pieces that the"
    " message names, as `type: words`, with ` | ` between them. Answer none when there is none.",
    target="entities",
    closed=False,
    more=PIECES,
)

OBJECTS = replace(
    EXTRACT,
    metrics=("entity_f1", "exact_match", "json_valid"),
    instruction="Answer with a JSON object of what the message says.",
)

NUMBER = Kind(
    name="number",
    about="a number for every question; a target may be a worked solution that ends with `#### 42`",
    title="Answers that are numbers",
    metric="numeric_match",
    metrics=("numeric_match",),
    instruction="Answer the question with a number.",
    target="answer",
    closed=False,
    asked="question",
    more=("mean_absolute_error", "r2"),
)

SUMMARISE = Kind(
    name="summarise",
    about="a short text that says what a long one says",
    title="Summaries",
    metric="rouge_l",
    metrics=("rouge_l", "rouge_1", "rouge_2"),
    instruction="Summarise the text.",
    target="answer",
    closed=False,
    lines=True,
    more=WRITTEN,
)

REWRITE = Kind(
    name="rewrite",
    about="the same text in another wording, style or form",
    title="Rewriting",
    metric="chrf",
    metrics=("chrf", "token_f1", "exact_match"),
    instruction="Rewrite the text.",
    target="answer",
    closed=False,
    lines=True,
    more=WRITTEN,
)

CHAT = Kind(
    name="chat",
    about="the next turn of a conversation",
    title="Conversation",
    metric="token_f1",
    metrics=("token_f1", "chrf"),
    instruction="Answer the user.",
    target="answer",
    closed=False,
    lines=True,
    more=WRITTEN,
)

RANK = Kind(
    name="rank",
    about="the candidates of a query, the most relevant first",
    title="Ranking",
    metric="ndcg",
    metrics=("ndcg", "mrr"),
    instruction="Tell whether a passage is relevant to a query.",
    target="grades",
    closed=False,
)

CONTINUE = Kind(
    name="continue",
    about="how likely texts are, byte by byte: language modelling",
    title="Language modelling",
    metric="bits_per_byte",
    metrics=LIKELIHOOD,
    instruction="",
    target="text",
    closed=False,
)

CODE = Kind(
    name="code",
    about="a Python program that passes tests, or an SQL query with the right result",
    title="Code",
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
    instruction="Write one SQL query for SQLite that answers the"
    " question. Answer with the query only.",
)

DRAWN = (5, 10, 100)  # the k of pass@k, beside 1

KINDS = (
    CLASSIFY,
    MULTILABEL,
    CHOOSE,
    ANSWER,
    NUMBER,
    EXTRACT,
    SUMMARISE,
    REWRITE,
    CHAT,
    RANK,
    CONTINUE,
    CODE,
)


def instruction_of(task: Task) -> str:
    """What prompts begin with: the task's instruction, or its kind's; "" where the rows carry
    theirs."""
    return "" if task.instruction is None else task.instruction or kind_of(task).instruction


def kind_of(task: Task) -> Kind:
    """The kind that the task's settings name."""
    if task.kind == "code" and task.language == "sql":
        return SQL
    if task.kind == "extract" and task.form is not None and task.form.kind == "json":
        return OBJECTS
    if task.kind == "code" and task.samples:
        return replace(
            CODE, metrics=(*CODE.metrics, *(f"pass_at_{k}" for k in DRAWN if k <= task.samples))
        )
    return {kind.name: kind for kind in KINDS}[task.kind]
