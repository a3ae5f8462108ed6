"""What the model is asked to do, and what counts as good."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from assay.core.answers import Decoding, Form
from assay.core.settings import Settings

NOTHING = "none"  # how an empty set of labels is written


class Task(Settings):
    """What the model is asked to do. `labels` is filled in from the data when the file leaves it
    out."""

    kind: Literal[
        "classify",
        "multilabel",
        "choose",
        "answer",
        "number",
        "extract",
        "summarise",
        "rewrite",
        "chat",
        "rank",
        "continue",
        "code",
    ] = "classify"
    instruction: str | None = ""  # "": the kind's own; None: none, the rows carry theirs
    labels: tuple[str, ...] = ()
    none: str = Field(default="", max_length=80)  # what rows without a label are called
    # between several labels, or options, in one field of a file
    separator: str = Field(default="", max_length=8)
    metric: str = ""
    metrics: tuple[str, ...] = ()  # shown beside the one that decides; empty: the kind's own few
    # numbers this close, as a share of the target, are equal
    tolerance: float = Field(default=1e-6, ge=0, lt=1)
    guards: dict[str, float] = {}  # metric, or "forgetting" -> points that it may lose
    target: float | None = None  # of the metric, to be reached
    slices: tuple[str, ...] = ()
    max_answer_tokens: int = 0  # 0: derived from the longest training target
    form: Form | None = None  # that a written answer must have
    policy: str = ""  # the rules that it must keep: the text of their file, see tasks/policy.py
    stop: tuple[str, ...] = ()  # a written answer ends before the first of these
    language: Literal["python", "sql"] = "python"  # of a code task
    # those of a row's tests that its question shows
    show_tests: Literal["first", "all", "none"] = "first"
    # further programs drawn a question, for pass@k; of a code task
    samples: int = Field(default=0, ge=0, le=200)
    temperature: float = Field(default=0.8, gt=0, le=2)  # that they are drawn at
    database: str = ""  # of a code task in SQL: a file of SQLite's, or a folder of them

    @property
    def picks(self) -> bool:
        """An answer is one of `labels`, and a model that can score does not write it. Those of
        `choose` are letters."""
        return self.kind in ("classify", "choose")

    @property
    def nothing(self) -> str:
        """What is written where no label fits."""
        return self.none or NOTHING

    @property
    def decoding(self) -> Decoding:
        """How answers are written."""
        return Decoding(stop=self.stop, form=self.form)
