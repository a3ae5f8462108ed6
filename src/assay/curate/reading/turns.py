"""Conversations: who may speak, in which order, and what a turn may hold.

What it is for   a chat template needs user and assistant in turn; a row that breaks this is named, not mended silently
"""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from assay.aim.columns import as_text
from assay.curate.reading.findings import Findings, excerpt, printable
from assay.nouns import Message, Messages, Role

_SPEAKERS: dict[str, Role] = {
    "system": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
}


_SAID = re.compile(r"(?:\A|\n\n)(Human|Assistant): ?")


def transcript(value: Any) -> list[dict[str, str]] | None:
    """The turns of a text such as "\\n\\nHuman: Hi\\n\\nAssistant: Hello" (hh-rlhf); None for any other."""
    if not isinstance(value, str) or not value.startswith(("\n\nHuman:", "Human:")):
        return None
    parts = _SAID.split(value)[1:]
    turns: list[dict[str, str]] = []
    for who, said in zip(parts[::2], parts[1::2], strict=True):
        role = "user" if who == "Human" else "assistant"
        if turns and turns[-1]["role"] == role:  # the mark stands inside what was said
            turns[-1]["content"] += f"\n\n{said.strip()}"
        else:
            turns.append({"role": role, "content": said.strip()})
    return turns


def is_speaker(value: Any) -> bool:
    return isinstance(value, str) and value in _SPEAKERS


def is_conversation(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and isinstance(value[0], Mapping)
        and not {"role", "from"}.isdisjoint(value[0])
    )


def turns_of(value: Any, name: str, line: int, found: Findings, target: bool, mend: bool = False) -> Messages | None:
    """The turns of a conversation, checked; None when there is a problem with them. With `mend` their order is left to
    the step `dialogues`."""
    if value is None:
        found.count("D026", f"'{name}' missing", line, "give every row its turns")
        return None
    value = transcript(value) or value
    if not isinstance(value, list) or not all(isinstance(turn, Mapping) for turn in value):
        found.problem("D025", f"'{name}' is no list of turns", line, excerpt=excerpt(repr(value)[:200]))
        return None
    turns: list[Message] = []
    for turn in value:
        speaker = turn.get("role", turn.get("from"))
        role = _SPEAKERS.get(speaker) if isinstance(speaker, str) else None
        if role is None:
            help = "known are system, user (human), assistant (gpt)"
            found.problem("D043", f"role '{printable(as_text(speaker)[:30])}' unknown", line, help=help)
            return None
        content = _content(turn.get("content", turn.get("value")))
        if content is None:
            told = "only text is supported; this turn has image or other parts, or a tool call"
            found.problem("D045", told, line, help="remove the row, or write the part as text")
            return None
        turns.append(Message(role, content))
    return tuple(turns) if mend else _ordered(tuple(turns), line, found, target)


def _content(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if (
        isinstance(value, list)
        and value
        and all(isinstance(p, Mapping) and isinstance(p.get("text"), str) for p in value)
    ):
        return "\n".join(part["text"] for part in value)
    return None


def _ordered(turns: Messages, line: int, found: Findings, target: bool) -> Messages | None:
    roles = [turn.role for turn in turns]
    spoken = roles[1:] if roles[:1] == ["system"] else roles
    for first, second in pairwise(spoken):
        if first == second or second == "system":
            found.problem("D044", f"{first}, {second} in a row", line, help="join the turns, or mend their order")
            return None
    if spoken[:1] not in (["user"], []):
        found.problem("D044", f"the conversation begins with {spoken[0]}", line, help="begin with the user's turn")
        return None
    if target and (spoken[-1:] != ["assistant"]):
        told = "no assistant turn to learn" if "assistant" not in spoken else "the last turn is the user's"
        found.problem("D042", told, line, help="end with the answer, or remove the row")
        return None
    if not target and spoken[-1:] != ["user"]:
        # Questions: an answer that is there already is not asked for again.
        turns = turns[:-1]
    return turns
