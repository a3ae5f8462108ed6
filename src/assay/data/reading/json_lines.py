"""Read JSON: one object a line, an array of objects or of lists of cells, or an object that holds
the rows.

Watch out        an object that is no row itself is read as `keyed` says, and noted
"""

import re
from collections.abc import Iterator
from typing import Any

from assay.data.reading.findings import Findings, excerpt
from assay.data.reading.keyed_json import rows_of, table
from assay.data.reading.source import InputFile
from assay.data.reading.strict_json import Broken, Strict, explain
from assay.data.reading.text_encoding import lines

Numbered = tuple[int, dict[str, Any]]  # line or index from 1, fields

_SPACE = re.compile(r"[ \t\r\n]*")
_NAMES = {
    list: "a list",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


def holds_one_value(start: str, name: str) -> bool:
    """Is a file that starts so one JSON value, rather than an object a line?"""
    text = start.lstrip("\ufeff \t\r\n")
    first, _, rest = text.partition("\n")
    first = first.strip()
    if name.endswith((".jsonl", ".ndjson")):
        # One array saved under the wrong suffix is read; a line that is an array among other lines
        # is a bad row.
        return first == "{" or (text.startswith("[") and not (first.endswith("]") and rest.strip()))
    if not text.startswith("{"):
        return True
    try:
        _, end = Strict(Findings("")).value(first, 0, 1)
    except Broken as broken:
        # An object that goes on after the line is one value; a line that is wrong in itself is not.
        return broken.code == "D014" or not rest.lstrip().startswith("{")
    return bool(first[end:].strip()) or not rest.strip()


def read_lines(
    source: InputFile, found: Findings, *, encoding: str | None, head: int | None
) -> list[Numbered]:
    """One object a line, or one list of cells; blank lines are passed over."""
    strict, rows, cells = Strict(found), [], []
    for number, whole in lines(source, found, encoding=encoding):
        text = whole.strip(" \t\r\n")
        if not text:
            continue
        if head is not None and max(len(rows), len(cells) - 1) >= head:
            break
        try:
            value, end = strict.value(text, 0, number)
            if end < len(text):
                raise _trailing(text, end)
        except Broken as broken:
            if broken.code == "D014" and whole.endswith("\n"):
                told = "line is cut off: the object does not end on it"
                broken = Broken(
                    "D014", told, broken.at, "one object a line; write it with json.dumps"
                )
            found.problem(
                broken.code, broken.text, number, help=broken.help, excerpt=excerpt(text, broken.at)
            )
            continue
        if isinstance(value, dict):
            rows.append((number, value))
        elif isinstance(value, list) and not rows and len(value) > 1:
            cells.append((number, value))
        else:
            found.problem(
                "D025", f"is {_NAMES[type(value)]}, rows are objects", number, excerpt=excerpt(text)
            )
    if cells and not rows:
        return table(cells, found)[:head]
    for number, value in cells:
        found.problem(
            "D025", "is a list, rows are objects", number, excerpt=excerpt(repr(value)[:200])
        )
    return rows


def _trailing(text: str, end: int) -> Broken:
    rest = text[end:].lstrip()
    at = len(text) - len(rest)
    if rest[0] in "{[":
        return Broken("D018", "two values on one line", at, "write one object a line")
    if rest == ",":
        return Broken("D015", "comma after the object", at, "remove the comma")
    return explain("Extra data", text, at)


def read_value(
    source: InputFile, found: Findings, *, encoding: str | None, head: int | None, part: str = ""
) -> list[Numbered]:
    """The rows of a file that is one JSON value; of several lists, those of `part`. Their number is
    the line they start on, or their index where several start on one line."""
    text = "".join(line for _, line in lines(source, found, encoding=encoding, whole=True))
    walk = _Walk(text, found)
    try:
        rows = _rows(walk, found, head, part)
    except Broken as broken:
        # The line where the parser stopped; the offending text is shown around it.
        line, start = text.count("\n", 0, broken.at) + 1, text.rfind("\n", 0, broken.at) + 1
        end = text.find("\n", broken.at)
        whole = text[start : end if end >= 0 else len(text)]
        found.problem(
            broken.code,
            broken.text,
            line,
            help=broken.help,
            excerpt=excerpt(whole, broken.at - start),
        )
        return []
    numbers = [line for line, _ in rows]
    if len(set(numbers)) < len(numbers):
        found.note(
            f"{source.place}: several rows start on one line, so rows are named by their place"
            " in the file, from 1"
        )
        rows = [(index, row) for index, (_, row) in enumerate(rows, 1)]
        found.whole |= bool(found.bad)  # which row a line of those is, is not known any more
    kept: list[Numbered] = []
    found.starts = [
        (split, sum(isinstance(row, dict) for _, row in rows[:at])) for split, at in found.starts
    ]
    for number, row in rows:
        if isinstance(row, dict):
            kept.append((number, row))
        else:
            found.problem(
                "D025",
                f"is {_NAMES[type(row)]}, rows are objects",
                number,
                excerpt=excerpt(repr(row)[:200]),
            )
    return kept


class _Walk:
    """Walks over the outermost one or two levels of a JSON text, so that every row has its own
    line."""

    def __init__(self, text: str, found: Findings):
        self._text, self._strict = text, Strict(found)
        self._at, self._line, self._counted = 0, 1, 0

    def peek(self) -> str:
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at
        return self._text[self._at : self._at + 1]

    def line(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def value(self) -> Any:
        value, self._at = self._strict.value(self._text, self._at, self.line())
        return value

    def take(self, mark: str) -> None:
        if self.peek() != mark:
            raise explain(f"Expecting '{mark}'", self._text, self._at)
        self._at += 1

    def elements(self) -> Iterator[tuple[int, Any]]:
        self.take("[")
        while self.peek() != "]":
            line = self.line()
            yield line, self.value()
            if self.peek() == "]":
                break
            self.take(",")
            if self.peek() == "]":
                raise explain("Expecting value", self._text, self._at)
        self.take("]")

    def members(self) -> Iterator[tuple[int, str, Any]]:
        """(line, key, value) of an object; a list is opened into its own (line, element) pairs."""
        self.take("{")
        while self.peek() != "}":
            if self.peek() != '"':
                raise explain("Expecting a field name in double quotes", self._text, self._at)
            line, name = self.line(), self.value()
            self.take(":")
            value = list(self.elements()) if self.peek() == "[" else self.value()
            yield line, name, value
            if self.peek() == "}":
                break
            self.take(",")
            if self.peek() == "}":
                raise explain("Expecting a field name", self._text, self._at)
        self.take("}")

    def end(self) -> None:
        if self.peek() in ("{", "["):
            raise Broken(
                "D018",
                "a second value begins here",
                self._at,
                "write one object a line, or one array",
            )
        if self.peek():
            raise explain("Extra data", self._text, self._at)


def _rows(walk: _Walk, found: Findings, head: int | None, part: str) -> list[tuple[int, Any]]:
    rows: list[tuple[int, Any]] = []
    if walk.peek() == "[":
        for row in walk.elements():
            if head is not None and len(rows) > head:
                return _of_array(rows, found)[:head]
            rows.append(row)
        walk.end()
        return _of_array(rows, found)[:head]
    if walk.peek() != "{":
        value = walk.value()
        found.problem("D025", f"is {_NAMES[type(value)]}, rows are objects", 1)
        return []
    members = list(walk.members())
    if walk.peek() == "{":  # objects one after the other, each over several lines
        rows = [
            (
                1,
                {
                    name: [v for _, v in one] if isinstance(one, list) else one
                    for _, name, one in members
                },
            )
        ]
        while walk.peek() == "{" and (head is None or len(rows) < head):
            rows.append((walk.line(), walk.value()))
        if head is None:
            walk.end()
        return rows
    walk.end()
    return rows_of(members, found, part)[:head]


def _of_array(rows: list[tuple[int, Any]], found: Findings) -> list[tuple[int, Any]]:
    """The elements of an array; lists of cells are a table, texts are rows with one field."""
    found.note(f"{found.place}: read as one JSON array")
    if rows and all(isinstance(row, str) for _, row in rows):
        return [(line, {"text": row}) for line, row in rows]
    lists = [row for _, row in rows if isinstance(row, list)]
    return table(rows, found) if len(lists) == len(rows) > 1 and len(lists[0]) > 1 else rows
