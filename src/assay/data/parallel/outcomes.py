"""What a pass did to some rows: which go on, which changed, which were dropped, and why; and all of
it as JSON.

What it is for   row steps that follow each other are one pass: a row goes through all of them at
                 once, here, in another process or on another machine; what comes back is the same
Why so           a row to which nothing happened has no fate, so that little is written, sent and
                 held
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from assay.core.types import Changed, Dropped, Example, Means, RowStep, SetStep


class Note(NamedTuple):
    """One line for the ledger."""

    step: int  # place of the step in the pass
    action: str  # "changed" or "dropped"
    reason: str
    kept: str = ""  # id of the row that stands for a dropped one


class Fate(NamedTuple):
    """What happened to one row."""

    at: int  # place of the row among those given, from 0
    notes: tuple[Note, ...]
    row: Example | None  # as it goes on; None where it was dropped
    # For rows of an official split: as the last step that is `always` applied left it; None where
    # none changed it.
    firm: Example | None = None


def of_rows(
    steps: Sequence[RowStep], examples: Iterable[Example], means: Means, official: bool
) -> Iterator[Fate]:
    """Fates of single rows, in order. `official`: also say what became of a row by the `always`
    steps alone."""
    came = list(examples)
    rows: dict[int, Example] = dict(enumerate(came))  # those that go on
    notes: dict[int, list[Note]] = {}
    firm: dict[int, Example] = {}
    for number, step in enumerate(steps):
        for at, result in zip([*rows], step.many([*rows.values()], means), strict=True):
            if isinstance(result, Dropped):
                notes.setdefault(at, []).append(Note(number, "dropped", result.reason, result.kept))
                del rows[at]
            elif isinstance(result, Changed):
                notes.setdefault(at, []).append(Note(number, "changed", result.reason))
                rows[at] = result.example
                if official and step.always:
                    firm[at] = result.example
            else:
                rows[at] = result
    for at, example in enumerate(came):
        if at in notes or rows.get(at) is not example:
            yield Fate(at, tuple(notes.get(at, ())), rows.get(at), firm.get(at))


def of_set(step: SetStep, examples: Sequence[Example], means: Means) -> Iterator[Fate | None]:
    """What a set step does to each row, in order; None for a row to which nothing happens."""
    for at, (example, result) in enumerate(zip(examples, step.apply(examples, means), strict=True)):
        if isinstance(result, Dropped):
            yield Fate(at, (Note(0, "dropped", result.reason, result.kept),), None)
        elif isinstance(result, Changed):
            yield Fate(at, (Note(0, "changed", result.reason),), result.example)
        else:
            yield None if result is example else Fate(at, (), result)


# --- as JSON --------------------------------------------------------------------------------------


def encode_line(value: Any) -> bytes:
    """One line of JSON that gives back every text exactly, half a surrogate pair included."""
    return (
        json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(
            "utf-8", "surrogatepass"
        )
        + b"\n"
    )


def decode_line(line: bytes) -> Any:
    return json.loads(line.decode("utf-8", "surrogatepass"))


def to_json(fate: Fate) -> list[Any]:
    row = fate.row and fate.row.to_json()
    firm: Any = (
        True
        if fate.firm is not None and fate.firm is fate.row
        else fate.firm and fate.firm.to_json()
    )
    return [fate.at, [list(note) for note in fate.notes], row, firm]


def from_json(value: list[Any]) -> Fate:
    at, notes, row, firm = value
    row = row and Example.from_json(row)
    firm = row if firm is True else firm and Example.from_json(firm)
    return Fate(at, tuple(Note(*note) for note in notes), row, firm)
