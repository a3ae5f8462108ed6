"""Targets that are JSON objects of fields: read, compared field by field, given a schema, put
together again.

What it is for   the task kind `extract` where a row's target is an object: nested, with lists, with
                 fields that are null or missing. It stays the object that it is; no field becomes a
                 line
Fields           a field is its path and its value: {"to": {"city": "Oslo"}, "bags": [1, 2]} has
                 `to.city`: Oslo, `bags`: 1 and `bags`: 2. Lists have no places, as in the field F1
                 of Donut (Kim et al. 2022, arxiv.org/abs/2111.15664, section 3.2). What is null,
                 empty or missing is no field
Equal            values that are equal but for case, white space, form of Unicode, and 4 for 4.0
Schema           of the rows to learn from: types, fields that all of them have, lists, values of a
                 field where it has few and none was seen once only, so that by Good (1953,
                 doi.org/10.1093/biomet/40.3-4.237) none is expected that was not seen
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.core.answers import Form
from assay.core.examples import Example

Piece = tuple[str, str]  # path, value
CLOSED_VALUES = 20  # most values of a field that a schema lists
CLOSED_ROWS = 20  # least values seen before they are listed
OPEN_FIELDS = 64  # more names than this in one object are data, not fields
SCHEMA_BYTES = 15 << 10  # `forms` reads 16 KB
DEEP = 6  # objects and lists inside each other that a schema describes
_DECODER = json.JSONDecoder(parse_constant=lambda word: _refuse(word))


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


# --- reading and writing --------------------------------------------------------------------------


def is_object(text: str) -> bool:
    """Does a target look like an object rather than a line of pieces?"""
    return text.lstrip().startswith("{")


def parse_object(text: str) -> dict[str, Any] | None:
    """The object that a text is, and nothing around it."""
    try:
        value = _DECODER.decode(text.strip())
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def extract_object(text: str) -> dict[str, Any] | None:
    """The first object that stands in a text, be it in a code fence or among words; one that was
    cut off is taken as far as its fields are whole."""
    at = text.find("{")
    while at >= 0:
        try:
            value, _ = _DECODER.raw_decode(text, at)
            return value if isinstance(value, dict) else None
        except (ValueError, RecursionError):
            if (mended := _repair_object(text[at:])) is not None:
                return mended
        at = text.find("{", at + 1)
    return None


def _repair_object(text: str) -> dict[str, Any] | None:
    """An object that ends too early, without its last unfinished field."""
    stack: list[str] = []
    ends: list[tuple[int, str]] = []  # (one past what can be kept, the brackets that close it)
    inside = escaped = False
    for i, letter in enumerate(text):
        if inside:
            escaped, inside = letter == "\\" and not escaped, letter != '"' or escaped
        elif letter == '"':
            inside = True
        elif letter in "{[":
            stack.append("}" if letter == "{" else "]")
            ends.append((i + 1, "".join(reversed(stack))))
        elif letter in "}]":
            if not stack or stack.pop() != letter:
                return None
            ends.append((i + 1, "".join(reversed(stack))))
        elif letter == ",":
            ends.append((i, "".join(reversed(stack))))
    for end, closing in reversed(ends[-50:]):
        if (value := parse_object(text[:end] + closing)) is not None:
            return value or None
    return None


def dump_object(value: Mapping[str, Any]) -> str:
    """The object as one line, its fields in their order."""
    return json.dumps(value, ensure_ascii=False)


def of_field(value: Any) -> dict[str, Any]:
    """The object in a field of a data file: an object, the text of one, or nothing.

    Raises:
        ValueError: what is wrong, as a phrase that is the same for all rows with that fault.
    """
    if value is None or value == "" or value == []:
        return {}
    if isinstance(value, Mapping):
        return dict(value)
    found = parse_object(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("is no JSON object, and other rows have one")
    return found


def has_objects(values: Iterable[Any]) -> bool:
    """Are the values of a field objects, or the texts of objects? Those that are empty say nothing;
    the first of the others decides, so that the rows that are none are said to be wrong."""
    first = next((value for value in values if value not in (None, "", [])), None)
    return isinstance(first, Mapping) or (
        isinstance(first, str) and parse_object(first) is not None
    )


# --- fields ---------------------------------------------------------------------------------------


def leaves(value: Any, path: str = "") -> list[Piece]:
    """The fields of an object in its order, each with its value as it is written."""
    if isinstance(value, Mapping):
        return [
            leaf
            for name, one in value.items()
            for leaf in leaves(one, f"{path}.{name}" if path else str(name))
        ]
    if isinstance(value, list):
        return [leaf for one in value for leaf in leaves(one, path)]
    text = as_words(value)
    return [(path, text)] if text else []


def as_words(value: Any) -> str:
    """A scalar in one writing: 4.0 is 4, true is true, null is nothing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return "" if value is None else " ".join(str(value).split())


def normalise_field(piece: Piece) -> Piece:
    """A field in the form in which two are compared."""
    return piece[0], " ".join(unicodedata.normalize("NFKC", piece[1]).casefold().split())


def same(first: str, second: str) -> bool:
    """Are two texts the same object? Fields in any order, lists in theirs."""
    one, other = parse_object(first), parse_object(second)
    return one is not None and other is not None and _bare(one) == _bare(other)


def _bare(value: Any) -> Any:
    """Without what is empty; values in the form in which they are compared."""
    if isinstance(value, Mapping):
        return {
            name: bare for name, one in value.items() if (bare := _bare(one)) not in ({}, [], "")
        }
    if isinstance(value, list):
        return [_bare(one) for one in value]
    return normalise_field(("", as_words(value)))[1]


# --- schema ---------------------------------------------------------------------------------------


