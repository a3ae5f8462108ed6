"""Conversations: who may speak, in which order, and what a turn may hold.

What it is for   a chat template needs user and assistant in turn: people write two messages in a
                 row, and have the last word; what is joined or left out is counted and said
"""

import contextlib
import json
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from assay.core.types import Message, Messages, Role
from assay.data.reading.findings import Findings, excerpt, printable
from assay.data.reading.marked_text import transcript
from assay.tasks.columns import as_text

SPEAKERS = (
    "role",
    "from",
    "speaker",
    "author",
    "sender",
    "who",
    "name",
    "speaker_id",
    "participant",
)
CONTENTS = ("content", "value", "text", "utterance", "message", "body", "said", "sentence", "msg")
CONTENTS += ("parts",)  # Gemini
# Where one turn says that it is not to be learnt (OpenAI, Mistral: weight 0; axolotl; ms-swift).
LEARNT = ("weight", "train", "training", "loss", "loss_weight")
JOINED = "turns of one role in a row were joined"
OPEN = "what follows the last answer was left out"
# Who asks, and who answers, in lower case.
_ASKING = (
    "user human customer client patient caller visitor student guest prompter questioner shopper"
    " seeker apprentice usr q lead contact requester end-user"
)
_ANSWERING = (
    "assistant gpt bot chatgpt model ai agent operator chatbot doctor therapist representative"
    " rep advisor staff"
)
_ANSWERING += " expert tutor teacher clerk support counselor counsellor wizard sys a admin"
_ANSWERING += " listener supporter helper"
_CALLING = ("function_call", "tool_call", "tool_calls")
_CALLED = (
    "tool",
    "function",
    "ipython",
    "observation",
    "function_response",
    "tool_response",
    "environment",
)
_SPEAKERS: dict[str, Role] = {
    **{name: "user" for name in _ASKING.split()},
    **{name: "assistant" for name in (*_ANSWERING.split(), *_CALLING)},
    "system": "system",
    "developer": "system",
}


def usual_role(speaker: str) -> Role | None:
    """The role of a speaker that is called by a usual name: `Human`, `customer 2`."""
    name = re.sub(r"[ _#-]*\d*\Z|\A\d+[ _#-]+", "", speaker.strip().casefold())
    return _SPEAKERS.get(name)


def is_speaker(value: Any) -> bool:
    return isinstance(value, str) and usual_role(value) is not None


def is_turn(value: Any) -> bool:
    """Has it a speaker, and what is said?"""
    said = {*CONTENTS, "tool_calls", "function_call"}
    return isinstance(value, Mapping) and bool(set(SPEAKERS) & set(value) and said & set(value))


def is_conversation(value: Any) -> bool:
    first = value[0] if isinstance(value, list) and value else None
    if not isinstance(first, Mapping):
        return False
    return not {"role", "from"}.isdisjoint(first) or bool(
        set(SPEAKERS) & set(first) and set(CONTENTS) & set(first)
    )


def turns_of(
    value: Any, name: str, line: int, found: Findings, target: bool, mend: bool = False
) -> Messages | None:
    """The turns of a conversation, checked; None when there is a problem with them. With `mend`
    their order is left to the step `dialogues`."""
    if value is None:
        found.count("D026", f"'{name}' missing", line, "give every row its turns")
        return None
    value = transcript(value) or value
    if not isinstance(value, list) or not all(isinstance(turn, Mapping) for turn in value):
        found.problem(
            "D025", f"'{name}' is no list of turns", line, excerpt=excerpt(repr(value)[:200])
        )
        return None
    roles = _roles_of(value)
    turns: list[Message] = []
    for turn in value:
        speaker = speaker_of(turn)
        role = roles.get(speaker)
        if role is None:
            help = "known are system, user (human), assistant (gpt)"
            found.problem("D043", f"role '{printable(speaker[:30])}' unknown", line, help=help)
            return None
        content = content_of(turn)
        if content is None:
            told = "only text is supported; this turn has image or other parts"
            found.problem("D045", told, line, help="remove the row, or write the part as text")
            return None
        if speaker in _CALLED:
            content = f"<tool_response>\n{content}\n</tool_response>"
            if (
                turns
                and turns[-1].role == "user"
                and turns[-1].content.startswith("<tool_response>")
            ):
                content = f"{turns.pop().content}\n{content}"  # of calls that were made together
        turns.append(Message(role, content))
    answers = sum(turn.role == "assistant" for turn in turns)
    if target and 0 < answers == len(unlearnt(value)):
        told = "no assistant turn to learn: all have the weight 0"
        found.problem("D042", told, line, help="give one the weight 1, or remove the row")
        return None
    if mend:
        return tuple(turns)
    return _in_order(turns, line, found, target, fixed=target and bool(unlearnt(value)))


def speaker_of(turn: Mapping[str, Any]) -> str:
    """Who speaks, in lower case; of an author with several fields what he is, else his name."""
    who = next((turn[name] for name in SPEAKERS if turn.get(name) is not None), "")
    if isinstance(who, Mapping):
        who = next((who[name] for name in ("role", "type", "name") if who.get(name)), "")
    return as_text(who).strip().casefold()


