"""Named pieces beside the strict F1: half right where a piece overlaps, and each type by itself.

entity_partial_f1  a named piece that lies exactly where one of the target lies is 1, one that
                   overlaps it a half; F1 over all rows together. Types do not count: this is
                   "partial" of SemEval-2013, and of nervaluate
entity_macro_f1    strict F1 of each type, mean over types: as seqeval's macro average
by_type            the table of the types' precision, recall and F1, worst first
Places             are found again in the text, each piece after the one before it; a piece that the
                   text does not have overlaps nothing. Exact pairs are made first, then each piece
                   takes the first that it overlaps
Other types        a type that no target has is counted as one more type, whose F1 is 0
Unreadable         an answer that could not be parsed names nothing, and stays in n
Source             Segura-Bedmar, Martínez and Herrero-Zazo (2013), SemEval-2013 Task 9,
                   aclanthology.org/S13-2056; Chinchor and Sundheim (1993), MUC-5,
                   aclanthology.org/M93-1007; Nakayama (2018), github.com/chakki-works/seqeval
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from assay.core.types import Metric, Record, Task
from assay.evaluation.metrics.by_label import mean_over, share
from assay.evaluation.metrics.entity_f1 import match_pieces
from assay.tasks.entities import Piece, Span, locate_entities, pieces_of


def _f1(right: Any, sizes: Any, n: Any) -> np.ndarray:
    """2 right / sizes; 1 where there is nothing to name and nothing named."""
    return np.where(np.asarray(n) > 0, share(2 * np.asarray(right), sizes, 1.0), np.nan)


def partly(ours: Sequence[Span], theirs: Sequence[Span]) -> tuple[int, int]:
    """(exact, overlapping) pairs of spans, each span in one pair at most."""
    left = Counter((start, end) for start, end, _ in theirs)
    rest, exact = [], 0
    for start, end, _ in ours:
        if left[start, end]:
            left[start, end] -= 1
            exact += 1
        else:
            rest.append((start, end))
    free = sorted(left.elements())
    overlapping = 0
    for start, end in rest:
        pair = next((span for span in free if span[0] < end and start < span[1]), None)
        if pair:
            free.remove(pair)
            overlapping += 1
    return exact, overlapping


class EntityPartialF1(Metric):
    """Three columns: exact pairs and half the overlapping ones, pieces named, pieces of the
    target."""

    name = "entity_partial_f1"
    about = (
        "F1 of named pieces where an overlap counts a half, whatever their types (SemEval-2013"
        " partial)"
    )

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        return np.array([self._one(record) for record in records], dtype=np.float64).reshape(-1, 3)

    def _one(self, record: Record) -> tuple[float, int, int]:
        text, named = record.question.text, pieces_of(record.answer.text or "")
        ours = locate_entities(named, text)
        found = []
        for target in (record.target, *record.also):
            pieces = pieces_of(target)
            exact, overlapping = partly(ours, locate_entities(pieces, text))
            found.append((exact + overlapping / 2, len(named), len(pieces)))
        return max(found, key=lambda one: (2 * one[0] + 1) / (one[1] + one[2] + 1))

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        sums = np.asarray(sums)
        return _f1(sums[..., 0], sums[..., 1] + sums[..., 2], n)


def types_of(records: Sequence[Record], task: Task) -> tuple[str, ...]:
    """The task's types, then those of targets that are none of them: the same for all arms."""
    there = {
        kind
        for record in records
        for target in (record.target, *record.also)
        for kind, _ in pieces_of(target)
    }
    return (*task.labels, *sorted(there - set(task.labels)))


def counts(records: Sequence[Record], task: Task) -> np.ndarray:
    """Right, named and target pieces of each type, other types last: (records, 3, types + 1)."""
    place = {kind: index for index, kind in enumerate(types_of(records, task))}
    rows = np.zeros((len(records), 3, len(place) + 1))
    for row, record in zip(rows, records, strict=True):
        ours, theirs = match_pieces(record)
        sides: tuple[Counter[Piece], ...] = (ours & theirs, ours, theirs)
        for line, side in zip(row, sides, strict=True):
            for (kind, _), times in side.items():
                line[place.get(kind, len(place))] += times
    return rows


class EntityMacroF1(Metric):
    """Three columns a type: right, named and target pieces of all types, one more for all types
    that are none."""

    name = "entity_macro_f1"
    about = "strict F1 of each type of piece, mean over types (seqeval's macro average)"

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        return counts(records, task).reshape(len(records), -1)

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        right, named, there = np.split(np.asarray(sums), 3, axis=-1)
        sizes = named + there
        value = mean_over(share(2 * right, sizes), sizes > 0)
        # Nothing to name and nothing named: as entity_f1 has it.
        return np.where(np.asarray(n) > 0, np.where((sizes > 0).any(axis=-1), value, 1.0), np.nan)


def by_type(records: Sequence[Record], task: Task) -> list[dict[str, Any]]:
    """The table: {"label", "n", "answered", "precision", "recall", "f1"} of every type, worst F1
    first. `n` counts the pieces of the targets, `answered` those named."""
    names = [*types_of(records, task), "other types"]
    right, named, there = counts(records, task).sum(axis=0)
    table = []
    for i, name in enumerate(names):
        parts = {"precision": (right[i], named[i]), "recall": (right[i], there[i])}
        parts["f1"] = (2 * right[i], named[i] + there[i])
        values = {
            key: round(float(over / under), 6) if under else None
            for key, (over, under) in parts.items()
        }
        if i < len(names) - 1 or named[i]:
            table.append({"label": name, "n": int(there[i]), "answered": int(named[i]), **values})
    return sorted(
        table, key=lambda one: (2.0 if one["f1"] is None else one["f1"], -one["n"], one["label"])
    )
