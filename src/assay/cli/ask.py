"""The command `assay ask`: one question to an arm or several, or a conversation on the terminal.

Text is shown as it is written, without anything in it that steers a terminal. In a conversation a
line is a question, or one of the orders that /help lists; Ctrl-C stops an answer, Ctrl-D ends.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

from assay.cli.display import fitting
from assay.cli.options import (
    Json,
    Offline,
    ProjectArgument,
    ProjectOption,
    With,
    argument,
    is_project,
    looks_like_project,
    option,
    project_here,
    split_project,
)
from assay.cli.outcome import say, tell_notes, warn
from assay.cli.results import as_document
from assay.cli.usage_errors import line as typed
from assay.core.errors import AssayError, Problem, UsageError

if TYPE_CHECKING:
    from assay.deployment.chat import ChatReply, Talk

EXAMPLE = 'Example: assay ask tickets "Where is my refund?"'
ORDERS = {
    "/arm NAME": "let another strategy answer",
    "/compare A,B": "ask these strategies from now on; /compare alone ends it",
    "/passages": "the passages of the last answer, whole",
    "/new": "forget the conversation",
    "/quit": "end",
}

Question = Annotated[
    list[str] | None, argument("QUESTION", "What is asked; a conversation without it.")
]
Compare = Annotated[
    str, option("--compare", "A,B", "Strategies side by side; base is the base model.")
]
Temperature = Annotated[
    float, option("--temperature", "T", "Draw the answer; 0, the likeliest, if left out.")
]
MaxTokens = Annotated[int | None, option("--max-tokens", "N", "Tokens of the answer, at most.")]


def ask(
    project: ProjectArgument = None,
    words: Question = None,
    named: ProjectOption = "",
    arm: With = "",
    compare: Compare = "",
    temperature: Temperature = 0.0,
    max_tokens: MaxTokens = None,
    offline: Offline = False,
    as_json: Json = False,
) -> int:
    """Ask a strategy one question, or talk with it."""
    from assay.deployment.chat import talk
    from assay.deployment.streaming import Sampling
    from assay.runtime.latest_report import refuse_unknown

    arms = _names(compare)
    if project is not None and not named:
        _refuse_misplaced([project, *(words or ())])
    target, asked = split_project((project, *(words or ())), named, _first_is_project)
    question = " ".join(asked) if asked else None
    if arm and arms:
        raise UsageError(
            Problem("C060", "--with and --compare are two things", help="give one of them")
        )
    if question is not None and not question.strip():
        raise UsageError(
            Problem("C060", "the question is empty", help="leave it out to talk with the strategy")
        )
    if as_json and question is None:
        raise UsageError(Problem("C060", "--json needs a question", help='assay ask "..." --json'))
    target = target or project_here("ask")
    sampling = Sampling(temperature, max_tokens)
    made = talk(target, arm or (arms[0] if arms else ""), offline=offline, tell=tell_notes)
    made.sampling = sampling
    for name in arms:
        refuse_unknown(made.project, name)
    if question is None:
        return Conversation(made, arms).run()
    if as_json:
        as_document(made.ask(question, arms).to_json())
    elif arms:
        for line in made.ask(question, arms).lines():
            _print(line)
    else:
        _stream_answer(made, question)
    return 0


def _first_is_project(words: Sequence[str]) -> bool:
    """A project that is there, a project file, or one word before a question in quotes."""
    first, *rest = words
    quoted = " " not in first.strip() and any(" " in word.strip() for word in rest)
    return looks_like_project(first) or quoted


def _refuse_misplaced(words: Sequence[str]) -> None:
    """Raises: UsageError: C060, the project stands behind the question."""
    if len(words) > 1 and is_project(words[-1]) and not is_project(words[0]):
        text = f"'{words[-1]}' is a project, and stands among the words asked"
        raise UsageError(Problem("C060", text, help=typed("ask", words[-1], " ".join(words[:-1]))))


def _names(text: str) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _print(text: str) -> None:
    for line in text.splitlines() or [""]:
        say(line)


def _stream_answer(talk: Talk, question: str) -> ChatReply:
    """Show the answer as it is written, then its passages and what it took."""
    from assay.deployment.chat import passage_lines
    from assay.deployment.streaming import display_text

    stream = talk.stream(question)
    shown = ""
    for piece in stream:
        shown += piece
        sys.stdout.write(fitting(piece, sys.stdout))
        sys.stdout.flush()
    sys.stdout.write("\n")
    assert stream.reply is not None
    reply = stream.reply
    # what is read is not all that was written
    if (final := display_text(reply.answer)).strip() != shown.strip():
        _print(f"= {final}")
    for line in passage_lines(reply):
        say(line)
    say(f"  ({reply.foot()})")
    return reply


class Conversation:
    """Questions line by line until /quit."""

    def __init__(self, talk: Talk, arms: list[str]):
        self.talk = talk
        self.arms = arms
        self.last: ChatReply | None = None

    def run(self) -> int:
        # lines can be edited, and earlier ones come back with the arrow keys
        import readline  # noqa: F401

        if sys.stdin.isatty():
            who = ", ".join(self.arms) or self.talk.arm
            kept = "" if self.talk.remembers else "; each line is a question of its own"
            say(f"{who} answers{kept}. /help lists the orders.")
        for line in self._lines():
            if line == "/quit":
                break
            try:
                self._take(line)
            except AssayError as error:
                for problem in error.problems:
                    warn(str(problem))
            except KeyboardInterrupt:
                say("")
                say("  (stopped)")
        return 0

    def _lines(self) -> Iterator[str]:
        prompt = "> " if sys.stdin.isatty() else ""
        while True:
            try:
                line = input(prompt).strip()
            except EOFError:
                return
            except KeyboardInterrupt:
                say("")
                continue
            if line:
                yield line

    def _take(self, line: str) -> None:
        order, _, rest = line.partition(" ")
        rest = rest.strip()
        if order == "/help":
            for name, does in ORDERS.items():
                say(f"  {name:<14}{does}")
        elif order == "/arm" and rest:
            self.talk.choose(rest)
            self.arms = []
            say(f"{rest} answers")
        elif order == "/compare":
            self._compare(_names(rest))
        elif order == "/passages":
            self._passages()
        elif order == "/new":
            self.talk.turns.clear()
        elif order.startswith("/"):
            warn(f"there is no order '{order}'; /help lists them")
        else:
            self._ask(line)

    def _compare(self, names: list[str]) -> None:
        from assay.runtime.latest_report import refuse_unknown

        for name in names:
            refuse_unknown(self.talk.project, name)
        self.arms = names
        say(f"{', '.join(names) or self.talk.arm} answers")

    def _passages(self) -> None:
        if self.last is None or not self.last.passages:
            say("the last answer read no passages")
            return
        for id, text in self.last.passages.items():
            say(f"[{id}]")
            _print(text)

    def _ask(self, question: str) -> None:
        if self.arms:
            replies = self.talk.ask(question, self.arms)
            self.last = replies.replies[0]
            for line in replies.lines():
                _print(line)
        else:
            self.last = _stream_answer(self.talk, question)
        if self.talk.remembers:
            self.talk.remember(question, self.last.answer)
