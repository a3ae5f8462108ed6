"""The account of every row: what was done to it, by which step and why, back to file and line.

A line    {"file", "line", "id", "step", "action", "reason", "kept"}; of a made row also {"parents":
          [id, ...]}
Actions   changed, dropped, kept (an official row that a step would have dropped), set aside (by
          `rows_per_label`), made, thrown away (a made row that may not be used)
The flow  {"step", "rows", "changed", "spared", "dropped", "aside", "made", "left"} of each part of
          the work, in order: rows - dropped - aside + made = left, and what is left is what the
          next part begins with
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import Any, NamedTuple

from assay.core.types import Example, Made, Tell


class _Line(NamedTuple):
    place: str  # id of the row in whose place the line stands
    source: str
    id: str
    step: str
    action: str
    reason: str
    kept: str
    parents: tuple[str, ...] | None = None


@dataclass
class _Part:
    """A step, an audit, the split or an augmentation: how many rows it did what to."""

    step: str
    done: Counter[str] = field(default_factory=Counter)


class Ledger:
    """The ledger and the warnings while they are written."""

    def __init__(self, examples: Sequence[Example], tell: Tell):
        self._examples = examples
        self._lines: list[_Line] = []
        self._parts: list[_Part] = []
        self.warnings: list[dict[str, Any]] = []
        self.tell = tell

    def part(self, step: str) -> int:
        """The next part of the work begins; its number."""
        self._parts.append(_Part(step))
        return len(self._parts) - 1

    def note(
        self,
        example: Example,
        step: str,
        action: str,
        reason: str,
        kept: str = "",
        part: int | None = None,
    ) -> None:
        """A line about a row. Without a number of `part` it belongs to the part at work."""
        self._add(
            _Line(example.id, example.source, example.id, step, action, intern(reason), kept), part
        )

    def note_made(self, made: Made, step: str, action: str, reason: str, kept: str = "") -> None:
        """A line about a made row: it stands beside its first parent, under that row's file and
        line."""
        source = made.example.source.partition(", ")[0].partition(" (")[0]
        place = made.parents[0] if made.parents else ""
        self._add(
            _Line(place, source, made.example.id, step, action, intern(reason), kept, made.parents)
        )

    def _add(self, line: _Line, part: int | None = None) -> None:
        if part is None:
            part = len(self._parts) - 1
            if not self._parts or self._parts[part].step != line.step:
                part = self.part(line.step)
        self._parts[part].done[line.action] += 1
        self._lines.append(line)

    def warn(self, code: str, count: int, text: str) -> None:
        self.warnings.append({"code": code, "count": count, "text": text})

    def ledger(self) -> list[dict[str, Any]]:
        """All lines, in the order of the rows."""
        noted = {line.place for line in self._lines}
        places = {
            example.id: at for at, example in enumerate(self._examples) if example.id in noted
        }
        for line in self._lines:  # what was made from a made row stands where that one stands
            if line.parents is not None:
                places.setdefault(line.id, places.get(line.place, len(self._examples)))
        end = len(self._examples)
        order = sorted(
            range(len(self._lines)), key=lambda at: (places.get(self._lines[at].place, end), at)
        )
        return [_row(self._lines[at]) for at in order]

    def sums(self) -> list[dict[str, Any]]:
        """Rows by step, action and reason, in the order in which they first happened."""
        counts = Counter((line.step, line.action, line.reason) for line in self._lines)
        return [{"step": s, "action": a, "reason": r, "rows": n} for (s, a, r), n in counts.items()]

    def reasons(self, action: str) -> Counter[str]:
        return Counter(line.reason for line in self._lines if line.action == action)

    def flow(self) -> list[dict[str, Any]]:
        """How many rows came to each part of the work, and how many it left; see above."""
        rows, flow = len(self._examples), []
        for part in self._parts:
            done = part.done
            left = rows - done["dropped"] - done["set aside"] + done["made"]
            flow.append(
                {
                    "step": part.step,
                    "rows": rows,
                    "changed": done["changed"],
                    "spared": done["kept"],
                    "dropped": done["dropped"],
                    "aside": done["set aside"],
                    "made": done["made"],
                    "left": left,
                }
            )
            rows = left
        return flow


def _row(line: _Line) -> dict[str, Any]:
    file, _, number = line.source.rpartition(":")
    if not number.isdigit():
        file, number = line.source, "0"
    row = {
        "file": intern(file),
        "line": int(number),
        "id": line.id,
        "step": line.step,
        "action": line.action,
    }
    row |= {"reason": line.reason, "kept": line.kept}
    return row if line.parents is None else row | {"parents": list(line.parents)}
