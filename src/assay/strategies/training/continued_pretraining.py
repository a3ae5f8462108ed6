"""Read the project's documents before any task is learnt: continued pretraining.

What it is for   a base that has not seen the domain's words and facts; what learns the task goes on
                 from it (`after: continued_pretraining`), and both ways are compared on the same
                 rows
Costs            a pass over all documents an epoch; nothing of it again when rows change
Source           Gururangan et al. (2020), Don't Stop Pretraining,
                 aclanthology.org/2020.acl-main.740; warm-up again and replay of general text:
                 Ibrahim et al. (2024), arxiv.org/abs/2403.08763
Good when        there is much more text than there are rows, and its words are new to the base
Watch out        facts that change are better retrieved; asked by itself it answers as a base does,
                 for it has learnt no task. Perplexity says how well the text is known, and not
                 whether questions are answered
Defaults from    5 % replay and warm-up again: Ibrahim et al.; half of the inner method's
                 own rate
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from assay.core.errors import Problem, UsageError
from assay.core.store import write_json
from assay.core.types import Lesson
from assay.data.reading.findings import display_path
from assay.strategies.prompting.prompted_arm import answer_room
from assay.strategies.training.after_inner import OWN, AfterInner
from assay.strategies.training.trained_arm import Tuned

if TYPE_CHECKING:
    from assay.training.document_reading import Reading

# Settings of a training that say what is learnt of rows, which documents have none of
ROWS = (*OWN, "max_rows", "too_long")


class ContinuedPretraining(AfterInner):
    kind: Literal["continued_pretraining"] = "continued_pretraining"
    VERSION = 6  # learning_rate: auto
    share_of_inner = 0.5
    # the inner strategy says what is trained, and trains nothing itself
    from_base: ClassVar[bool] = True  # pyrefly: ignore[bad-override]
    epochs: int = Field(default=1, ge=1, le=1000)
    warmup: float = Field(default=0.1, ge=0, lt=1)
    # of the text, which is not learnt: what perplexity is told on
    held_out: float = Field(default=0.1, gt=0, lt=1)
    # a folder or file among the documents that holds general text
    replay: str = ""
    replay_share: float = Field(default=0.05, ge=0, le=1)  # of the windows that are learnt
    tokens: int | None = Field(default=None, ge=1000)  # that are learnt at most, drawn
    usual_ranges = {"learning_rate": {"low": 1e-4, "high": 2e-3, "log": True}}

    @field_validator("replay")
    @classmethod
    def _as_documents_are_named(cls, value: str, info: ValidationInfo) -> str:
        """An absolute path as the source of a document has it: from the project's folder."""
        folder = (info.context or {}).get("folder")
        if folder is None or not Path(value).is_absolute():
            return value
        return display_path(Path(value), Path(folder).absolute())

    def _faults(self) -> Iterator[str]:
        yield from super()._faults()
        yield from self._set_elsewhere(ROWS, "documents have no rows; leave it out")

    @property
    def reads(self) -> tuple[str, ...]:
        return ("documents",)

    def fit(self, lesson: Lesson) -> Pretrained:
        """
        Raises:
            UsageError: C079, there is no text to read. TrainError, ResourceError, Stopped: as the
                loop.
        """
        import torch

        from assay.training.document_reading import read_documents

        refuse_no_text(self, lesson)
        torch.manual_seed(lesson.seed)
        model, change = self.open_changed(lesson)
        room = answer_room(replace(lesson, train=()), model, whole=True)
        arm = Pretrained(model, lesson.task, room, change.write)
        arm.read = read_documents(
            lesson,
            self.for_base(model.network),
            model,
            change,
            held_out=self.held_out,
            replay=self.replay,
            replay_share=self.replay_share,
            tokens=self.tokens,
        )
        arm.note_training(arm.read.progress)
        if self.learning_rate == "auto":
            arm.auto_rate = self.for_base(model.network).rate
        return arm


class Pretrained(Tuned):
    """The base after it has read, asked as a tuned model is."""

    read: Reading | None = None

    def save(self, folder: Path) -> None:
        super().save(folder)
        if self.read:
            write_json(folder / "note.json", {"notes": self.read.sentences()})


def refuse_no_text(settings: ContinuedPretraining, lesson: Lesson) -> None:
    from assay.training.document_reading import is_below

    texts = [document for document in lesson.documents if document.text.strip()]
    own = [one for one in texts if not is_below(one.source, settings.replay)]
    if settings.replay and len(own) == len(texts):
        text = f"{settings.kind}: no document lies in replay: {settings.replay}"
        way = "name that folder under `documents:`, too"
        raise UsageError(Problem("C079", text, "documents", way))
    if not own:
        text = f"{settings.kind}: there is no text to read"
        way = "name documents that hold text under `documents:`"
        raise UsageError(Problem("C079", text, "documents", way))
