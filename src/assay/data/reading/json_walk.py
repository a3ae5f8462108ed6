"""Walk over the outermost levels of a JSON text, so that every row has its own line, and a row that
is no JSON costs itself alone.

What it is for   arrays and objects of rows, and objects one after the other; a comma too many or
                 missing between rows, comments between them and a missing end are passed over, with
                 a note
A broken row     the text is searched for the next row: an object with the fields that all rows
                 before it have, or a list of values of the same types
Watch out        where no such row comes soon, too much would be lost in silence: then the text ends
                 there, or is refused
"""

import re
from collections.abc import Iterator
from typing import Any

from assay.core.errors import Problem
from assay.data.reading.findings import KEPT, Findings
from assay.data.reading.strict_json import Broken, Strict, explain

Element = tuple[int, Any]  # line, value; a `Broken` in place of a row that cannot be read
_SPACE = re.compile(r"[ \t\r\n]*")
_COMMENTS = re.compile(r"(?:[ \t\r\n]+|//[^\n]*|#[^\n]*|/\*.*?\*/)*", re.DOTALL)
_ROW = re.compile(r"(?<=[\s,}\]\[])[{\[](?=\s*[\"\d\[{-])")
_ONE = "write one object a line, or one array"
LONGER = 3  # times the longest row, that what is skipped may be
SHORT = 2000  # characters that may be skipped before any row was read


class _Form:
    """What the rows that were read have in common."""

    def __init__(self) -> None:
        self.keys: set[str] | None = None
        self.first, self.longest = "", 0
        self._types: tuple[type, ...] = ()

    def add(self, value: Any, length: int) -> None:
        if isinstance(value, dict) and value:
            self.keys = {*value} if self.keys is None else self.keys & value.keys()
            self.first = self.first or next(iter(value))
        elif isinstance(value, list):
            self._types = tuple(map(type, value))
        if isinstance(value, dict | list):
            self.longest = max(self.longest, length)

    def fits(self, value: Any) -> bool:
        if isinstance(value, dict):
            return bool(self.keys) and (self.keys or set()) <= value.keys()
        return isinstance(value, list) and bool(value) and self._types == (*map(type, value),)