@dataclass
class _Seen:
    """What was seen at one place of the objects."""

    types: set[str] = field(default_factory=set)
    values: Counter[str] = field(default_factory=Counter)
    fields: dict[str, _Seen] = field(default_factory=dict)
    had: Counter[str] = field(default_factory=Counter)  # how many objects have the field
    objects: int = 0
    items: _Seen | None = None

    def take(self, value: Any) -> None:
        kind = _type(value)
        self.types.add(kind)
        if isinstance(value, Mapping):
            self.objects += 1
            self.had.update(map(str, value))
            self._order([str(name) for name in value])
            for name, one in value.items():
                self.fields[str(name)].take(one)
        elif isinstance(value, list):
            self.items = self.items or _Seen()
            for one in value:
                self.items.take(one)
        elif kind == "string":
            self.values[value] += 1

    def _order(self, names: list[str]) -> None:
        """New fields come after the one that stands before them, so that the order is that of every
        object where all agree."""
        for before, name in zip(["", *names], names, strict=False):
            if name in self.fields:
                continue
            order = list(self.fields)
            order.insert(order.index(before) + 1 if before in self.fields else 0, name)
            self.fields = {one: self.fields.get(one) or _Seen() for one in order}

    def schema(self, deep: int = DEEP) -> dict[str, Any]:
        types = sorted(self.types - {"integer"} if "number" in self.types else self.types)
        made: dict[str, Any] = {"type": types[0] if len(types) == 1 else types} if types else {}
        if "object" in self.types and deep and len(self.fields) <= OPEN_FIELDS:
            made["properties"] = {name: one.schema(deep - 1) for name, one in self.fields.items()}
            made["required"] = [name for name in self.fields if self.had[name] == self.objects]
            made["additionalProperties"] = False
        if "array" in self.types and self.items is not None and self.items.types and deep:
            made["items"] = self.items.schema(deep - 1)
        closed = self.values.total() >= CLOSED_ROWS and len(self.values) <= CLOSED_VALUES
        if closed and min(self.values.values()) > 1 and self.types <= {"string", "null"}:
            made["enum"] = [*sorted(self.values), *([None] if "null" in self.types else [])]
        return made


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    kinds: tuple[tuple[Any, str], ...] = (
        (Mapping, "object"),
        (list, "array"),
        (int, "integer"),
        (float, "number"),
    )
    return next(
        (name for kind, name in kinds if isinstance(value, kind)),
        "null" if value is None else "string",
    )


def schema_of(objects: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A JSON schema that all these objects fit."""
    seen = _Seen()
    for one in objects:
        seen.take(one)
    return seen.schema()


def form_of(rows: Sequence[Example]) -> Form | None:
    """The form that answers must have, by the rows to learn from; None where their targets are no
    objects."""
    objects = [
        found for row in rows if row.target and (found := parse_object(row.target)) is not None
    ]
    if not objects or len(objects) < len(rows):
        return None
    text = json.dumps(schema_of(objects), ensure_ascii=False)
    return Form("json", text if len(text.encode()) <= SCHEMA_BYTES else '{"type": "object"}')


# --- putting together -----------------------------------------------------------------------------


def build_object(pieces: Sequence[Piece], schema: Mapping[str, Any]) -> dict[str, Any]:
    """The object that these fields make under a schema as `schema_of` writes it. Of a field that is
    no list, the first value is taken; of objects in a list a new one begins where a field comes
    again."""
    made = _node(pieces, "", schema)
    return made if isinstance(made, dict) else {}


def _node(pieces: Sequence[Piece], path: str, schema: Mapping[str, Any]) -> Any:
    """The value at a path; None where nothing is there."""
    own = [
        piece
        for piece in pieces
        if piece[0] == path or piece[0].startswith(f"{path}." if path else "")
    ]
    if "items" in schema:
        items = schema["items"]
        if "properties" not in items:
            return [value for piece in own if (value := _scalar(piece[1], items)) is not None]
        return [_node(group, path, items) for group in _groups(own, path)]
    if "properties" not in schema:
        return next(
            (
                value
                for name, words in own
                if name == path and (value := _scalar(words, schema)) is not None
            ),
            None,
        )
    made = {}
    for name, inner in schema["properties"].items():
        value = _node(own, f"{path}.{name}" if path else name, inner)
        needed = name in schema["required"]
        if value in (None, {}, []) and value is not None and not needed:
            continue
        if value is not None or (needed and "null" in _types(inner)):
            made[name] = value
    return made or ({} if not path or "null" not in _types(schema) else None)


def _groups(pieces: Sequence[Piece], path: str) -> list[list[Piece]]:
    groups: list[list[Piece]] = []
    for piece in pieces:
        if not groups or any(piece[0] == other for other, _ in groups[-1]):
            groups.append([])
        groups[-1].append(piece)
    return groups


def _types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    said = schema.get("type", ())
    return (said,) if isinstance(said, str) else tuple(said)


def _scalar(words: str, schema: Mapping[str, Any]) -> Any:
    """The words as a value of the first type that they fit; None where they fit none."""
    types = _types(schema)
    if "boolean" in types and words.casefold() in ("true", "false"):
        return words.casefold() == "true"
    if {"integer", "number"} & set(types):
        plain = words.replace(",", "").replace(" ", "").lstrip("$€£+").rstrip("%")
        try:
            return int(plain)
        except ValueError:
            pass
        try:
            if "number" in types and abs(number := float(plain)) < float("inf"):
                return number
        except ValueError:
            pass
    if "enum" in schema:
        known = {
            normalise_field(("", str(one)))[1]: one for one in schema["enum"] if one is not None
        }
        return known.get(normalise_field(("", words))[1])
    return words if "string" in types else None
