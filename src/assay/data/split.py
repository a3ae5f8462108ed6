"""Divide rows into train, val and test so that no copy, near copy or group stands on two sides: at
random. By time or by hash: see `split_by.py`; by a file: `split_manifest.py`.

How         rows that belong together (same text, near copies, one inside the other, same group)
            form a family; a family is never divided. Big families are placed first, where most rows
            are missing; then the single rows, label by label, each split getting its share to
            within one row at every point of the list
Source      Tijdeman (1980), The chairman assignment problem, doi.org/10.1016/0012-365X(80)90269-1
Stable      the order is drawn from the seed and the texts, so the order of the file does not matter
Defaults    80 / 10 / 10: the usual shares; the test rows decide how sure the report can be (D060)
"""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from assay.core.errors import Problem, UsageError
from assay.core.sampling import hash_rank
from assay.core.types import Example, Settings
from assay.data.benchmark_overlap import WORDS
from assay.data.dedup.containment import THRESHOLD as CONTAINED
from assay.data.dedup.near_duplicates import families
from assay.data.dedup.search import THRESHOLD
from assay.data.text_similarity import Key, key_of

Leaks = Literal["stop", "repair"] | tuple[str, ...]


class Split(Settings):
    # random: drawn with the seed. time: the oldest rows to train, the newest to test. hash: a row's
    # place depends on its own text or group alone, so that it stays where it is when the data grow.
    by: Literal["random", "time", "hash"] = "random"
    # The field that says when a row was written; needed by `by: time`.
    time: str | None = Field(default=None, min_length=1)
    # A CSV file with the fields id and split that says where each row goes; `assay check
    # --save-split` writes it.
    manifest: str | None = Field(default=None, min_length=1)
    # Shares of the rows; that of train is what val and test leave, unless it is named. Where files
    # for a split are given, the others keep their proportions.
    train: float = Field(default=0.8, gt=0, le=1)
    val: float = Field(default=0.1, ge=0, lt=1)
    test: float = Field(default=0.1, ge=0, lt=1)
    # Instead of a share: so many folds of the rows that are not val; each row is tested once, by a
    # fit of the others, and what is kept is fitted on all (folds.py).
    folds: int | None = Field(default=None, ge=2, le=20)
    # The field whose value must not stand on two sides: a customer, a document, a conversation.
    group: str | None = None
    # Keep given val and test files as they are; false pools all files and divides them anew.
    official: bool = True
    # Test rows that also stand in train: stop, drop the training rows, or go on with these pairs
    # accepted by id.
    leaks: Leaks = "stop"
    # Similarity from which rows are near copies, for the audit and for what is kept together.
    near: float = Field(default=THRESHOLD, ge=0.5, le=1)
    # Share of a text's shingles, each by how rare it is, from which it stands inside a longer one:
    # the same. None: not looked for, where all texts are one template.
    contained: float | None = Field(default=CONTAINED, ge=0.5, le=1)
    # Cosine of sentence vectors from which a row is a paraphrase of another. auto: looked for where
    # an arm or a step uses the encoder anyway, and told; a number: looked for, and treated as
    # `leaks` says. None: not looked for.
    paraphrase: Annotated[float, Field(ge=0.5, le=1)] | Literal["auto"] | None = "auto"
    # Texts that test what a model can do besides the task (benchmarks); training rows that share
    # words with them are told in the audit (`warn`), or go (`drop`).
    probes: tuple[str, ...] = ()
    probe_words: int = Field(default=WORDS, ge=5, le=50)
    overlaps: Literal["warn", "drop"] = "warn"
    # Train on this many rows, drawn with the seed so that each label keeps its share; the rest is
    # set aside.
    train_rows: int | None = Field(default=None, ge=1)
    # Train on this many rows of each label instead: labels are balanced, which their shares in test
    # are not.
    rows_per_label: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _shares_add_up(self) -> "Split":
        if self.folds is not None:
            self._check_folds()  # what is frozen is still being made
        rest = round(1 - self.val - self.test, 9)
        if "train" not in self.model_fields_set and rest > 0:
            object.__setattr__(self, "train", rest)
        total = self.train + self.val + self.test
        if abs(total - 1) > 1e-6:
            raise UsageError(
                Problem(
                    "C074",
                    f"the shares must add to 1: {self.train:g} + {self.val:g} + {self.test:g} ="
                    f" {total:.4g}",
                    "split",
                    help="for example train: 0.8, val: 0.1, test: 0.1",
                )
            )
        if self.by == "time" and self.time is None and self.manifest is None:
            help = "name the field that says when a row was written: time: created_at"
            raise UsageError(Problem("C072", "by: time needs a field", "split.time", help=help))
        if self.train_rows is not None and self.rows_per_label is not None:
            text = "rows are drawn either with the shares of their labels or so many of each"
            help = "leave split.train_rows or split.rows_per_label out"
            raise UsageError(Problem("C073", text, "split", help=help))
        return self

    def _check_folds(self) -> None:
        """With folds there is no share of test rows: `train` and `test` say nothing."""
        object.__setattr__(self, "test", 0.0)
        object.__setattr__(self, "train", 1 - self.val)
        other = "manifest" if self.manifest else "by" if self.by != "random" else ""
        if other:
            text = "folds are drawn at random, so that each row is tested once"
            help = f"leave one of split.folds and split.{other} out"
            raise UsageError(Problem("C073", text, "split.folds", help=help))


