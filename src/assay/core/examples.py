"""The nouns of data: what the lines of a file become. Others take them from `assay.core.types`.

Message   one turn of a conversation
Example   one row: what is asked, and the target if it is known
Document  unlabelled text
Checks    what a written program is run with
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    content: str


Messages = tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Checks:
    """What a written program or query is run with. Arms never see it."""

    tests: tuple[str, ...] = ()  # assert statements
    setup: str = ""  # run before the tests
    database: str = ""  # the name of the row's database, where the task has a folder of them

    def to_json(self) -> list[Any]:
        return [list(self.tests), self.setup, self.database]

    @classmethod
    def from_json(cls, row: Sequence[Any]) -> Checks:
        return cls(tuple(row[0]), *row[1:])


@dataclass(frozen=True, slots=True)
class Document:
    """Unlabelled text: retrieval and continued pretraining read it."""

    id: str
    text: str
    source: str = ""  # file or file:line
    date: str = ""
    # (name, value), sorted: those that `where` of an arm asks for
    fields: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> list[Any]:
        row: list[Any] = [self.id, self.text, self.source, self.date]
        return [*row, [list(pair) for pair in self.fields]] if self.fields else row

    @classmethod
    def from_json(cls, row: Sequence[Any]) -> Document:
        return cls(
            *row[:4],
            fields=tuple((name, value) for name, value in (row[4] if len(row) > 4 else ())),
        )


@dataclass(frozen=True, slots=True)
class Example:
    """One row. `messages` is all that comes before the target; the last message is the user's."""

    id: str
    messages: Messages
    target: str | None = None
    also: tuple[str, ...] = ()  # further accepted answers
    rejected: str | None = None
    context: tuple[Document, ...] = ()
    group: str | None = None
    slices: tuple[tuple[str, str], ...] = ()  # (field, value), sorted by field
    source: str = ""  # "train.csv:17"
    # when it was written, as a number that only orders rows: seconds since 1970, a year
    time: float | None = None
    # ids of the documents that hold the answer, where a person has noted them
    found_in: tuple[str, ...] = ()
    # what is chosen from, or put in order; the message of `choose` shows them too
    options: tuple[str, ...] = ()
    checks: Checks | None = None  # what an answer is run with, where the task is code
    # of a question: two answers of which one was chosen, in the order of their texts
    compared: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What the user says: the text that is deduplicated, audited and embedded."""
        # most rows, and asked for very often
        if len(self.messages) == 1 and self.messages[0].role != "system":
            return self.messages[0].content
        return "\n".join(message.content for message in self.messages if message.role != "system")

    @property
    def question(self) -> Example:
        """The same row without anything that gives the answer away."""
        both = self.compared
        if self.target is not None and self.rejected is not None:
            both = tuple(sorted((self.target, self.rejected)))
        return replace(
            self, target=None, also=(), rejected=None, found_in=(), checks=None, compared=both
        )

    def with_text(self, text: str) -> Example:
        """The same row with the content of its last message replaced."""
        return replace(
            self, messages=(*self.messages[:-1], replace(self.messages[-1], content=text))
        )

    def to_json(self) -> dict[str, Any]:
        row: dict[str, Any] = {
            "id": self.id,
            "messages": [[m.role, m.content] for m in self.messages],
        }
        for name in ("target", "rejected", "group"):
            if getattr(self, name) is not None:  # an empty text is another thing than none
                row[name] = getattr(self, name)
        if self.source:
            row["source"] = self.source
        if self.also:
            row["also"] = list(self.also)
        if self.slices:
            row["slices"] = [list(pair) for pair in self.slices]
        if self.time is not None:
            row["time"] = self.time
        if self.checks:
            row["checks"] = self.checks.to_json()
        for name in ("found_in", "options", "compared"):
            if getattr(self, name):
                row[name] = list(getattr(self, name))
        if self.context:
            row["context"] = [document.to_json() for document in self.context]
        return row

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Example:
        return cls(
            id=row["id"],
            messages=tuple(Message(role, content) for role, content in row["messages"]),
            target=row.get("target"),
            also=tuple(row.get("also", ())),
            rejected=row.get("rejected"),
            context=tuple(Document.from_json(parts) for parts in row.get("context", ())),
            group=row.get("group"),
            slices=tuple((name, value) for name, value in row.get("slices", ())),
            source=row.get("source", ""),
            time=row.get("time"),
            found_in=tuple(row.get("found_in", ())),
            options=tuple(row.get("options", ())),
            compared=tuple(row.get("compared", ())),
            checks=Checks.from_json(row["checks"]) if "checks" in row else None,
        )
