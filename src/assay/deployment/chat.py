"""One question to one arm or several, or a conversation: `assay ask`, `assay.ask`, `Loaded.stream`.

    table = assay.ask("Where is my refund?", "tickets", arms=["base", "lora"])
    print(table)

`base` is the project's base model as it came, asked with the project's own instruction and no
examples, whether or not the project compares it.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.config.serve import BASE
from assay.core.corrupt_files import silent
from assay.core.project_paths import file_of
from assay.core.types import Adapted, Answer, Example, Message, Tell
from assay.deployment.streaming import EXAM, Sampling, display_text
from assay.runtime.arms.differences import CODE, with_warnings
from assay.runtime.latest_report import recommendation, refuse_unknown

if TYPE_CHECKING:
    from assay.config import Project
    from assay.deployment.load import LoadedArm


@dataclass(frozen=True)
class ChatReply:
    """What one arm said to one question."""

    arm: str
    answer: Answer
    seconds: float
    passages: dict[str, str] = field(default_factory=dict)  # id -> text, best first

    def to_json(self) -> dict[str, Any]:
        from assay.deployment.answer_table import answer_note

        one = self.answer
        return {
            "arm": self.arm,
            "answer": one.text,
            "raw": one.raw,
            "confidence": one.confidence,
            "note": answer_note(one),
            "passages": [{"id": id, "text": text} for id, text in self.passages.items()],
            "cited": list(one.cited),
            "prompt_tokens": one.prompt_tokens,
            "tokens": one.tokens,
            "seconds": round(self.seconds, 3),
        }

    def foot(self) -> str:
        """The line under an answer: confidence, notes, tokens, seconds."""
        from assay.deployment.answer_table import answer_note

        one = self.answer
        sure = "" if one.confidence is None else f"confidence {one.confidence:.2f}"
        written = f"{one.tokens:,} tokens" if one.tokens else ""
        return ", ".join(filter(None, [sure, answer_note(one), written, f"{self.seconds:.1f} s"]))


@dataclass(frozen=True)
class Replies:
    """What arms said to one question; shows itself as text and in a notebook."""

    question: str
    replies: tuple[ChatReply, ...]

    def to_json(self) -> dict[str, Any]:
        return {"question": self.question, "answers": [reply.to_json() for reply in self.replies]}

    def lines(self, *, passages: bool = True) -> list[str]:
        out = []
        for reply in self.replies:
            head = f"{reply.arm}: " if len(self.replies) > 1 else ""
            out.append(f"{head}{display_text(reply.answer)}")
            out += passage_lines(reply) if passages else []
            out.append(f"  ({reply.foot()})")
        return out

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def passage_lines(reply: ChatReply, width: int = 100) -> list[str]:
    """A line for each passage that was read: its id and its beginning."""
    lines = []
    for id, text in reply.passages.items():
        flat = " ".join(text.split())
        lines.append(f"  [{id}] {flat if len(flat) <= width else flat[: width - 1] + '…'}")
    return lines


@dataclass
class Talk:
    """Arms of a project, opened when they are first asked and kept open; with the turns so far
    where the task is a conversation. `folder`: of the project, or its file; `arm` is who answers;
    `tell` hears what differs (C170)."""

    folder: Path
    arm: str
    offline: bool = False
    tell: Tell = silent
    turns: list[Message] = field(default_factory=list)
    opened: dict[str, LoadedArm] = field(default_factory=dict)
    differs: list[str] = field(default_factory=list)
    sampling: Sampling = EXAM

    @cached_property
    def project(self) -> Project:
        from assay.config import load

        return load(file_of(self.folder))

    @property
    def remembers(self) -> bool:
        """Whether a question is asked with the turns before it: arms of other tasks were trained on
        single ones."""
        return self.open(self.arm).task.kind == "chat"

    def choose(self, name: str) -> None:
        """Let another arm answer.

        Raises:
            UsageError: C083, C062.
        """
        refuse_unknown(self.project, name)
        self.open(name)
        self.arm = name

    def open(self, name: str) -> LoadedArm:
        """An arm, ready to answer.

        Raises:
            UsageError: C083 there is no such arm; C062 it was not fitted yet.
        """
        if name not in self.opened:
            self.opened[name] = load_chat_arm(
                self.folder, name, offline=self.offline, tell=self._once
            )
        return self.opened[name]

    def _once(self, event: dict[str, Any]) -> None:
        """What differs is most often the same for several arms."""
        if event.get("code") == CODE and event["text"] in self.differs:
            return
        if event.get("code") == CODE:
            self.differs.append(event["text"])
        self.tell(event)

    def question(self, text: str) -> Example:
        before = tuple(self.turns) if self.remembers else ()
        return Example("q", (*before, Message("user", text)))

    def stream(self, text: str) -> Streamed:
        """Ask the arm; iterate for the text as it is written, then see `reply`."""
        return Streamed(self, self.question(text))

    def ask(self, text: str, arms: Sequence[str] = ()) -> Replies:
        """Ask the arm, or several."""
        question = self.question(text)
        replies = []
        for name in arms or (self.arm,):
            loaded, begun = self.open(name), time.monotonic()
            if self.sampling == EXAM:
                answer = loaded.answer([question])[0]
            else:
                answer = last_value(loaded.stream(question, self.sampling))
            seconds = time.monotonic() - begun
            replies.append(ChatReply(name, answer, seconds, passages_of(loaded.adapted, answer)))
        return Replies(text, tuple(replies))

    def remember(self, text: str, answer: Answer) -> None:
        """Remember a turn."""
        self.turns += [Message("user", text), Message("assistant", answer.text or answer.raw)]


class Streamed:
    """A text as it is written, piece by piece. `reply` is there when it has ended."""

    def __init__(self, talk: Talk, question: Example):
        self.talk = talk
        self.asked = question
        self.reply: ChatReply | None = None

    def __iter__(self) -> Iterator[str]:
        loaded, begun = self.talk.open(self.talk.arm), time.monotonic()
        answer = yield from loaded.stream(self.asked, self.talk.sampling)
        seconds = time.monotonic() - begun
        self.reply = ChatReply(self.talk.arm, answer, seconds, passages_of(loaded.adapted, answer))


def last_value(pieces: Generator[str, None, Answer]) -> Answer:
    """The answer that comes after all pieces."""
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            return end.value


def passages_of(adapted: Adapted, answer: Answer) -> dict[str, str]:
    """The passages that an answer was given, by id, best first."""
    from assay.strategies.retrieval.rag import RagAnswers

    if not isinstance(adapted, RagAnswers):
        return {}
    texts = {passage.id: passage.text for passage in adapted.finder.passages}
    return {id: texts.get(id, "") for id in answer.passages}


# --- which arm ------------------------------------------------------------------------------------


def talk(
    folder: str | Path = ".", arm: str = "", *, offline: bool = False, tell: Tell = silent
) -> Talk:
    """A conversation with an arm of a project; the recommended one without a name. `tell` hears
    what differs (C170).

    Raises:
        UsageError: C083 there is no such arm; C161 none is recommended.
    """
    from assay.runtime.latest_report import project_at

    made = Talk(project_at(Path(folder)), arm, offline, tell)
    if arm:
        refuse_unknown(made.project, arm)
    else:
        made.arm = recommendation(made.project)
    return made


def ask_arms(
    question: str,
    folder: str | Path = ".",
    arms: str | Sequence[str] = (),
    *,
    offline: bool = False,
    sampling: Sampling = EXAM,
) -> Replies:
    """One question to an arm of a project, or to several; to the recommended one without names.

    Raises:
        UsageError: C083, C062, C161.
    """
    arms = (arms,) if isinstance(arms, str) and arms else tuple(arms)
    made = talk(folder, arms[0] if arms else "", offline=offline, tell=with_warnings(silent))
    made.sampling = sampling
    for name in arms:
        refuse_unknown(made.project, name)
    return made.ask(question, arms)


def load_chat_arm(
    folder: Path, name: str, *, offline: bool = False, tell: Tell = silent
) -> LoadedArm:
    """A fitted arm, or `base`.

    Raises:
        UsageError: C083, C062, C171; C172, base needs rows that are not here.
    """
    from assay.core import store
    from assay.deployment.load import LoadedArm
    from assay.runtime.arms.open import benches, find_fit_stage

    tell = silent if name == BASE else tell  # nobody watches how it is got ready
    bench, strategy = benches(folder, [name], offline, tell, base=True)[name]
    if name == BASE and find_fit_stage(bench, strategy).completion_note() is None:
        bench.prepared.need("train")
        bench.run(BASE, strategy, (), store.digest([])[:16])  # it learns how long an answer may be
    return LoadedArm(bench, strategy)