def _roles_of(value: Sequence[Mapping[str, Any]]) -> dict[str, Role]:
    """The role of each speaker of a conversation. Two whose names say nothing ask and answer, the
    first of them asking; `system` that speaks in turn with a user is who answers."""
    speakers = list(dict.fromkeys(map(speaker_of, value)))
    roles: dict[str, Role] = {name: role for name in speakers if (role := usual_role(name))}
    roles |= {name: "user" for name in speakers if name in _CALLED}
    spoken = [name for name in map(speaker_of, value) if name not in _CALLED]
    if "assistant" not in roles.values() and spoken.count("system") > (spoken[:1] == ["system"]):
        roles["system"] = "assistant"
    people = [
        name for name in speakers if name and roles.get(name) != "system" and name not in _CALLED
    ]
    if len(people) == 2 and roles.get(people[0]) == roles.get(people[1]):
        roles = {name: role for name, role in roles.items() if name not in people}  # `agent_1`
    if "a" in people and "q" not in people:
        roles.pop("a")  # the first of several, not who answers
    unknown = [name for name in people if name not in roles]
    if len(people) == 2 and unknown:
        taken = next((roles[name] for name in people if name in roles), None)
        others: tuple[Role, ...] = ("user", "assistant")
        for name in unknown:
            free = [role for role in others if role != taken]
            roles[name] = taken = free[0]
    return roles


def unlearnt(value: Any) -> frozenset[int]:
    """The places, among the assistant's turns of a conversation, of those that say of themselves
    that they are not to be learnt."""
    flagged = isinstance(value, list) and any(set(LEARNT) & set(turn) for turn in value)
    if not flagged:
        return frozenset()
    roles = _roles_of(value)
    answers = [turn for turn in value if roles.get(speaker_of(turn)) == "assistant"]
    return frozenset(at for at, turn in enumerate(answers) if not _learnt(turn))


def _learnt(turn: Mapping[str, Any]) -> bool:
    return not any(isinstance(turn.get(name), int | float) and not turn[name] for name in LEARNT)


def content_of(turn: Mapping[str, Any]) -> str | None:
    """What is said, with the calls of tools as text below it."""
    value = next((turn[name] for name in CONTENTS if turn.get(name) is not None), None)
    calls = _calls(turn.get("tool_calls") or turn.get("function_call"))
    if calls:
        said = value.strip() if isinstance(value, str) else ""
        return "\n".join([*([said] if said else []), *calls])
    if isinstance(value, str):
        called = speaker_of(turn) in _CALLING and _calls(_parsed(value))
        return "\n".join(called) if called else value
    if isinstance(value, list) and value:
        parts = [_part(one) for one in value]
        return None if None in parts else "\n".join(part for part in parts if part)
    if not isinstance(value, Mapping):
        return None
    if speaker_of(turn) in _CALLING and (called := _calls(value)):
        return "\n".join(called)
    return json.dumps(value, ensure_ascii=False) if speaker_of(turn) in _CALLED else None


def _part(part: Any) -> str | None:
    """A part of a turn as text: words, or a call of a tool and its result as Gemini and Anthropic
    have them; None for an image and the like."""
    if not isinstance(part, Mapping):
        return None
    if isinstance(part.get("text"), str):
        return part["text"]
    call = part.get("functionCall") or (part if part.get("type") == "tool_use" else None)
    if call:
        return "\n".join(_calls(call)) or None
    result = part.get("functionResponse") or (part if part.get("type") == "tool_result" else None)
    if not isinstance(result, Mapping):
        return None
    told = result.get("response", result.get("content"))
    text = told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)
    return f"<tool_response>\n{text}\n</tool_response>"


def _parsed(value: Any) -> Any:
    """What a text of JSON says; the text itself where it is none."""
    with contextlib.suppress(ValueError, TypeError):
        return json.loads(value)
    return value


def _calls(value: Any) -> list[str]:
    """Calls of tools, each as a line that a model can write: the form of Hermes and of Qwen's
    templates."""
    lines = []
    for one in value if isinstance(value, list) else [value]:
        call = one.get("function", one) if isinstance(one, Mapping) else None
        if isinstance(call, Mapping) and "name" in call:
            given = (
                call[name] for name in ("arguments", "parameters", "args", "input") if name in call
            )
            made = {"name": call["name"], "arguments": _parsed(next(given, {}))}
            lines.append(f"<tool_call>\n{json.dumps(made, ensure_ascii=False)}\n</tool_call>")
    return lines


def _in_order(
    turns: Sequence[Message], line: int, found: Findings, target: bool, fixed: bool
) -> Messages | None:
    """User and assistant in turn: neighbours of one role joined, what stands before the first
    question and behind the last answer left out; each is said.

    Args:
        fixed: single turns are named by their places, so none may be joined or left out.
    """
    head, spoken = tuple(turns[:1]), [*turns[1:]]
    if not turns or turns[0].role != "system":
        head, spoken = (), [*turns]
    joined: list[Message] = []
    for turn in spoken:
        if joined and turn.role == joined[-1].role:
            both = (joined[-1].content, turn.content)
            joined[-1] = Message(turn.role, "\n\n".join(one for one in both if one.strip()))
        else:
            joined.append(turn)
    roles = [turn.role for turn in joined]
    first = roles.index("user") if "user" in roles else len(roles)
    wanted: Role = "assistant" if target else "user"
    last = len(roles) - roles[::-1].index(wanted) if wanted in roles else 0
    if "system" in roles or (fixed and (len(joined) < len(spoken) or first)):
        pair = next((f"{a}, {b}" for a, b in pairwise(map(_role, spoken)) if a == b), "")
        told = f"{pair} in a row" if pair else f"the conversation has {roles[0]} first"
        told = "a system turn comes later" if "system" in roles else told
        found.problem("D044", told, line, help="join the turns, or put them in order")
        return None
    if last <= first:
        told = f"no {wanted} turn to {'learn' if target else 'answer'}"
        found.problem("D042", told, line, help="end with the answer, or remove the row")
        return None
    if len(joined) < len(spoken):
        found.warn("D044", JOINED, line)
    if first:
        found.warn("D044", "what stands before the user's first turn was left out", line)
    if target and last < len(joined):
        found.warn("D042", OPEN, line)
    return (*head, *joined[first:last])


def _role(turn: Message) -> Role:
    return turn.role