def split(
    examples: Sequence[Example],
    shares: dict[str, float],
    *,
    near: float,
    stratify: bool,
    seed: int,
    contained: float | None = CONTAINED,
) -> tuple[dict[str, list[Example]], list[str]]:
    """Divide `examples` by `shares` (name -> share, adding to 1), in input order within each part.

    Args:
        near: similarity from which rows stay together; contained: share from which a text and one
            that it stands in do.
        stratify: keep the shares of each label (`target`) in every part.

    Returns:
        the parts by name; the labels with fewer families than parts, which all went to the first
        part.
    """
    keys = [key_of(example) for example in examples]
    grouped = families(keys, [example.group for example in examples], near, contained)
    label_of = [example.target or "" if stratify else "" for example in examples]
    drawn = {family[0]: _draw(seed, [keys[row] for row in family]) for family in grouped}
    grouped.sort(key=lambda family: (-len(family), drawn[family[0]]))
    spread = Counter(label for family in grouped for label in {label_of[row] for row in family})
    names = [name for name, share in shares.items() if share > 0]
    rare = (
        sorted(label for label, count in spread.items() if count < len(names)) if stratify else []
    )
    where = _Places({name: shares[name] for name in names}, Counter(label_of))
    singles: dict[str, list[int]] = {}
    for family in grouped:
        labels = [label_of[row] for row in family]
        if not set(labels).isdisjoint(rare):
            where.put(family, labels, names[0])
        elif len(family) > 1:
            where.put(family, labels, where.most_wanted(labels))
        else:
            singles.setdefault(labels[0], []).append(family[0])
    order = [(row, label) for label in sorted(singles) for row in singles[label]]
    for (row, label), name in zip(order, where.even([label for _, label in order]), strict=True):
        where.put([row], [label], name)
    parts: dict[str, list[Example]] = {name: [] for name in shares}
    for row, example in enumerate(examples):
        parts[where.of[row]].append(example)
    return parts, rare


def draw(
    examples: Sequence[Example], rows_per_label: int, seed: int
) -> tuple[list[Example], list[Example]]:
    """(taken, set aside), both in input order. A draw of 8 rows is a part of the draw of 16 with
    the same seed."""
    by_label: dict[str, list[tuple[str, int]]] = {}
    for row, example in enumerate(examples):
        by_label.setdefault(example.target or "", []).append((_draw(seed, [key_of(example)]), row))
    taken = {row for rows in by_label.values() for _, row in sorted(rows)[:rows_per_label]}
    return (
        [example for row, example in enumerate(examples) if row in taken],
        [example for row, example in enumerate(examples) if row not in taken],
    )


def draw_alike(
    examples: Sequence[Example], rows: int, seed: int
) -> tuple[list[Example], list[Example]]:
    """(taken, set aside), both in input order. Of each target its share of `rows`, to within a row,
    so that what is drawn is a small picture of the whole. A draw of 80 rows is a part of the draw
    of 160 with the same seed."""
    by_target: dict[str, list[tuple[str, int]]] = {}
    for row, example in enumerate(examples):
        by_target.setdefault(example.target or "", []).append((_draw(seed, [key_of(example)]), row))
    # The nth of a target of m rows comes at (n - 1/2) / m: at every point of the list each target
    # has had its share.
    order = sorted(
        ((place + 0.5) / len(drawn), hash, row)
        for drawn in map(sorted, by_target.values())
        for place, (hash, row) in enumerate(drawn)
    )
    taken = {row for _, _, row in order[:rows]}
    return (
        [example for row, example in enumerate(examples) if row in taken],
        [example for row, example in enumerate(examples) if row not in taken],
    )


