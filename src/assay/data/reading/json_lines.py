"""Read JSON: one object a line, an array of objects or of lists of cells, or an object that holds
the rows.

Watch out        an object that is no row itself is read as `keyed` says, and noted
"""

import re
from collections.abc import Sequence
from itertools import chain
from typing import Any

from assay.data.reading.findings import INSIDE, Findings, excerpt
from assay.data.reading.json_walk import Walk
from assay.data.reading.keyed_json import rows_of, table
from assay.data.reading.keyed_talks import TURN
from assay.data.reading.source import InputFile
from assay.data.reading.strict_json import Broken, Strict, explain
from assay.data.reading.text_encoding import STAND_IN, lines

Numbered = tuple[int, dict[str, Any]]  # line or index from 1, fields

_NEXT = re.compile(r"[\s,]*")  # between objects of one line
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
    comments = passed = several = 0
    for number, whole in lines(source, found, encoding=encoding):
        text = whole.strip()
        if not text or text.startswith(("#", "//")):
            comments += bool(text)
            continue
        if head is not None and max(len(rows), len(cells) - 1) >= head:
            break
        try:
            values, commas = _values(text, number, strict)
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
        passed += commas
        several += len(values) > 1
        for value in values:
            if isinstance(value, dict):
                rows += [(number, value)] if value else []
            elif isinstance(value, list) and not rows and len(value) > 1:
                cells.append((number, value))
            else:
                found.problem(
                    "D025",
                    f"is {_NAMES[type(value)]}, rows are objects",
                    number,
                    excerpt=excerpt(text),
                )
    for count, told in (
        (comments, "comments between the rows were passed over"),
        (passed, "commas behind the objects were passed over"),
        (several, "several objects on one line are a row each"),
    ):
        if count:
            found.note(f"D018 {source.place}: {told}, {count:,} in all")
    if cells and not rows:
        return table(cells, found)[:head]
    for number, value in cells:
        found.problem(
            "D025", "is a list, rows are objects", number, excerpt=excerpt(repr(value)[:200])
        )
    return rows


def _values(text: str, number: int, strict: Strict) -> tuple[list[Any], bool]:
    """The objects of a line, mostly one, and whether a comma stands behind one.

    Raises:
        Broken: something else stands there.
    """
    value, end = strict.value(text, 0, number)
    values, commas = [value], False
    while end < len(text):
        gap = _NEXT.match(text, end)
        at = gap.end() if gap else end
        if not isinstance(value, dict) or (at < len(text) and text[at] != "{"):
            raise _trailing(text, end)
        commas |= "," in text[end:at]
        if at < len(text):
            value, at = strict.value(text, at, number)
            values.append(value)
        end = at
    return values, commas


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
    walk = Walk(text, found)
    try:
        rows = _rows(walk, found, head, part)
        if head is None and len(walk.broken) > sum(isinstance(row, Broken) for _, row in rows):
            raise walk.broken[0]  # it is in no row
    except Broken as broken:
        # The line where the parser stopped.
        _report(broken, text, text.count("\n", 0, broken.at) + 1, found)
        return []
    numbers = [line for line, _ in rows]
    if len(set(numbers)) < len(numbers):
        found.note(
            f"{source.place}: several rows start on one line, so rows are named by their place"
            " in the file, from 1"
        )
        rows = [(index, row) for index, (_, row) in enumerate(rows, 1)]
        _locate(rows, found)
    kept: list[Numbered] = []
    found.starts = [
        (split, sum(isinstance(row, dict) and bool(row) for _, row in rows[:at]))
        for split, at in found.starts
    ]
    for number, row in rows:
        if isinstance(row, dict):
            kept += [(number, row)] if row else []
        elif isinstance(row, Broken):
            _report(row, text, number, found)
        else:
            found.problem(
                "D025",
                f"is {_NAMES[type(row)]}, rows are objects",
                number,
                excerpt=excerpt(repr(row)[:200]),
            )
    numbered = {id(row): number for number, row in rows}
    for value, line, one in walk.faults:
        at = numbered.get(id(value), line)
        found.problem(one.code, one.text, at, help=one.help, excerpt=one.excerpt)
    return kept


def _locate(rows: Sequence[tuple[int, Any]], found: Findings) -> None:
    """What is wrong inside of lines, as problems of the rows that have a stand-in for it."""
    if not found.bad:
        return
    why = next(iter(found.bad.values()))
    damaged = [number for number, row in rows if STAND_IN in repr(row)]
    if not damaged and not any(isinstance(row, Broken) for _, row in rows):
        found.whole = True
    found.whole |= any(code not in INSIDE for code, *_ in found.bad.values())
    found.bad = dict.fromkeys(damaged, why)


def _report(broken: Broken, text: str, number: int, found: Findings) -> None:
    """The problem of a value that is no JSON, with the text around the place where it breaks."""
    start = text.rfind("\n", 0, broken.at) + 1
    end = text.find("\n", broken.at)
    part = excerpt(text[start : end if end >= 0 else len(text)], broken.at - start)
    found.problem(broken.code, broken.text, number, help=broken.help, excerpt=part)


def _rows(walk: Walk, found: Findings, head: int | None, part: str) -> list[tuple[int, Any]]:
    rows: list[tuple[int, Any]] = []
    if walk.peek() == "[":
        for row in chain(walk.elements(top=True), walk.tail()):
            if head is not None and len(rows) > head:
                return _of_array(rows, found)[:head]
            rows.append(row)
        return _of_array(rows, found)[:head]
    if walk.peek() != "{":
        value = walk.value()
        found.problem("D025", f"is {_NAMES[type(value)]}, rows are objects", 1)
        return []
    members = list(walk.members())
    if walk.peek() in ("{", ","):  # objects one after the other, each over several lines
        rows = [
            (
                1,
                {
                    name: [v for _, v in one] if isinstance(one, list) else one
                    for _, name, one in members
                },
            )
        ]
        for row in walk.objects():
            if head is not None and len(rows) >= head:
                return rows
            rows.append(row)
        walk.end()
        return rows
    walk.end()
    return rows_of(members, found, part)[:head]


def _are_talks(lists: list[list[Any]]) -> bool:
    """Are these dialogues, or lists of objects of several lengths, and no rows of cells?"""
    if all(isinstance(e, str) for some in lists for e in some):
        places = zip(*(some[:3] for some in lists[:200]), strict=False)
        written = [sum(len(one.split()) for one in column) for column in places]
        return len(written) > 2 and min(written) >= 3 * len(lists[:200])
    if not all(isinstance(e, dict) for some in lists for e in some):
        return False
    spoken = all(TURN & one.keys() for some in lists for one in some)
    return spoken or len({*map(len, lists)}) > 1


def _of_array(rows: list[tuple[int, Any]], found: Findings) -> list[tuple[int, Any]]:
    """The elements of an array; lists of cells are a table, texts are rows with one field."""
    found.note(f"{found.place}: read as one JSON array")
    if rows and all(isinstance(row, str) for _, row in rows):
        return [(line, {"text": row}) for line, row in rows]
    broken = [one for one in rows if isinstance(one[1], Broken)]
    lists = [row for _, row in rows if isinstance(row, list)]
    if len(lists) + len(broken) < len(rows) or len(lists) < 2 or len(lists[0]) < 2:
        return rows
    if _are_talks(lists):
        return [(line, {"dialogue": row} if isinstance(row, list) else row) for line, row in rows]
    return sorted([*table(rows, found), *broken], key=lambda one: one[0])
