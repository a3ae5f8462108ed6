"""Lists of what several people say in turn, under any names: who speaks, and what is said.

What it is for   turns with a field for each speaker, `{"human": ..., "assistant": ...}`; turns in
                 an object by their numbers; names of the fields that are not the usual ones become
                 `speaker` and `text`; turns with a label each become rows, with the dialogue before
                 them as their context
Watch out        labels of a talk with a model stay, since its answers are what is learnt
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from assay.core.words import count_words
from assay.data.reading.conversations import FIELDS
from assay.data.reading.findings import printable, rows
from assay.data.reading.read_file import RawRow, RawTable
from assay.data.reading.turns import CONTENTS, SPEAKERS, usual_role
from assay.tasks import column_names
from assay.tasks.columns import as_text, columns_of, rank, words_of

LOOKED_AT = 20
_MORE = ("agent", "agent_id", "speakers", "participant_id", "user_id", "character")
_SAID = (*CONTENTS, "transcript", "dialogue_text", "line")
_ACTS = ("emotion", "act", "dialog_act", "dialogue_act", "da", "sentiment", "label", "strategy")
_ASIDE = {"id", "turn", "turn_id", "idx", "index", "utterance_id", "time", "timestamp"}
_SPEECH = {*CONTENTS, "turn", "response", "query", "utterances", "says", "reply"}
_EXCHANGED = {
    **dict.fromkeys(("input", "question", "prompt", "instruction", "query"), "user"),
    **dict.fromkeys(("output", "answer", "response", "completion", "reply"), "assistant"),
}
_WRITTEN = 2  # words of what is said, on average
_HELD = 0.8  # share of the turns that have a label
_BEFORE = 6  # turns of the context
Turn = Mapping[str, Any]


def read_turn_lists(table: RawTable, named: set[str]) -> RawTable:
    """The table with such lists in the usual form, or with a row for each turn that has a label."""
    for name in table.names:
        some = [raw.fields.get(name) for raw in table.rows[:LOOKED_AT]]
        turns = [one for value in some for one in _in_order(value) or ()]
        given = any(one.startswith(f"{name}.") for one in named) or {name} & named - {"messages"}
        if given or not turns or any(not _in_order(value) for value in some if value):
            continue
        if made := _pairs(table, name, turns):
            return made
        fields = _fields(turns)
        if fields is None and (said := _unsigned(name, turns)):
            return _renamed(table, name, "", said)
        if fields is None:
            continue
        speaker, said = fields
        label = _label(turns, speaker, said)
        if label and not _told(table, name) and name not in named:
            return _each_turn(table, name, (speaker, said, label))
        if isinstance(some[0], Mapping) or speaker not in SPEAKERS or said not in CONTENTS:
            return _renamed(table, name, speaker, said)
    return table


def _in_order(value: Any) -> list[Turn] | None:
    """The objects of a list, or of an object that numbers them, `turn_1`; None of all else."""
    if isinstance(value, Mapping):
        keys = [str(key).casefold() for key in value]
        if not keys or not all(key.startswith("turn") and key[-1].isdigit() for key in keys):
            return None
        value = [*value.values()]
    if not isinstance(value, list) or not value:
        return None
    return value if all(isinstance(one, Mapping) for one in value) else None


def _fields(turns: Sequence[Turn]) -> tuple[str, str] | None:
    """The fields of who speaks and of what is said; None where nobody does."""
    every = [name for name in turns[0] if all(name in one for one in turns)]
    speaker = next((name for name in (*SPEAKERS, *_MORE) if name in every), None)
    texts = [name for name in every if all(isinstance(one[name], str) for one in turns)]
    texts = [name for name in texts if name != speaker and _words(turns, name) >= _WRITTEN]
    said = next((name for name in _SAID if name in texts), None)
    who = Counter(_who(one, speaker) for one in turns) if speaker else {}
    if speaker is None or said is None or not all(who) or max(who.values()) == len(turns) > 1:
        return None
    return speaker, said


def _unsigned(name: str, turns: Sequence[Turn]) -> str:
    """The field of what two say in turn without a name before it, in a list that is called a
    conversation; ""."""
    texts = [key for key, value in turns[0].items() if isinstance(value, str)]
    texts = [key for key in texts if all(isinstance(one.get(key), str) for one in turns)]
    texts = [key for key in texts if _words(turns, key) >= _WRITTEN]
    talk = name.casefold() in FIELDS and name.casefold() != "text"
    return texts[0] if talk and len(texts) == 1 and texts[0] in _SAID else ""


def _words(turns: Sequence[Turn], name: str) -> float:
    return sum(count_words(one[name]) for one in turns) / len(turns)


def _who(turn: Turn, speaker: str) -> str:
    value = turn.get(speaker)
    value = value[0] if isinstance(value, list) and value else value
    return "" if isinstance(value, list | Mapping) else as_text(value).strip()


def _label(turns: Sequence[Turn], speaker: str, said: str) -> str:
    """The field of a label that the turns have; "" where they have none, or where a model, or who
    serves, speaks: then it is the answers that are learnt."""
    roles = {usual_role(_who(one, speaker)) for one in turns}
    lettered = all(len(_who(one, speaker)) == 1 for one in turns)
    if {"user", "assistant"} <= roles and not lettered:
        return ""
    found = [c for c in columns_of(turns) if c.name not in (speaker, said, *_ASIDE)]
    fit = [
        c
        for c in found
        if (c.key in _ACTS or rank(c, column_names.LABEL) >= 1)
        and not c.nested
        and c.filled >= _HELD * c.rows
        and 2 <= c.distinct <= max(2, c.filled // 3)
        and c.words <= 4
    ]
    best = max(fit, key=lambda c: rank(c, (*_ACTS, *column_names.LABEL)), default=None)
    return best.name if best else ""


def _told(table: RawTable, name: str) -> bool:
    """Is there a target for the whole dialogue?"""
    some = [{**raw.fields, name: None} for raw in table.rows[:LOOKED_AT]]
    known = (*column_names.SUMMARY, "label", "response", "answer", "answers", "questions", "chosen")
    return any(c.key in known for c in columns_of(some) if c.name != name and c.filled)


def _each_turn(table: RawTable, name: str, fields: tuple[str, str, str]) -> RawTable:
    speaker, said, label = fields
    made = []
    for number, raw in enumerate(table.rows, 1):
        around = {key: value for key, value in raw.fields.items() if key != name}
        spoken: list[str] = []
        for one in _in_order(raw.fields.get(name)) or ():
            text = as_text(one.get(said)).strip()
            if text and one.get(label) not in (None, ""):
                own = {key: value for key, value in one.items() if key not in fields}
                more = {said: text, label: one[label], "dialogue_before": spoken[-_BEFORE:]}
                made.append(RawRow(raw.source, {**around, "dialogue": number, **own, **more}))
            spoken = [*spoken, f"{_who(one, speaker)}: {text}"]
    told = (
        f"{table.place}: the {len(made):,} turns of {rows(len(table.rows))} under"
        f" '{printable(name)}' are read by their '{printable(label)}', with what was said before"
    )
    names = tuple(dict.fromkeys([said, label, *(key for raw in made for key in raw.fields)]))
    roles = {"text": said, "label": label, "context": "dialogue_before", "group": "dialogue"}
    return replace(table, rows=made, names=names, notes=[*table.notes, told], roles=roles)


def _pairs(table: RawTable, name: str, turns: Sequence[Turn]) -> RawTable | None:
    """Objects with a field for each who speaks: an exchange each."""
    sides = _sides(name, turns)
    if {*sides.values()} != {"user", "assistant"} or len(sides) != 2:
        return None

    def said(value: Any) -> list[dict[str, str]]:
        spoken = [
            {"role": role, "content": text}
            for one in _in_order(value) or ()
            for key, role in sides.items()
            if (text := _text(one.get(key)).strip())
        ]
        if spoken and spoken[-1]["role"] == "user" and len(spoken) > 1:
            spoken.pop()  # a last word without an answer
        first = (_in_order(value) or [{}])[0]
        system = _text(first.get("system")) if "system" not in sides else ""
        return [*([{"role": "system", "content": system}] if system else []), *spoken]

    asked, answered = sides
    return _as_messages(table, name, said, f"exchanges of '{asked}' and '{answered}'")


def _sides(name: str, turns: Sequence[Turn]) -> dict[str, str]:
    """The fields of an exchange in their order, each with the role of who speaks there."""
    keys = dict.fromkeys(key for one in sorted(turns, key=len, reverse=True) for key in one)
    texts = [
        key for key in keys if sum(bool(_text(one.get(key))) for one in turns) > len(turns) / 2
    ]
    known = name.casefold() in FIELDS
    sides: dict[str, str] = {}
    for key in texts:
        words = words_of(key)
        role = usual_role(key) if known or len(key) > 1 else None
        if role is None and words[-1:] and words[-1] in _SPEECH:
            role = usual_role(words[0])
            role = "assistant" if role == "system" else role
        if role is None and known:
            role = _EXCHANGED.get(key.casefold())
        if role in ("user", "assistant"):
            sides[key] = role
    others = [key for key in texts if key not in sides]
    plain = not {*CONTENTS, *SPEAKERS} & {*texts}
    if len(sides) == 1 and len(others) == 1 and plain and "user" in sides.values():
        sides[others[0]] = "assistant"  # the name of a model
    return sides if known or plain else {}


def _text(value: Any) -> str:
    """A text, or that of an object."""
    value = value.get("text") if isinstance(value, Mapping) else value
    return value if isinstance(value, str) else ""


def _renamed(table: RawTable, name: str, speaker: str, said: str) -> RawTable:
    def turns(value: Any) -> list[dict[str, str]]:
        return [
            {
                "role": _who(one, speaker) if speaker else ("user", "assistant")[at % 2],
                "content": as_text(one.get(said)),
            }
            for at, one in enumerate(_in_order(value) or ())
        ]

    return _as_messages(table, name, turns, f"turns, by '{speaker or 'their places'}'")


def _as_messages(table: RawTable, name: str, said: Any, what: str) -> RawTable:
    to = "messages" if "messages" not in table.names else name
    made = [
        RawRow(
            raw.source,
            {
                (to if key == name else key): said(v) if key == name else v
                for key, v in raw.fields.items()
            },
        )
        for raw in table.rows
    ]
    names = tuple(to if key == name else key for key in table.names)
    notes = [*table.notes, f"{table.place}: '{printable(name)}' was read as {what}"]
    answered = [raw for raw in made if len(raw.fields.get(to) or ()) > 1]
    if 0 < len(made) - len(answered) <= 0.1 * len(made):
        left = rows(len(made) - len(answered))
        notes.append(f"D206 {table.place}: {left} without an answer were left out")
        made = answered
    return replace(table, rows=made, names=names, notes=notes)
