"""What is wrong with the targets of all files together, and what is only worth a warning.

What it is for   labels that differ by a typo, a type or a capital letter would become classes of
                 their own
Watch out        D031 stops, unless the project lists both spellings under `task.labels`, or joins
                 them (label_lookalikes.py)
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from assay.core.errors import Problem, nearest
from assay.core.types import NOTHING, Example
from assay.data.reading.findings import rows
from assay.data.reading.label_lookalikes import describe_label, groups
from assay.tasks.label_sets import joined_labels, labels_in
from assay.tasks.options import LETTERS

LEAST_SORTED = 30  # rows from which an order can be told from chance
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_COMMA = re.compile(r"[+-]?\d+,\d+")


def kinds_of_values(values: Iterable[tuple[Any, str]]) -> dict[str, dict[str, str]]:
    """{label as text: {type in words: first source}} of raw targets, to see where 1 and "1" both
    occur."""
    seen: dict[str, dict[str, str]] = {}
    for value, source in values:
        if isinstance(value, bool | int | float | str):
            kind = (
                "text"
                if isinstance(value, str)
                else "true or false"
                if isinstance(value, bool)
                else "number"
            )
            text = str(value).lower() if isinstance(value, bool) else str(value).strip()
            seen.setdefault(text, {}).setdefault(kind, source)
    return seen


def check_labels(
    splits: Mapping[str, Sequence[Example]],
    raw: Mapping[str, Mapping[str, str]],
    listed: Sequence[str],
) -> tuple[list[Problem], list[dict]]:
    """Problems and warnings of a classify task: D029 to D034, D040, D046, D214.

    Args:
        splits: "train", "val", "test".
        raw: from `kinds_of_values`.
        listed: the labels that the project names; empty when they are taken from the data.
    """
    counts = Counter(example.target for example in splits["train"] if example.target)
    every = [example for part in splits.values() for example in part if example.target]
    first: dict[str, str] = {}
    for example in every:
        first.setdefault(example.target or "", example.source)
    problems = [*_alike(every, first, listed), *_unknown(every, listed)]
    if len(first) == 1 and not listed:
        ((label, source),) = first.items()
        told = f"all {len(every):,} rows have '{label}'; there is nothing to learn"
        problems.append(
            Problem(
                "D032",
                told,
                source,
                help="take more rows, or map another field: data.columns.label",
            )
        )
    warnings = [
        *_type_conflicts(raw),
        *_unseen(splits, counts),
        *_rare(counts, first, splits),
        *_conflicts(every),
        *_commas(first),
        *_several(first),
    ]
    return problems, warnings + _answer_leaks(every, share=0.5)


def check_label_sets(
    splits: Mapping[str, Sequence[Example]],
    raw: Mapping[str, Mapping[str, str]],
    listed: Sequence[str],
    none: str = "",
) -> tuple[list[Problem], list[dict]]:
    """Problems and warnings of a task with several labels a row: D030 to D034, label by label.

    Args:
        raw: as `check_labels`. none: what the empty set is called.
    """
    nothing = none or NOTHING
    apart = {
        name: [one for row in rows for one in _apart(row, nothing)] for name, rows in splits.items()
    }
    every = [example for part in apart.values() for example in part]
    first: dict[str, str] = {}
    for example in every:
        first.setdefault(example.target or "", example.source)
    problems = [
        *_alike(every, first, listed),
        *_unknown(every, listed),
    ]
    if not first:
        source = next((row.source for rows in splits.values() for row in rows), "")
        told = "no row has a label; there is nothing to learn"
        problems.append(
            Problem("D032", told, source, help="map another field: data.columns.labels")
        )
    counts = Counter(example.target for example in apart["train"] if example.target)
    rare = _rare(counts, first, splits)
    sets = [row for part in splits.values() for row in part if row.target]
    return problems, [*_unseen(apart, counts), *rare, *_conflicts(sets)]


def _apart(example: Example, nothing: str) -> list[Example]:
    """The row once for each of its labels."""
    return [replace(example, target=label) for label in labels_in(example.target or "", nothing)]


def check_answers(splits: Mapping[str, Sequence[Example]]) -> list[dict]:
    """Warnings of the other tasks: D046, D232."""
    every = [example for part in splits.values() for example in part if example.target]
    return [*_answer_leaks(every, share=0.0), *_one_answer(every)]


def order_field(examples: Sequence[Example], kind: str) -> str:
    """The name of what the rows are sorted by: "label", a slice; "" where they are not.

    Rows that are mixed change their value about n (1 - sum p^2) times, p being the share of each
    value. Sorted ones change it a tenth as often at most.
    """
    columns = {"label": [one.target or "" for one in examples]} if kind == "classify" else {}
    for name in dict.fromkeys(name for one in examples for name, _ in one.slices):
        columns[name] = [dict(one.slices).get(name, "") for one in examples]
    for name, values in columns.items():
        n, counts = len(values), Counter(values)
        mixed = n * (1 - sum((count / n) ** 2 for count in counts.values()))
        changes = sum(one != other for one, other in pairwise(values))
        if n >= LEAST_SORTED and mixed >= 10 and changes <= 0.1 * mixed:
            return name
    return ""


def check_row_order(
    examples: Sequence[Example], kind: str, cut: bool
) -> tuple[list[str], list[dict]]:
    """A note, or the warning D235 where the first rows alone were taken (`cut`), on rows that are
    sorted."""
    name = order_field(examples, kind)
    if not name:
        return [], []
    if not cut:
        return [f"the rows are sorted by {name}; splits and samples are drawn from all of them"], []
    told = (
        "the first rows of a file"
        f" that is sorted by {name} were taken, so they are not like the rest"
    )
    way_out = "leave out #N behind its name and draw a sample: data: {sample: 500}"
    return [], [_warning("D235", len(examples), f"{told}; {way_out}")]


def _one_answer(every: Sequence[Example]) -> list[dict]:
    """The same answer in all rows, or in nearly all of a multiple choice: then nothing has to be
    read to be right."""
    if len(every) < 10:
        return []
    ((target, n),) = Counter(example.target for example in every).most_common(1)
    letters = all(example.options for example in every) and target in LETTERS
    if letters and n >= 0.9 * len(every):
        told = (
            f"the right option is {target} in {n:,} of {len(every):,} rows: it is right without"
            " reading"
        )
        return [
            _warning(
                "D232",
                n,
                f"{told}; to put options in another order: data: {{shuffle_options: true}}",
            )
        ]
    if n == len(every):
        told = f"all {n:,} rows have the target '{(target or '')[:40]}'; there is nothing to learn"
        return [
            _warning("D232", n, f"{told}; name another field: data: {{columns: {{answer: NAME}}}}")
        ]
    return []


def _type_conflicts(raw: Mapping[str, Mapping[str, str]]) -> list[dict]:
    return [
        _warning(
            "D029",
            1,
            f'{label} and "{label}" both occur and are one label: '
            + ", ".join(f"{kind} in {source}" for kind, source in kinds.items()),
        )
        for label, kinds in raw.items()
        if len(kinds) > 1
    ]


def _alike(
    every: Sequence[Example], first: Mapping[str, str], listed: Sequence[str]
) -> list[Problem]:
    counts = Counter(example.target or "" for example in every)
    return [
        Problem(
            "D031",
            f"{', '.join(f'{describe_label(label)} in {rows(counts[label])}' for label in group)}"
            " look the same",
            max((first[label] for label in group), key=list(first.values()).index),
            help="to read all as the first: --set data.join_labels=true,"
            " or data: {join_labels: true}; if they do differ, list both under task.labels",
        )
        for group in groups(counts)
        if not set(group) <= set(listed)
    ]


def _unknown(every: Sequence[Example], listed: Sequence[str]) -> list[Problem]:
    if not listed:
        return []
    unknown: dict[str, list[str]] = {}
    for example in every:
        if example.target not in listed:
            unknown.setdefault(example.target or "", []).append(example.source)
    problems = []
    for label, sources in unknown.items():
        near = nearest(label, listed)
        hint = f"did you mean '{near}'? " if near else ""
        have = (
            f"{rows(len(sources))} {'has' if len(sources) == 1 else 'have'} it; mend them, or"
            " list it under task.labels"
        )
        told = f"label '{label}' is not one of the {len(listed)} labels"
        problems.append(Problem("D030", told, sources[0], help=hint + have))
    return problems


def _warning(code: str, count: int, text: str) -> dict:
    return {"code": code, "count": count, "text": text}


def _unseen(splits: Mapping[str, Sequence[Example]], counts: Counter) -> list[dict]:
    found = []
    for split in ("val", "test"):
        unseen = Counter(
            example.target
            for example in splits[split]
            if example.target and example.target not in counts
        )
        if unseen and counts:
            names = ", ".join(f"'{label}'" for label, _ in unseen.most_common(3))
            told = f"{split} has labels that train never shows: {names} ({rows(unseen.total())})"
            found.append(_warning("D030", unseen.total(), told))
    return found


def _rare(
    counts: Counter, first: Mapping[str, str], splits: Mapping[str, Sequence[Example]]
) -> list[dict]:
    need = 3 - bool(splits["val"]) - bool(splits["test"])
    rare = [label for label, count in counts.items() if count < need]
    if not rare:
        return []
    names = ", ".join(f"'{label}' ({rows(counts[label])}, {first[label]})" for label in rare[:3])
    many = "1 label" if len(rare) == 1 else f"{len(rare)} labels"
    told = f"{many} with too few rows for a {need}-way split, which needs {need}: {names}"
    return [_warning("D033", len(rare), told)]


def _conflicts(every: Sequence[Example]) -> list[dict]:
    seen: dict[tuple, Example] = {}
    clashes: dict[tuple, tuple[Example, Example]] = {}
    for example in every:
        key = (
            " ".join(example.text.casefold().split()),
            tuple(document.text for document in example.context),
        )
        other = seen.setdefault(key, example)
        if other.target != example.target:
            clashes.setdefault(key, (other, example))
    if not clashes:
        return []
    one, two = next(iter(clashes.values()))
    many = "1 text" if len(clashes) == 1 else f"{len(clashes):,} texts"
    told = f"{many} with two labels: {one.source} '{one.target}', {two.source} '{two.target}'"
    return [_warning("D034", len(clashes), told)]


def _commas(first: Mapping[str, str]) -> list[dict]:
    with_comma = [label for label in first if _COMMA.fullmatch(label)]
    if not with_comma or sum(_NUMBER.fullmatch(label) is not None for label in first) < 0.9 * len(
        first
    ):
        return []
    told = f"{first[with_comma[0]]}: '{with_comma[0]}' in a number column; it is kept as text"
    return [_warning("D040", len(with_comma), told)]


def _several(first: Mapping[str, str]) -> list[dict]:
    """Labels that look like several each."""
    made = joined_labels(first)
    if made is None:
        return []
    separator, joined, parts = made
    told = f"{first[joined[0]]}: '{joined[0]}'; {len(joined):,} of {len(first):,} labels look"
    told += f" like several, of {parts:,} in all. If they are, set task: {{kind:"
    told += f" multilabel, separator: '{separator}'}}"
    return [_warning("D214", len(joined), told)]


def _answer_leaks(every: Sequence[Example], share: float) -> list[dict]:
    """Targets that stand in the text they are asked for. A short one may stand there by chance."""
    least = 12 if share == 0 else 4
    away = [
        e
        for e in every
        if e.target and len(e.target.strip()) >= least and e.target.strip() in e.text
    ]
    if not away or len(away) < share * len(every):
        return []
    told = f"{len(away):,} targets stand in the input; first: {away[0].source}"
    told += "; if the text was made with them, take another: data: {columns: {text: NAME}}"
    return [_warning("D046", len(away), told)]
