"""Run the curation: audit official splits, apply the steps, split, audit again, and account for every row.

In order      audit official files as they came -> steps -> split -> audit -> rows_per_label
Official      rows of a given val or test file are never dropped: they get the repairs that every question gets, and the
              ledger says which step would have dropped them
Nothing lost  each row that came in is in train, val or test, or has a line in the ledger that says why not
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assay.curate.audit import SPLITS, Audit, audit, leak_error, repair
from assay.curate.split import Leaks, Split, draw, shares_for, split
from assay.errors import DataError, Problem
from assay.nouns import Changed, Dropped, Example, Means, RowStep, SetStep, Tell

Step = RowStep | SetStep
# From here on the half width of an interval is under 10 points whatever the accuracy.
ENOUGH_TEST_ROWS = 100


@dataclass(frozen=True)
class Curated:
    train: tuple[Example, ...]
    val: tuple[Example, ...]
    test: tuple[Example, ...]
    ledger: list[dict[str, Any]]  # file, line, id, step, action, reason, kept; in input order
    counts: dict[str, Any]  # read and kept rows by split; steps: step, action, reason, rows
    audit: Audit  # of the official files as they came; of our own split when there are none
    after: Audit  # of what is handed on
    warnings: list[dict[str, Any]]  # code, count, text


class _Book:
    """The ledger and the warnings while they are written."""

    def __init__(self, examples: Sequence[Example], tell: Tell):
        self._place = {example.id: at for at, example in enumerate(examples)}
        self._lines: list[tuple[int, int, dict[str, Any]]] = []
        self.warnings: list[dict[str, Any]] = []
        self.tell = tell

    def note(self, example: Example, step: str, action: str, reason: str, kept: str = "") -> None:
        file, _, line = example.source.rpartition(":")
        if not line.isdigit():
            file, line = example.source, "0"
        row = {"file": file, "line": int(line), "id": example.id, "step": step, "action": action, "reason": reason}
        self._lines.append((self._place[example.id], len(self._lines), row | {"kept": kept}))

    def warn(self, code: str, count: int, text: str) -> None:
        self.warnings.append({"code": code, "count": count, "text": text})

    @property
    def ledger(self) -> list[dict[str, Any]]:
        return [row for _, _, row in sorted(self._lines, key=lambda line: line[:2])]

    def sums(self) -> list[dict[str, Any]]:
        """Rows by step, action and reason, in the order in which they first happened."""
        counts = Counter((row["step"], row["action"], row["reason"]) for _, _, row in self._lines)
        return [{"step": s, "action": a, "reason": r, "rows": n} for (s, a, r), n in counts.items()]


def run(
    train: Sequence[Example],
    val: Sequence[Example],
    test: Sequence[Example],
    *,
    official: bool,
    steps: Sequence[Step],
    split: Split,
    task_kind: str,
    seed: int,
    means: Means,
    tell: Tell,
) -> Curated:
    """Raw examples to audited splits. Same rows, settings and seed in, the same out.

    Args:
        train, val, test: rows as read; without official splits all rows stand in `train`.
        official: whether files name the splits; with `split.official` false they are pooled all the same.
        task_kind: "classify" keeps the shares of each label in every split.

    Raises:
        LeakError: D050 rows stand on two sides and `split.leaks` does not allow it.
        DataError: D059 no rows are left, at all or in one split.
        UsageError: C073, C074 `split` asks for what cannot be.
    """
    everything = [*train, *val, *test]
    book = _Book(everything, tell)
    rows: dict[str, list[Example]] = {"train": list(train), "val": list(val), "test": list(test)}
    read = {name: len(examples) for name, examples in rows.items()}
    if not official or not split.official:
        rows = {"train": everything, "val": [], "test": []}
    given = [name for name in ("val", "test") if rows[name]]
    shares = shares_for(split, given, task_kind)

    came = audit(rows["train"], rows["val"], rows["test"], threshold=split.near)
    _settle(came, split.leaks, rows, book)
    rows["train"] = _apply(steps, rows["train"], means, book)
    for name in given:
        rows[name] = _held_out(steps, rows[name], name, means, book)
    _divide(rows, shares, split, task_kind, seed, book)
    after = audit(rows["train"], rows["val"], rows["test"], threshold=split.near)
    # A repair can turn official rows into copies of each other. Our own split keeps families together, so there is
    # nothing to find; were there something, it would be ours to put right, not the user's.
    if _settle(after, split.leaks if given else "repair", rows, book, again=True):
        after = audit(rows["train"], rows["val"], rows["test"], threshold=split.near)
    if split.rows_per_label is not None:
        rows["train"], aside = draw(rows["train"], split.rows_per_label, seed)
        for example in aside:
            book.note(example, "split", "set aside", f"more than {split.rows_per_label} rows of its label")
    _refuse_empty(rows, len(everything), book)
    _warn(rows, came, task_kind, book)
    return Curated(
        *(tuple(rows[name]) for name in SPLITS),
        ledger=book.ledger,
        counts={"read": read, "kept": {name: len(kept) for name, kept in rows.items()}, "steps": book.sums()},
        audit=came if given else replace(after, conflicts=came.conflicts),
        after=after,
        warnings=book.warnings,
    )


def _settle(found: Audit, leaks: Leaks, rows: dict[str, list[Example]], book: _Book, again: bool = False) -> bool:
    """Stop, drop or accept what an audit found; true when rows were dropped."""
    if not found.pairs:
        return False
    held = {row for pair in found.pairs for row in pair.right.ids}
    if leaks != "repair":
        open_ = found.without(() if leaks == "stop" else leaks)
        if open_:
            raise leak_error(found, open_)
        if not again:
            book.warn("D050", len(held), f"{len(held):,} rows also stand in a split to their left; accepted by id")
        return False
    gone = repair(found.pairs)
    for name in ("train", "val"):
        for example in rows[name]:
            if example.id in gone:
                book.note(example, "audit", "dropped", *gone[example.id])
        rows[name] = [example for example in rows[name] if example.id not in gone]
    text = f"{len(held):,} val or test rows also stood in train or val; {len(gone):,} rows dropped there"
    book.warn("D050", len(held), text)
    return True


def _results(step: Step, examples: Sequence[Example], means: Means) -> Iterable[Example | Changed | Dropped]:
    if isinstance(step, RowStep):
        return step.many(examples, means)
    return step.apply(examples, means)


def _apply(steps: Sequence[Step], examples: list[Example], means: Means, book: _Book) -> list[Example]:
    for step in steps:
        went_on = []
        for result in _results(step, examples, means):
            if isinstance(result, Dropped):
                book.note(result.example, step.kind, "dropped", result.reason, result.kept)
                continue
            if isinstance(result, Changed):
                book.note(result.example, step.kind, "changed", result.reason)
                result = result.example
            went_on.append(result)
        book.tell({"event": "curate", "step": step.kind, "rows": len(examples), "left": len(went_on)})
        examples = went_on
    return examples


def _held_out(steps: Sequence[Step], examples: list[Example], name: str, means: Means, book: _Book) -> list[Example]:
    """Official rows: the repairs that every question gets, and a line for each row that a step would have dropped."""
    rows = {example.id: example for example in examples}
    left = list(examples)
    spared = 0
    for step in steps:
        always = isinstance(step, RowStep) and step.always
        went_on = []
        for result in _results(step, left, means):
            if isinstance(result, Dropped):
                reason = f"{result.reason}, but an official {name} row"
                book.note(result.example, step.kind, "kept", reason, result.kept)
                spared += 1
                continue
            if isinstance(result, Changed) and always:
                book.note(result.example, step.kind, "changed", result.reason)
                rows[result.example.id] = result.example
            went_on.append(result.example if isinstance(result, Changed) else result)
        left = went_on
    if spared:
        text = f"{spared:,} official {name} rows stay that a step would have dropped (see the ledger)"
        book.warn("D064", spared, text)
    return list(rows.values())


def _divide(
    rows: dict[str, list[Example]], shares: dict[str, float], settings: Split, kind: str, seed: int, book: _Book
) -> None:
    """Fill the splits that no file was given for from train."""
    if len(shares) == 1:
        return
    parts, rare = split(rows["train"], shares, near=settings.near, stratify=kind == "classify", seed=seed)
    rows.update(parts)
    if rare:
        names = ", ".join(repr(label) for label in rare[:5]) + (", ..." if len(rare) > 5 else "")
        text = f"{len(rare)} labels have too few rows for {len(shares)} splits, so all stand in train: {names}"
        book.warn("D033", len(rare), text)


def _refuse_empty(rows: dict[str, list[Example]], read: int, book: _Book) -> None:
    dropped = Counter(line["reason"] for line in book.ledger if line["action"] == "dropped")
    reasons = ", ".join(f"{reason} ({count:,})" for reason, count in dropped.most_common(3))
    because = f"; first reasons: {reasons}" if reasons else ""
    empty = [name for name in SPLITS if not rows[name]]
    if not any(rows.values()):
        raise DataError(
            Problem("D059", f"all {read:,} rows were dropped{because}", "curate", help="loosen the first step named")
        )
    if empty:
        left = ", ".join(f"{name} {len(rows[name]):,}" for name in SPLITS)
        raise DataError(
            Problem(
                "D059",
                f"no rows are left for {' and '.join(empty)} ({left} of {read:,} read){because}",
                "split",
                help="give more rows or larger shares; copies of a row, and rows of one group, stay together",
            )
        )


def _warn(rows: dict[str, list[Example]], came: Audit, kind: str, book: _Book) -> None:
    if kind == "classify" and came.conflicts:
        n = came.conflicting_labels
        first = " and ".join(came.conflicts[0].sources[:2])
        book.warn("D034", n, f"{n:,} {'text has' if n == 1 else 'texts have'} more than one label; first: {first}")
    if (n := len(rows["test"])) < ENOUGH_TEST_ROWS:
        text = f"{n} test rows: an accuracy near 50 % is known to ±{100 * half_width(n):.0f} points"
        book.warn("D060", n, text)


def half_width(n: int) -> float:
    """Half the 95 % interval of a share of one half over n rows, in [0, 1].

    Source: Wilson (1927), doi.org/10.1080/01621459.1927.10502953
    """
    z = 1.96
    return z * math.sqrt(0.25 / n + z * z / (4 * n * n)) / (1 + z * z / n)
