"""Conversations in the forms that data sets have them, as one list of `{role, content}`.

What it is for   lists of texts said in turn, lists of pairs, `history` with a question and its
                 answer, one text with a name before what each says, tools beside the turns
Which field      one that is called a conversation; a text only where nearly every row has the same
                 two speakers in it
Watch out        a dialogue beside a summary or a label is a text to be judged, and stays one
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from assay.data.reading.findings import printable
from assay.data.reading.read_file import RawRow, RawTable
from assay.data.reading.tool_calls import HEAD, TOOLS
from assay.data.reading.turns import content_of, is_turn, speaker_of, usual_role
from assay.tasks.columns import as_text

FIELDS = (
    "messages",
    "conversations",
    "conversation",
    "dialogue",
    "dialog",
    "turns",
    "history",
    "chat",
    "utterances",
)
FIELDS += ("thread", "transcript", "exchanges", "dialogues", "text", "log", "chat_history")
FIELDS += ("contents",)
# What is said to the model before a conversation, in a field beside it.
SYSTEMS = ("system", "system_prompt", "system_message", "systeminstruction", "system_instruction")
# What makes of a conversation a text that something is said about.
ABOUT = {
    "summary",
    "highlights",
    "tldr",
    "note",
    "label",
    "labels",
    "answer",
    "response",
    "reply",
    "target",
    "output",
}
ABOUT |= {
    "completion",
    "class",
    "category",
    "intent",
    "sentiment",
    "topic",
    "rejected",
    "chosen",
    "entities",
    "emotion",
}
_MARKS = {"id", "idx", "index", "uid", "uuid", "source", "prompt_id", "conversation_id", "lang"}
ASKED = ("instruction", "query", "question", "prompt", "input")
ANSWERED = ("output", "response", "answer", "completion", "reply")
MOSTLY = 0.9
_SPOKEN = re.compile(
    r"(?m)^[ \t]*[*#>]*[ \t]*([A-Z][\w.'-]*(?: [A-Z#]?[\w.'-]*){0,2}|[a-z]+)[*]*[ \t]*:[*]*[ \t]+"
)


def convert_turns(table: RawTable, named: set[str]) -> RawTable:
    """The file with its conversations as lists of turns."""
    by_key = {name.casefold(): name for name in table.names}
    field = next((by_key[key] for key in FIELDS if key in by_key), None)
    if field is None and set(by_key) - {"data"} <= _MARKS:
        field = by_key.get("data")
    if field is None or not table.rows:
        return table
    taken = field in named and field != "messages"
    values = [raw.fields.get(field) for raw in table.rows]
    if all(_is_turn_list(value) for value in values if value):
        return _with_system(table, field, by_key, named)
    if taken:
        return table
    if made := _history(table, field, by_key):
        return made
    if ABOUT & set(by_key):
        return table
    turns = [_from_list(value) if isinstance(value, list) else None for value in values]
    if not all(isinstance(value, list) for value in values):
        turns = _from_texts([as_text(value) for value in values])
    if sum(one is not None for one in turns) < MOSTLY * len(turns):
        return table
    told = f"'{printable(field)}' was read as what two say in turn"
    values = [one if one is not None else raw for one, raw in zip(turns, values, strict=True)]
    return as_messages(table, values, (field,), told)


def as_messages(
    table: RawTable, turns: Sequence[Any], used: Collection[str], told: str
) -> RawTable:
    """The file with a conversation in each row, its field `messages` in place of those that it was
    made of.

    Args:
        turns: of each row. used: names of the fields. told: the note, what was read as what.
    """
    rows = [
        RawRow(raw.source, {**_without(raw.fields, used), "messages": one})
        for raw, one in zip(table.rows, turns, strict=True)
    ]
    names = tuple(dict.fromkeys(("messages", *(name for name in table.names if name not in used))))
    notes = [*table.notes, f"{table.place}: {told}: 'messages'"]
    return replace(table, rows=rows, names=names, notes=notes, roles={"messages": "messages"})


def _without(fields: Mapping[str, Any], used: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in used}


def _is_turn_list(value: Any) -> bool:
    """A list of turns as it is read anyway."""
    return isinstance(value, list) and all(map(is_turn, value))


def _from_list(value: Sequence[Any]) -> list[dict[str, Any]] | None:
    """Texts said in turn, or pairs of what is said and answered."""
    if len(value) > 1 and all(isinstance(one, str) for one in value):
        split = [_SPOKEN.match(one) for one in value]
        if all(split):
            return _roles(
                [(m[1], one[m.end() :]) for m, one in zip(split, value, strict=True) if m]
            )
        # The last that is said is to be an answer.
        said = value if len(value) % 2 == 0 else value[:-1]
        return [
            {"role": ("user", "assistant")[at % 2], "content": one} for at, one in enumerate(said)
        ]
    if value and all(
        isinstance(one, list) and len(one) == 2 and all(isinstance(x, str) for x in one)
        for one in value
    ):
        return [turn for pair in value for turn in _exchange(*pair)]
    return None


def _exchange(asked: str, answered: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]


def _history(table: RawTable, field: str, by_key: Mapping[str, str]) -> RawTable | None:
    """Earlier pairs beside a question and its answer: one conversation."""
    asked = next((by_key[key] for key in ASKED if key in by_key), None)
    answered = next((by_key[key] for key in ANSWERED if key in by_key), None)
    if field.casefold() not in ("history", "chat_history") or asked is None or answered is None:
        return None
    rows: list[list[Any]] = []
    for raw in table.rows:
        before = raw.fields.get(field) or []
        turns = before if before and _is_turn_list(before) else _from_list(before) if before else []
        if turns is None or not isinstance(turns, list):
            return None
        last = _exchange(as_text(raw.fields.get(asked)), as_text(raw.fields.get(answered)))
        rows.append([*turns, *last])
    told = f"'{field}', '{asked}' and '{answered}' were read as one conversation"
    return as_messages(table, rows, (field, asked, answered), told)


def _from_texts(texts: Sequence[str]) -> list[list[dict[str, Any]] | None]:
    """The turns of texts with a name before what each says."""
    cut = [_SPOKEN.split(text.strip()) for text in texts]
    spoken = [parts for parts in cut if len(parts) > 4 and not parts[0].strip()]
    if len(spoken) < MOSTLY * len(texts):
        return [None] * len(texts)
    speakers = Counter(name.casefold() for parts in spoken for name in parts[1::2])
    known = sum(n for name, n in speakers.items() if usual_role(name))
    if known < 0.95 * sum(speakers.values()) and len(speakers) != 2:
        return [None] * len(texts)
    return [
        _roles(list(zip(parts[1::2], parts[2::2], strict=True))) if len(parts) > 4 else None
        for parts in cut
    ]


def _roles(said: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Turns with a role; one speaker's turns that follow each other are one."""
    turns: list[dict[str, Any]] = []
    for name, text in said:
        if turns and turns[-1]["role"].casefold() == name.casefold():
            turns[-1]["content"] += f"\n{text.strip()}"
        else:
            turns.append({"role": name, "content": text.strip()})
    return turns