def _draw(seed: int, keys: Sequence[Key]) -> str:
    """A random number made of the seed and the texts."""
    return min(hash_rank(seed, key.scope, key.text) for key in keys)


class _Places:
    """Which part each row went to, and how many rows of each label each part still wants."""

    def __init__(self, shares: dict[str, float], labels: Counter[str]):
        self.of: dict[int, str] = {}
        self._names = list(shares)
        self._size = dict(labels)
        self._wanted = {
            (label, name): share * n
            for label, n in labels.items()
            for name, share in shares.items()
        }
        self._total = {name: share * labels.total() for name, share in shares.items()}
        self._rows = labels.total()

    def put(self, rows: Sequence[int], labels: Sequence[str], name: str) -> None:
        for row, label in zip(rows, labels, strict=True):
            self.of[row] = name
            self._wanted[label, name] -= 1
            self._total[name] -= 1

    def most_wanted(self, labels: Sequence[str]) -> str:
        """The part that misses most, over these labels and over all rows; of two alike, the
        first."""

        def missing(name: str) -> float:
            by_label = sum(self._wanted[label, name] / self._size[label] for label in own)
            return by_label / len(own) + self._total[name] / self._rows

        own = sorted(set(labels))  # a sum in another order may round otherwise
        return max(self._names, key=missing)

    def even(self, labels: Sequence[str]) -> list[str]:
        """A part for each single row, in order, so that up to every point of the list each part has
        what it should by then, to within one row. The list is sorted by label, so the same holds
        for the labels."""
        if len(self._names) == 1:
            return self._names * len(labels)
        due, slack = self._due(labels), 1 - 1 / (2 * len(self._names) - 2)
        got = [0] * len(self._names)
        deadline = [0] * len(self._names)
        chosen = []
        for i in range(len(labels)):
            for part in range(len(self._names)):
                # The row by which this part would fall too far behind.
                while (
                    deadline[part] < len(labels) and due[deadline[part]][part] - got[part] < slack
                ):
                    deadline[part] += 1
            open_ = [p for p in range(len(self._names)) if due[i][p] - got[p] >= 1 - slack - 1e-9]
            if open_:
                best = min(open_, key=lambda p: (deadline[p], p))
            else:
                best = max(range(len(self._names)), key=lambda p: due[i][p] - got[p])
            got[best] += 1
            chosen.append(self._names[best])
        return chosen

    def _due(self, labels: Sequence[str]) -> list[list[float]]:
        """How many of the first 1, 2, ... rows each part should have."""
        due: list[list[float]] = []
        sums = [0.0] * len(self._names)
        for label in labels:
            want = [max(self._wanted[label, name], 0.0) for name in self._names]
            scale = sum(want) or 1.0
            sums = [s + w / scale for s, w in zip(sums, want, strict=True)]
            due.append(sums)
        return due


def shares_for(settings: Split, given: Sequence[str], task_kind: str) -> dict[str, float]:
    """The shares by which train is divided when files for the splits `given` exist.

    Raises:
        UsageError: C074 a split would get no rows at all; C073 `rows_per_label` where there are no
            labels.
    """
    if settings.rows_per_label is not None and task_kind != "classify":
        raise UsageError(
            Problem(
                "C073",
                "only a task of kind classify has labels",
                "split.rows_per_label",
                help="leave it out",
            )
        )
    wanted: dict[str, Any] = {"train": settings.train, "val": settings.val, "test": settings.test}
    for name in ("val", "test") if settings.folds is None else ("val",):
        if name not in given and wanted[name] == 0:
            raise UsageError(
                Problem(
                    "C074",
                    f"the share is 0 and no {name} file is given, so there would be no {name} rows",
                    f"split.{name}",
                    help=f"give a share above 0, or a {name} file under data.files",
                )
            )
    left = {name: share for name, share in wanted.items() if name not in given}
    if settings.folds is not None:
        del left["test"]
    return {name: share / sum(left.values()) for name, share in left.items()}
