"""Turns inside the objects of a row: calls of a model with what they returned, talks of a service.

What it is for   a request and its response, in one file or in two (`messages` or `contents` in the
                 one, `message` in the other: batches of OpenAI, Anthropic, Gemini); what was said
                 first, and the list of the parts after it (Intercom)
Becomes          `messages` where the turns end with an answer; `prompt`, or `completion`, where the
                 other half is in another file
Watch out        every turn has a usual role. Rows without turns are left out, and counted: calls
                 that failed, talks that nobody answered
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from assay.data.reading.conversations import FIELDS, SYSTEMS, told_before
from assay.data.reading.findings import printable, rows
from assay.data.reading.html import text_of_page
from assay.data.reading.read_file import RawRow, RawTable
from assay.data.reading.tool_calls import TOOLS
from assay.data.reading.turns import content_of, is_turn, speaker_of, usual_role
from assay.tasks.columns import value_at

LOOKED_AT = 20  # rows
DEEPEST = 5
HALF = 0.5  # of the rows; failed calls may be many
_FIRST = ("choices", "candidates")  # of several answers
_SAYING = {"role", "from", "speaker", "author", "sender"}  # a name alone may be that of a value
_INTERNAL = "note"  # a part of a talk that its other side does not see


class Places(NamedTuple):
    """Paths of what a row holds; "" of what it does not."""

    turns: str  # a list of turns
    answer: str  # an assistant's turn
    opening: str  # what was said before the list


def lift_turns(table: RawTable, named: set[str]) -> RawTable:
    """The file with its turns in fields of their own."""
    first = [raw.fields for raw in table.rows[:LOOKED_AT]]
    if not first or any(map(_is_said, _top_turns(first))):
        return table
    places = _places(first)
    if places is None:
        return table
    used = {path.partition(".")[0] for path in places if path}
    field = _field(places, first)
    if not field or used & named:
        return table
    made = []
    for raw in table.rows:
        turns = _turns(raw.fields, places, field)
        if turns:
            rest = {name: value for name, value in raw.fields.items() if name not in used}
            made.append(RawRow(raw.source, {**rest, field: turns}))
    if len(made) < HALF * len(table.rows):
        return table
    names = (field, *(name for name in table.names if name not in used))
    shown = " and ".join(f"'{printable(path)}'" for path in places if path)
    notes = [*table.notes, f"{table.place}: {shown} were read as turns: '{field}'"]
    if left := len(table.rows) - len(made):
        notes.append(f"D206 {table.place}: {rows(left)} without an answer were left out")
    role = {"prompt": "question", "completion": "answer"}.get(field, field)
    return replace(table, rows=made, names=names, notes=notes, roles={role: field})


def _top_turns(some: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    """What stands in lists of the rows themselves, which are read anyway."""
    lists = (value for row in some for value in row.values() if isinstance(value, list))
    return (one for value in lists for one in value[:2])


def _is_said(value: Any) -> bool:
    spoken = is_turn(value) and not _SAYING.isdisjoint(value)
    return spoken and usual_role(speaker_of(value)) is not None


def _walk(value: Mapping[str, Any], before: str = "", deep: int = 0) -> Iterator[tuple[str, Any]]:
    """Every field of a row and of the objects in it, under its path."""
    for name, inner in value.items():
        path = f"{before}{name}"
        yield path, inner
        if isinstance(inner, list) and name in _FIRST and inner:
            path, inner = f"{path}.0", inner[0]
        if isinstance(inner, Mapping) and deep < DEEPEST:
            yield from _walk(inner, f"{path}.", deep + 1)


def _places(some: Sequence[Mapping[str, Any]]) -> Places | None:
    """Where the turns are in these rows; None where they have none."""
    found: dict[str, Counter[str]] = {"turns": Counter(), "answer": Counter(), "opening": Counter()}
    for row in some:
        for path, value in _walk(row):
            inside = "." in path
            if inside and isinstance(value, list) and value and all(map(_is_said, value)):
                found["turns"][path] += 1
            elif _is_said(value):
                role = usual_role(speaker_of(value))
                if inside and speaker_of(value) in ("assistant", "model"):
                    found["answer"][path] += 1
                elif not inside and role == "user":
                    found["opening"][path] += 1
    often = {
        kind: next((path for path, n in paths.items() if n >= HALF * len(some)), "")
        for kind, paths in found.items()
    }
    if not often["turns"]:
        return Places("", often["answer"], "") if often["answer"] else None
    return Places(**often | ({"answer": ""} if often["opening"] else {}))


def _field(places: Places, some: Sequence[Mapping[str, Any]]) -> str:
    if not places.turns:
        return "completion"
    if places.answer or places.opening:
        return "messages"
    last = [turns[-1] for row in some if (turns := value_at(row, places.turns))]
    ends = sum(usual_role(speaker_of(turn)) == "assistant" for turn in last)
    return "messages" if ends >= HALF * len(last) else "prompt" * _is_request(places.turns)


def _is_request(path: str) -> bool:
    """Is what is said under a name that conversations have?"""
    return path.rpartition(".")[2].casefold() in FIELDS


def _turns(row: Mapping[str, Any], places: Places, field: str) -> Any:
    """The turns of a row, or the words of its answer; nothing where it has none."""
    answer: Any = value_at(row, places.answer) if places.answer else None
    if places.answer and not _is_said(answer):
        return None
    if field == "completion":
        return content_of(answer)
    turns = value_at(row, places.turns)
    if not isinstance(turns, list) or not all(map(is_turn, turns)):
        return None
    if places.opening:
        return _talk([row.get(places.opening), *turns])
    around = value_at(row, places.turns.rpartition(".")[0])
    keys = {str(name).casefold(): value for name, value in around.items()}
    system, tools = (
        next((keys[name] for name in names if keys.get(name)), None) for names in (SYSTEMS, TOOLS)
    )
    return told_before([*turns, *([answer] if answer else [])], system, tools)


def _talk(parts: Sequence[Any]) -> list[dict[str, str]]:
    """What two sides said in turn, from the first word of who asks to the last answer."""
    turns: list[dict[str, str]] = []
    for part in parts:
        if not _is_said(part) or _INTERNAL in (part.get("part_type"), part.get("type")):
            continue
        text = (content_of(part) or "").strip()
        text = text_of_page(text).strip() if text.startswith("<") else text
        role = str(usual_role(speaker_of(part)))
        if not text or (not turns and role != "user"):
            continue
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += f"\n\n{text}"
        else:
            turns.append({"role": role, "content": text})
    return turns[:-1] if turns and turns[-1]["role"] == "user" else turns