def _with_system(
    table: RawTable, field: str, by_key: Mapping[str, str], named: set[str]
) -> RawTable:
    """Conversations with what stands beside them in their system text: a text for the model, the
    tools that it may call."""
    system, tools = (
        next((by_key[key] for key in keys if key in by_key and by_key[key] not in named), "")
        for keys in (SYSTEMS, TOOLS)
    )
    values = [raw.fields.get(system) for raw in table.rows]
    if not any(not isinstance(one, str) or len(one.split()) > 2 for one in values if one):
        system = ""  # a name, and nothing that a model is told
    used = [name for name in (system, tools) if name]
    if not used:
        return table
    rows = []
    for raw in table.rows:
        before = (raw.fields.get(system), raw.fields.get(tools))
        turns = told_before(raw.fields.get(field), *before)
        rows.append(RawRow(raw.source, {**_without(raw.fields, used), field: turns}))
    names = tuple(one for one in table.names if one not in used)
    shown = " and ".join(f"'{printable(name)}'" for name in used)
    told = f"{table.place}: {shown} stand in the system text of each conversation"
    notes = [*table.notes, f"D212 {told}" if tools else told]
    return replace(table, rows=rows, names=names, notes=notes)


def told_before(turns: Any, system: Any, tools: Any) -> Any:
    """The turns with a system text before them, and in it the tools, where there are any."""
    if not isinstance(turns, list) or not turns:
        return turns
    own = usual_role(speaker_of(turns[0])) == "system"
    parts = [content_of(system if isinstance(system, Mapping) else {"content": system})]
    if own:
        parts.append(content_of(turns[0]))
    if tools and tools != "[]":
        listed = tools if isinstance(tools, list) else [tools]
        parts.append(
            HEAD
            + "\n".join(
                one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)
                for one in listed
            )
        )
    text = "\n\n".join(dict.fromkeys(part for part in parts if part))
    return [{"role": "system", "content": text}, *turns[own:]] if text else turns
