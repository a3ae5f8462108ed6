"""Rows of a table whose quotes do not close as they should: one may be read all the same, or be
set aside alone.

What it is for   quotes inside a quoted cell that are not doubled, a quote that is never closed, a
                 carriage return in a cell: defects of one row, which need not end the reading
How              a quoted cell ends only where the delimiter or the end of the row follows its
                 quote; the row counts where just one way gives it the width of the rows before it
Watch out        after such a row the next ones have to fit, or nothing after it is certain: the
                 reading then ends, as it does where the names themselves are unreadable
"""

import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from typing import NamedTuple

Numbered = tuple[int, str]  # number of a line, its text
SPANNED = 50  # lines of a cell that are tried
WIDEST, TRIED = 200, 500  # cells of a row that is tried, and quotes in it that may close one
LOST = 20  # rows that may be set aside so: each may cost a look at all lines after it


class Lines:
    """The lines that the csv module reads; those of the row it failed at can be read again."""

    def __init__(self, text: Iterable[Numbered]):
        self._text = iter(text)
        self._again: deque[Numbered] = deque()
        self.row: list[Numbered] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.row.append(self._again.popleft() if self._again else next(self._text))
        return self.row[-1][1]

    def end_row(self, taken: int | None = None) -> None:
        """Begin the next row; of this one only the lines `taken` were used."""
        self._again.extendleft(reversed(self.row[len(self.row) if taken is None else taken :]))
        self.row = []


class Failure(NamedTuple):
    """What the csv module says of a row, and the line where it gave up."""

    message: str
    start: int
    last: Numbered


class LooseRows:
    """Reads the rows at which the csv module fails, and watches the rows after them.

    Args:
        mark: the delimiter. lines: what the csv module reads.
    """

    def __init__(self, mark: str, lines: Lines):
        self._mark, self._lines = mark, lines
        self._widths: Counter[int] = Counter()
        self._close = 0  # rows that are yet to be looked at; -1 for all that follow
        self.read: list[Failure] = []
        self.lost: list[Failure] = []
        self.first: Failure | None = None

    def fits(self, cells: Sequence[str]) -> bool:
        """Whether a row that was read as usual can stand after those that were not."""
        watched, self._close = self._close, self._close - (self._close > 0)
        if watched:
            text = "".join(line for _, line in self._lines.row)
            return len(cells) == self._width and text.count('"') % 2 == 0
        self._widths[len(cells)] += 1
        return True

    def mend(self, failure: Failure) -> list[str] | None:
        """The cells of the row that failed; [] where it is lost alone, None where all is.

        The lines that were not used are read again.
        """
        self.first = self.first or failure
        if not self._widths or len(self.lost) == LOST:
            return None
        text, lines = "", self._lines
        for taken in range(1, SPANNED + 1):
            if taken > len(lines.row) and next(lines, None) is None:
                break
            line = lines.row[taken - 1][1]
            text += line
            if taken > 1 and self._is_row(line):
                break  # the next row begins
            if taken == 1 or text.count('"') % 2 == 0:
                cells = self._cells(text.rstrip("\r\n"), failure)
                if cells is not None:
                    self.read.append(failure)
                    # With a quote too many it may end too early.
                    self._close = min(self._close, 0) or int(text.count('"') % 2)
                    lines.end_row(taken)
                    return cells
        if self._close > 0:
            return None
        self.lost.append(failure)
        self._close = -1
        lines.end_row(1)
        return []

    @property
    def _width(self) -> int:
        return self._widths.most_common(1)[0][0]

    def _is_row(self, line: str) -> bool:
        with suppress(csv.Error):
            cells = next(csv.reader([line], delimiter=self._mark, strict=True), [])
            return len(cells) == self._width and line.count('"') % 2 == 0
        return False

    def _cells(self, text: str, failure: Failure) -> list[str] | None:
        if "new-line" in failure.message:
            row = next(csv.reader([text.replace("\r", " ")], delimiter=self._mark), [])
            return row if len(row) == self._width else None
        return split_loosely(text, self._mark, self._width)


def split_loosely(text: str, mark: str, width: int) -> list[str] | None:
    """The cells of a row in which quotes inside of quoted cells need not be doubled; None unless
    there is just one way to `width` cells.

    A cell without quotes around it holds none.
    """
    closing = [one.start() for one in re.finditer(rf'"(?={re.escape(mark)}|\Z)', text)]
    if not 0 < len(closing) <= TRIED or width > WIDEST:
        return None

    @cache
    def ways(start: int, left: int) -> tuple[tuple[tuple[int, int], ...], ...]:
        """At most two ways from a place of the text to so many cells, each as bounds."""
        if text.startswith('"', start):
            ends = [(start + 1, at, at + 1) for at in closing if at > start]
        else:
            end = text.find(mark, start)
            end = len(text) if end < 0 else end
            ends = [] if '"' in text[start:end] else [(start, end, end)]
        made: list[tuple[tuple[int, int], ...]] = []
        for first, last, after in ends:
            if after == len(text):
                made += [((first, last),)] if left == 1 else []
            elif left > 1:
                made += [((first, last), *rest) for rest in ways(after + len(mark), left - 1)]
            if len(made) > 1:
                break
        return tuple(made[:2])

    found = ways(0, width)
    if len(found) != 1:
        return None
    return [text[first:last].replace('""', '"') for first, last in found[0]]
