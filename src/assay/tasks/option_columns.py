"""Which columns hold the options of a question: one with a list, or one each under lettered or
numbered names."""

import re
from collections.abc import Sequence

from assay.tasks.columns import Column

_LETTERED = re.compile(
    r"(?:(?:choice|option|opt|sol|solution|ending|answer|op|hyp|hypothesis|alternative)"
    r"[ _-]?)?([a-z]|\d)",
    re.IGNORECASE,
)
# Any stem with a mark; one option more than a pair of texts has, since its name says nothing.
_MARKED = re.compile(r".+?(?:[ _-](?=[a-z]\Z)|[ _-]?(?=\d\Z))([a-z]|\d)", re.IGNORECASE)
_OPTIONS = ("choices", "options", "candidates", "endings", "alternatives")
_OPTIONS += ("answer_options", "answer_choices")


def choice_list_column(found: Sequence[Column]) -> list[str]:
    """A column with the options as a list."""
    named = [c for c in found if c.key in _OPTIONS and (c.nested > 0.9 or _objects(c, found))]
    return [named[0].name] if named else []


def _objects(column: Column, found: Sequence[Column]) -> bool:
    return any(other.name == f"{column.name}.text" and other.nested > 0.9 for other in found)


def column_series(found: Sequence[Column]) -> list[list[str]]:
    """Columns A, B, C, D or choice0, choice1, ... or sol1, sol2: one stem, and marks without a
    gap."""
    runs: dict[tuple[str, ...], None] = {}
    for pattern, least in ((_LETTERED, 2), (_MARKED, 3)):
        stems: dict[str, dict[str, str]] = {}
        for column in found:
            if (match := pattern.fullmatch(column.name)) and column.filled:
                stem = column.name[: match.start(1)]
                stems.setdefault(stem.casefold(), {})[match[1].casefold()] = column.name
        for marks in stems.values():
            for series in ("abcdefghijklmnopqrstuvwxyz", "0123456789", "123456789"):
                run = [marks[mark] for mark in series[: len(marks)] if mark in marks]
                if len(run) == len(marks) >= least:
                    runs[tuple(run)] = None
    return [list(run) for run in runs]
