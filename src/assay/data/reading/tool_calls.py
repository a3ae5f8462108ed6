"""Rows whose answer is a call of tools: a question, the tools there are, and the calls as JSON.

What it is for   `query`, `tools`, `answers: [{"name": ..., "arguments": {...}}]`: the tools stand
                 in the system text, the calls are the answer, as JSON text. Conversations with
                 calls in their turns are for `turns`
Source           the form of xlam-function-calling: Liu et al. (2024), APIGen,
                 arxiv.org/abs/2406.18518
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from assay.data.reading.findings import printable
from assay.data.reading.read_file import RawRow, RawTable

TOOLS = (
    "tools",
    "functions",
    "available_tools",
    "available_functions",
    "apis",
    "function_definitions",
    "function",
)
GOALS = (
    "answers",
    "answer",
    "calls",
    "calling",
    "tool_calls",
    "function_calls",
    "function_call",
    "output",
    "target",
    "expected",
    "ground_truth",
    "golden_answers",
    "golden_answer",
    "api_calls",
    "api_call",
)
_NAMES = ("name", "action", "tool", "tool_name", "api", "api_name", "function_name")
_GIVEN = ("arguments", "parameters", "args", "action_input", "tool_input", "params", "kwargs")
ASKED = ("query", "question", "instruction", "prompt", "input", "user", "text")
MOSTLY = 0.9
HEAD = "You may call these tools. Answer with the calls as JSON.\n"


def format_calls(table: RawTable, named: set[str]) -> RawTable:
    """The file with its calls as text, and the tools in a field `system`."""
    by_key = {name.casefold(): name for name in table.names}
    asked, goal, tools = (
        next((by_key[key] for key in some if key in by_key), None) for some in (ASKED, GOALS, TOOLS)
    )
    if goal is None or asked is None or asked == goal or not table.rows or tools in named:
        return table
    values = [_calls(raw.fields.get(goal), bool(tools)) for raw in table.rows]
    if sum(one is not None for one in values) < MOSTLY * len(values):
        return table
    rows = []
    for raw, calls in zip(table.rows, values, strict=True):
        fields = {name: value for name, value in raw.fields.items() if name != tools}
        fields[goal] = (
            json.dumps(calls, ensure_ascii=False) if calls is not None else raw.fields.get(goal)
        )
        if tools:
            _tell(fields, asked, HEAD + _text(raw.fields.get(tools)))
        rows.append(RawRow(raw.source, fields))
    names = tuple(dict.fromkeys(name for row in rows for name in row.fields))
    roles = {"question": asked, "answer": goal, **({"system": "system"} if tools else {})}
    if "system" not in names:
        roles.pop("system", None)
    beside = f"; '{printable(tools)}' stand in the system text" if tools else ""
    note = (
        f"D212 {table.place}: '{printable(goal)}' has calls of tools; they are answered as"
        f" JSON{beside}"
    )
    return replace(table, rows=rows, names=names, notes=[*table.notes, note], roles=roles)


def _tell(fields: dict[str, Any], asked: str, told: str) -> None:
    """Put the tools before what is asked: into the system text, or a turn of a conversation."""
    turns = fields.get(asked)
    if isinstance(turns, list):
        fields[asked] = [{"role": "system", "content": told}, *turns]
    else:
        fields.setdefault("system", told)


def _calls(value: Any, tools: bool) -> list[Any] | None:
    """The calls that a field holds, as objects with a name and arguments; beside tools also as
    objects of the arguments by the name."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    calls = value if isinstance(value, list) else [value]
    if not all(_is_call(one) or (tools and _names_one(one)) for one in calls):
        return None
    return calls or None


def _is_call(one: Any) -> bool:
    if not isinstance(one, Mapping):
        return False
    inner = one.get("function", one)
    keys = {str(key).casefold() for key in inner} if isinstance(inner, Mapping) else set()
    return not keys.isdisjoint(_NAMES) and not keys.isdisjoint(_GIVEN)


def _names_one(one: Any) -> bool:
    """Is it a call as `{"weather": {"city": "Oslo"}}`?"""
    inner = [*one.values()] if isinstance(one, Mapping) else []
    return len(inner) == 1 and isinstance(inner[0], Mapping)


def _text(value: Any) -> str:
    """Tools as lines of JSON, or as the text that they are."""
    if isinstance(value, str):
        return value
    return "\n".join(
        json.dumps(one, ensure_ascii=False)
        for one in (value if isinstance(value, list) else [value])
    )
