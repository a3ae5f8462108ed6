"""Do test rows stand in train? Exact copies, near copies and shared groups between splits, and
texts with two labels.

What it reads   the splits as they came, before anything is dropped; and once more after the split
Exact           equal in the sense of text_similarity.py; near: similarity >= threshold and not
                equal; contained: one stands inside the other (dedup/containment.py) and they
                are not near; group: the same group's name
What it does    stops the run with the list, or drops the training and validation rows; a test row
                is never touched
Known           banking77's official split: 25 of its test rows stand in train, 2 texts have two
                labels
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from assay.core.errors import LeakError, Problem
from assay.core.types import Example
from assay.data.dedup import containment
from assay.data.dedup.near_duplicates import MOST_PARTNERS, across
from assay.data.dedup.search import THRESHOLD, NearDuplicateSearch
from assay.data.text_similarity import Key, key_of

# The split on the left gives way to the one on the right.
SPLITS = ("train", "val", "test")
BETWEEN = (("train", "test"), ("train", "val"), ("val", "test"))
KINDS = ("exact", "near", "contained", "group")


@dataclass(frozen=True, slots=True)
class LeakSide:
    """The rows of one split that have the same text, or the same group."""

    split: str
    ids: tuple[str, ...]
    sources: tuple[str, ...]
    labels: tuple[str, ...]  # distinct, sorted
    text: str  # of the first row


Sameness = Literal["exact", "near", "contained", "group", "paraphrase"]
# A split and a text in it.
Place = tuple[str, Key]


@dataclass(frozen=True, slots=True)
class Leak:
    """A leak: rows on the left that give away rows on the right."""

    id: str  # "leak-3fa9c1": depends on the two texts alone, so it stays when rows move
    kind: Sameness
    similarity: float
    left: LeakSide
    right: LeakSide


@dataclass(frozen=True, slots=True)
class Conflict:
    """One text that stands with several labels, over all splits."""

    text: str
    labels: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Audit:
    pairs: tuple[Leak, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    rows: dict[str, int] = field(default_factory=dict)  # read, by split
    threshold: float = THRESHOLD
    # share from which a text stands in another; None: not looked for
    contained: float | None = containment.THRESHOLD
    texts: int = 0  # distinct texts, over all splits
    groups: int = 0  # distinct groups
    straddling: int = 0  # of them, those with rows in more than one split

    @property
    def conflicting_labels(self) -> int:
        """Distinct texts with more than one label."""
        return len(self.conflicts)

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """By kind and pair of splits ("test~train"): rows of the first that also stand in the
        second."""
        found: dict[str, dict[str, int]] = {}
        for kind in KINDS:
            for left, right in BETWEEN:
                ids = {
                    row
                    for pair in self.pairs
                    if (pair.kind, pair.left.split, pair.right.split) == (kind, left, right)
                    for row in pair.right.ids
                }
                found.setdefault(kind, {})[f"{right}~{left}"] = len(ids)
        return found

    def of(self, kind: str) -> tuple[Leak, ...]:
        return tuple(pair for pair in self.pairs if pair.kind == kind)

    def without(self, accepted: Sequence[str]) -> tuple[Leak, ...]:
        """The pairs that are not accepted by id."""
        names = set(accepted)
        return tuple(pair for pair in self.pairs if pair.id not in names)

    def to_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "threshold": self.threshold,
            "contained": self.contained,
            "texts": self.texts,
            "groups": {"all": self.groups, "straddling": self.straddling},
            "counts": self.counts,
            "conflicting_labels": self.conflicting_labels,
            "pairs": [
                {"id": p.id, "kind": p.kind, "similarity": round(p.similarity, 4)}
                | {name: _side(side) for name, side in (("left", p.left), ("right", p.right))}
                for p in self.pairs
            ],
            "conflicts": [
                {"text": c.text, "labels": list(c.labels), "sources": list(c.sources)}
                for c in self.conflicts
            ],
        }


def audit(
    train: Sequence[Example],
    val: Sequence[Example],
    test: Sequence[Example],
    *,
    threshold: float = THRESHOLD,
    contained: float | None = containment.THRESHOLD,
) -> Audit:
    """Compare three splits with each other.

    Args:
        threshold: similarity (text_similarity.py) from which two texts are near copies, in
            [0.5, 1].
        contained: share of the smaller text, in [0.5, 1], from which it stands in the larger; None:
            this is not asked.

    Returns:
        the pairs by kind (exact, near, contained, group), those with test rows first, then in input
        order; texts with two labels.
    """
    splits: dict[str, Sequence[Example]] = {"train": train, "val": val, "test": test}
    rows = {name: _by_key(examples) for name, examples in splits.items()}
    pairs = [
        pair_of("exact", 1.0, (left, rows[left][key]), (right, rows[right][key]), key, key)
        for left, right in BETWEEN
        for key in rows[right]
        if key in rows[left]
    ]
    near = list(_list_pairs("near", rows, lambda left, right: _partners(left, right, threshold)))
    pairs += near
    if contained is not None:
        known = {(pair.left.ids[0], pair.right.ids[0]) for pair in near}
        found = _list_pairs("contained", rows, lambda left, right: _holding(left, right, contained))
        pairs += [pair for pair in found if (pair.left.ids[0], pair.right.ids[0]) not in known]
    pairs += _group_leaks(splits)
    place = {example.id: at for at, example in enumerate([*train, *val, *test])} if pairs else {}

    def worst_first(pair: Leak) -> tuple[int, ...]:
        between = BETWEEN.index((pair.left.split, pair.right.split))
        return KINDS.index(pair.kind), between, place[pair.right.ids[0]], place[pair.left.ids[0]]

    pairs.sort(key=worst_first)
    groups = [{example.group for example in examples} - {None} for examples in splits.values()]
    spread = Counter(group for part in groups for group in part)
    return Audit(
        tuple(pairs),
        tuple(_conflicts(rows.values())),
        {name: len(examples) for name, examples in splits.items()},
        threshold,
        contained,
        texts=len(set().union(*rows.values())),
        groups=len(spread),
        straddling=sum(count > 1 for count in spread.values()),
    )


def _by_key(examples: Sequence[Example]) -> dict[Key, list[Example]]:
    grouped: dict[Key, list[Example]] = {}
    for example in examples:
        key = key_of(example)
        if key.text:  # two rows without text share nothing
            grouped.setdefault(key, []).append(example)
    return grouped


Partners = Iterator[tuple[Place, list[tuple[int, float]]]]


def _list_pairs(
    kind: Sameness,
    rows: Mapping[str, dict[Key, list[Example]]],
    partners: Callable[[Sequence[Place], Sequence[Place]], Partners],
) -> Iterator[Leak]:
    """One text may be near to thousands in data made from templates. It is listed with
    MOST_PARTNERS, and with rows on the right that no pair names yet, so that every row that leaks
    is named."""
    told: set[Place] = set()
    for left, right in ((("train",), ("val", "test")), (("val",), ("test",))):
        probes, held = (
            [(name, key) for name in names for key in rows[name]] for names in (left, right)
        )
        for (name, key), around in partners(probes, held):
            listed = 0
            for place, similarity in around:
                side = held[place]
                if side[1] == key or (listed >= MOST_PARTNERS and side in told):
                    continue
                listed += 1
                told.add(side)
                yield pair_of(
                    kind,
                    similarity,
                    (name, rows[name][key]),
                    (side[0], rows[side[0]][side[1]]),
                    key,
                    side[1],
                )


def _partners(probes: Sequence[Place], held: Sequence[Place], threshold: float) -> Partners:
    """Each probe that is near to something held, in order, and to what: (place in `held`,
    similarity), in order."""
    import numpy as np

    if not probes or not held:
        return
    search = NearDuplicateSearch([key for _, key in (*held, *probes)], threshold)
    right = np.arange(search.rows) < len(held)
    place, probe, similarity = (column.tolist() for column in across(search, ~right, right))
    yield from _by_probe(probes, [one - len(held) for one in probe], place, similarity)


def _holding(probes: Sequence[Place], held: Sequence[Place], threshold: float) -> Partners:
    """The same of texts that stand in one another."""
    found = containment.containment_pairs(
        [key for _, key in probes], [key for _, key in held], threshold
    )
    yield from _by_probe(probes, *(column.tolist() for column in found))


def _by_probe(
    probes: Sequence[Place], probe: list[int], place: list[int], similarity: list[float]
) -> Partners:
    around: dict[int, list[tuple[int, float]]] = {}
    for one, other, alike in zip(probe, place, similarity, strict=True):
        around.setdefault(one, []).append((other, alike))
    for one in sorted(around):
        yield probes[one], around[one]


def _group_leaks(splits: Mapping[str, Sequence[Example]]) -> Iterator[Leak]:
    groups: dict[str, dict[str, list[Example]]] = {name: {} for name in splits}
    for name, examples in splits.items():
        for example in examples:
            if example.group is not None:
                groups[name].setdefault(example.group, []).append(example)
    for left, right in BETWEEN:
        for group in groups[right]:
            if group in groups[left]:
                key = Key(f"group {group}")
                yield pair_of(
                    "group",
                    1.0,
                    (left, groups[left][group]),
                    (right, groups[right][group]),
                    key,
                    key,
                )


def pair_of(
    kind: Sameness, similarity: float, left: tuple, right: tuple, first: Key, second: Key
) -> Leak:
    """A leak, its id made of the two keys. left, right: (split, rows)."""
    name = hashlib.sha256(
        "\n".join(sorted("\t".join(key) for key in (first, second))).encode()
    ).hexdigest()[:6]
    return Leak(f"leak-{name}", kind, similarity, _rows(*left), _rows(*right))


def _rows(split: str, examples: Sequence[Example]) -> LeakSide:
    labels = sorted({example.target for example in examples if example.target is not None})
    ids, sources = tuple(e.id for e in examples), tuple(e.source for e in examples)
    return LeakSide(split, ids, sources, tuple(labels), examples[0].text)


def _side(side: LeakSide) -> dict[str, Any]:
    row = {"split": side.split, "text": side.text}
    return row | {"ids": list(side.ids), "sources": list(side.sources), "labels": list(side.labels)}


def _conflicts(splits: Iterable[dict[Key, list[Example]]]) -> Iterator[Conflict]:
    everywhere: dict[Key, list[Example]] = {}
    for rows in splits:
        for key, same in rows.items():
            everywhere[key] = [*everywhere[key], *same] if key in everywhere else same
    for same in everywhere.values():
        if len(same) == 1:
            continue
        folded = {
            (example.target or "").strip().casefold(): (example.target or "")
            for example in reversed(same)
        }
        if len(folded) > 1:
            yield Conflict(
                same[0].text,
                tuple(sorted(folded.values())),
                tuple(example.source for example in same),
            )


def leak_error(audit: Audit, pairs: Sequence[Leak]) -> LeakError:
    """D050: what is leaking, the first pairs, and the ways out."""
    held: dict[tuple[str, str], set[str]] = {}
    for pair in sorted(pairs, key=lambda pair: BETWEEN.index((pair.left.split, pair.right.split))):
        held.setdefault((pair.left.split, pair.right.split), set()).update(pair.right.ids)
    many = "; ".join(
        f"{len(ids):,} {right}"
        f" {'row also stands' if len(ids) == 1 else 'rows also stand'} in {left}"
        for (left, right), ids in held.items()
    )
    lines = [
        f"{pair.id}  {pair.kind} {pair.similarity:.2f}"
        f"  {pair.right.sources[0]} ~ {pair.left.sources[0]}: {_cut(pair.right.text)}"
        for pair in pairs[:5]
    ]
    if len(pairs) > 5:
        lines.append(f"and {len(pairs) - 5:,} more pairs")
    return LeakError(
        Problem(
            "D050",
            f"{many} (exact, similarity"
            f" >= {audit.threshold:g}, one inside the other, the same group,"
            f" or a paraphrase); first: {pairs[0].right.sources[0]} ~ {pairs[0].left.sources[0]}",
            "split.leaks",
            help="set `split.leaks: repair` to drop the rows on the left"
            f" (test rows stay as they are), or accept pairs by id: `split.leaks: [{pairs[0].id}]`",
            excerpt="\n".join(lines),
        )
    )


def _cut(text: str, width: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"


def repair(pairs: Sequence[Leak]) -> dict[str, tuple[str, str]]:
    """Which rows must go so that no pair is left: id -> (reason, id of the row that stays). Never a
    test row."""
    gone: dict[str, tuple[str, str]] = {}
    words = {
        "exact": "copy of a {} row",
        "near": "near copy of a {} row",
        "group": "shares a group with a {} row",
    }
    words |= {
        "contained": "stands in a {} row, or holds it",
        "paraphrase": "says what a {} row says in other words",
    }
    for pair in pairs:
        for row in pair.left.ids:
            gone.setdefault(row, (words[pair.kind].format(pair.right.split), pair.right.ids[0]))
    return gone
