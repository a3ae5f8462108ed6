"""Files with one turn a row: the rows of a conversation become one row with its turns.

What it is for   logs of chats and tickets: a conversation's id, who speaks, what is said
How it is told   `data.columns` names `conversation`, `role` and `text`; without it, by the usual
                 names of these fields
Order            rows of a conversation are taken in the order of the file, also where others stand
                 between them
What stays       the other fields of the first row; its line names the conversation
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assay.core.errors import Problem, UsageError
from assay.data.reading.findings import Findings
from assay.data.reading.read_file import RawRow, RawTable
from assay.data.reading.turns import is_speaker
from assay.tasks.columns import as_text, value_at

IDS = ("conversation_id", "dialogue_id", "dialog_id", "thread_id", "conv_id", "chat_id")
SPEAKERS = ("role", "speaker", "from", "author")
SAID = ("content", "text", "utterance", "message", "value")
TURNS = "messages"  # the field that the joined rows get
LOOKED_AT = 100  # rows by which a file is told

Reads = list[tuple[str, Path, RawTable]]


def join_turns(reads: Reads, columns: Mapping[str, str]) -> tuple[Reads, dict[str, str]]:
    """The files and columns as they are, or with the rows of each conversation joined.

    Raises:
        DataError: D026, a row without a conversation. UsageError: C072, one of the three roles is
            missing.
    """
    # A project that was begun from such a file names the joined turns.
    begun = columns.get("messages") == TURNS and bool(reads) and TURNS not in reads[0][2].names
    given = {} if begun else columns
    found = (
        _turn_fields(columns)
        if {"conversation", "role"} & set(columns)
        else _recognise_fields(reads, given)
    )
    if found is None:
        return reads, dict(columns)
    left = {
        role: field
        for role, field in columns.items()
        if role not in ("conversation", "role", "text", "question")
    }
    # One conversation may run over two files: as a group it is found by the audit.
    return [(split, path, _join_rows(table, *found)) for split, path, table in reads], {
        "messages": TURNS,
        "group": found[0],
        **left,
    }


def _turn_fields(columns: Mapping[str, str]) -> tuple[str, str, str]:
    """The fields of conversation, speaker and text."""
    said = columns.get("text") or columns.get("question")
    if said is None or not {"conversation", "role"} <= set(columns):
        missing = next(role for role in ("conversation", "role", "text") if role not in columns)
        text = f"turns in rows need conversation, role and text; there is no {missing}"
        help = "columns: {conversation: dialogue_id, role: speaker, text: utterance}"
        raise UsageError(Problem("C072", text, "data.columns", help=help))
    return columns["conversation"], columns["role"], said


def _recognise_fields(reads: Reads, columns: Mapping[str, str]) -> tuple[str, str, str] | None:
    if columns or not reads:
        return None
    table = reads[0][2]
    fields = [
        next((name for name in usual if name in table.names), None)
        for usual in (IDS, SPEAKERS, SAID)
    ]
    if None in fields or not table.rows:
        return None
    conversation, role, said = (str(name) for name in fields)
    rows = [raw.fields for raw in table.rows[:LOOKED_AT]]
    spoken = all(is_speaker(row.get(role)) and isinstance(row.get(said), str) for row in rows)
    return (conversation, role, said) if spoken else None


def _join_rows(table: RawTable, conversation: str, role: str, said: str) -> RawTable:
    found = Findings(table.place)
    talks: dict[str, RawRow] = {}
    for raw in table.rows:
        name = as_text(value_at(raw.fields, conversation)).strip()
        if not name:
            line = int(raw.source.rpartition(":")[2])
            found.count(
                "D026",
                f"'{conversation}' missing",
                line,
                "give every turn the id of its conversation",
            )
            continue
        first = talks.setdefault(
            name, RawRow(raw.source, _without(raw.fields, (role, said)) | {TURNS: []})
        )
        turn = {"role": value_at(raw.fields, role), "content": as_text(value_at(raw.fields, said))}
        first.fields[TURNS].append(turn)
    found.settle()
    names = tuple(name for name in table.names if name not in (role, said))
    note = (
        f"{table.place}: {len(table.rows):,} rows, each a turn, joined to {len(talks):,}"
        " conversations"
    )
    return replace(
        table, rows=list(talks.values()), names=(TURNS, *names), notes=[*table.notes, note]
    )


def _without(fields: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}