class Walk:
    """Where the reading of a text stands.

    Args:
        found: gets the notes. What is wrong with single values is in `faults`: value, its line, the
            problem.
    """

    def __init__(self, text: str, found: Findings):
        self._text, self._found = text, found
        self._inner = Findings(found.place)
        self._strict = Strict(self._inner)
        self._at, self._line, self._counted = 0, 1, 0
        self._ended = False  # in the middle of an array
        self._form = _Form()  # of the rows of the whole text
        self.faults: list[tuple[Any, int, Problem]] = []
        self.broken: list[Broken] = []  # that stand in place of rows

    def peek(self) -> str:
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at
        if self._text[self._at : self._at + 1] in ("#", "/"):
            comments = _COMMENTS.match(self._text, self._at)
            if comments and comments.end() > self._at:
                self._note("D018", "comments between the values were passed over")
                self._at = comments.end()
        return self._text[self._at : self._at + 1]

    def line(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def value(self) -> Any:
        line = self.line()
        value, self._at = self._strict.value(self._text, self._at, line)
        self.faults += [(value, line, problem) for problem in self._inner.problems]
        self._inner.problems.clear()
        for note in self._inner.notes:
            self._found.note(note)
        return value

    def take(self, mark: str) -> None:
        if self.peek() != mark:
            raise explain(f"Expecting '{mark}'", self._text, self._at)
        self._at += 1

    def elements(self, *, top: bool = False) -> Iterator[Element]:
        """The elements of an array, each with its line. top: it is the whole text."""
        self.take("[")
        yield from self._rows(top)
        if self.peek():
            self.take("]")
        elif not self._ended:
            self._note("D014", "does not end with ]; was it copied to its end?")
            self._ended = True

    def objects(self) -> Iterator[Element]:
        """Objects one after the other, each over one or more lines."""
        yield from self._rows(top=True)

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
            if self._ended:
                return
            if self.peek() == "}":
                break
            self.take(",")
            if self.peek() == "}":
                raise explain("Expecting a field name", self._text, self._at)
        self.take("}")

    def end(self) -> None:
        """
        Raises:
            Broken: something stands behind what was read.
        """
        if self.peek() in ("{", "["):
            raise Broken("D018", "a second value begins here", self._at, _ONE)
        if self.peek():
            raise explain("Extra data", self._text, self._at)

    def tail(self) -> Iterator[Element]:
        """What stands behind an array that should be the whole text: more rows like its own, or
        what is no row."""
        while mark := self.peek():
            form, self._form = self._form, _Form()
            if mark == "[":
                told = Broken("D018", "a second value begins here", self._at, _ONE)
                more = [*self.elements(top=True)]
                if not all(isinstance(one, Broken) or form.fits(one) for _, one in more):
                    raise told
                self._form = form
                self._note("D018", "several arrays one after the other were read as one")
                yield from more
                continue
            self._form = form
            broken = explain("Extra data", self._text, self._at)
            if mark == "{":
                broken = Broken("D018", "a second value begins here", self._at, _ONE)
            yield from self._skip(self._at, broken, form, top=True, here=mark == "{")
            yield from self._rows(top=True)
            if self.peek() == "]":
                self._at += 1

    def _rows(self, top: bool) -> Iterator[Element]:
        """Values up to the end of their array."""
        form = self._form if top else _Form()
        while (mark := self.peek()) not in ("", "]"):
            if mark == ",":
                self._comma()
                continue
            start, line = self._at, self.line()
            try:
                value = self.value()
            except Broken as broken:
                yield from self._skip(start, broken, form, top)
                continue
            form.add(value, self._at - start)
            yield line, value
            if (mark := self.peek()) == ",":
                self._at += 1
                if self.peek() == "]":
                    self._comma()
            elif mark not in ("", "]") and not (mark == "{" and isinstance(value, dict)):
                broken = explain("Expecting ',' delimiter", self._text, self._at)
                yield from self._skip(self._at, broken, form, top, here=mark == "{")

    def _comma(self) -> None:
        self._note("D015", "a comma too many between rows was passed over")
        self._at += self.peek() == ","

    def _skip(
        self, start: int, broken: Broken, form: _Form, top: bool, *, here: bool = False
    ) -> Iterator[Element]:
        """The reasons why the text from `start` to the next row is none, in place of its rows.

        Args:
            here: a row may begin at `start` itself.

        Raises:
            Broken: there is no such row near.
        """
        text, first, most = self._text, form.first, LONGER * form.longest
        if not form.longest:
            named = re.compile(r'\{\s*"((?:[^"\\]|\\.)*)"\s*:').match(text, start)
            first, most = named[1] if named else "", SHORT
        end, lost = len(text), [] if here else [(start, broken)]
        for match in _ROW.finditer(text, start, start + 2 * most + SHORT):
            at = match.start()
            if at == start and not here:
                continue
            try:
                value, _ = Strict(Findings("")).value(text, at, 1)
            except Broken as other:
                if text.startswith(f'"{first}"', at + 1):
                    lost.append((at, other))
                continue
            if form.fits(value) or (not form.longest and first == next(iter(value), None)):
                end = at
                break
        if end > start and not lost:
            lost = [(start, broken)]
        at_end = end == len(text) and (top or broken.code == "D014")
        self.broken += [one for _, one in lost]
        many = end - start > most or len(self.broken) > KEPT
        if many or not (first or form.longest) or (end == len(text) and not at_end):
            raise broken
        for at, one in lost:
            self._at = at
            yield self.line(), one
        self._at, self._ended = end, at_end

    def _note(self, code: str, text: str) -> None:
        self._found.note(f"{code} {self._found.place}: {text}")
