"""Do test rows stand in train in other words? Pairs by sentence vectors, where an encoder is lent.

What it is for   a file that was enlarged by paraphrasing or by translating there and back has a twin of most test rows in
                 train. Letters do not show it: such a pair shares few of its words
How              cosine of the two vectors, and how far it stands out: rows of one label are all alike, a twin is more
                 alike than the rows around it (ratio margin, `LIKE` neighbours on each side)
Source           Artetxe and Schwenk (2019), Margin-based parallel corpus mining with multilingual sentence embeddings,
                 arxiv.org/abs/1811.01136; vectors: Reimers and Gurevych (2019), aclanthology.org/D19-1410
Costs            each looked-at text is read once: `HELD` rows of test and val and `LEARNT` of train at most, the first
                 `CHARACTERS` of each
Watch out        what is looked at is a part where there are more rows, drawn by their texts; the encoder reads English
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.curate.audit import Audit, Pair, leak_error, pair_of, repair
from assay.curate.ledger import Book
from assay.curate.split import Split
from assay.curate.text import Key, key_of
from assay.nouns import Example, Means

THRESHOLD = 0.85
MARGIN = 1.15
LIKE = 8  # rows that are nearest beside the twin, whose mean is what is usual there
HELD, LEARNT = 2_000, 10_000
CHARACTERS = 400
BLOCK = 512
WARNED = 0.05  # share of the test rows from which it is a warning, not only a figure
FEWEST = 5


@dataclass(frozen=True)
class Reworded:
    """What was found. `looked`: rows by split; nothing was looked for where it is empty."""

    pairs: tuple[Pair, ...] = ()
    threshold: float = THRESHOLD
    looked: Mapping[str, int] = field(default_factory=dict)

    @property
    def test_rows(self) -> int:
        """Test rows with a paraphrase in train."""
        return len({row for pair in self.pairs if pair.right.split == "test" for row in pair.right.ids})

    @property
    def audit(self) -> Audit:
        return Audit(self.pairs, threshold=self.threshold)

    def counts(self) -> dict[str, Any]:
        """For the report: None where nothing was looked for."""
        if not self.looked:
            return {"paraphrase": None}
        return {"paraphrase": self.test_rows, "paraphrase_of": self.looked["test"], "paraphrase_from": self.threshold}


def reworded(rows: Mapping[str, Sequence[Example]], threshold: float, means: Means) -> Reworded:
    """Rows of test and val that a training row says in other words.

    Args:
        rows: by split. threshold: cosine from which it may be a paraphrase, in [0.5, 1].
    """
    import numpy as np

    assert means.embed is not None, "lent where it is looked for"
    learnt = _some(rows["train"], LEARNT)
    held = [(name, one) for name in ("test", "val") for one in _some(rows[name], HELD if name == "test" else HELD // 4)]
    looked = {"train": len(learnt), **Counter(name for name, _ in held)}
    looked = {name: looked.get(name, 0) for name in ("train", "val", "test")}
    if not learnt or not held:
        return Reworded((), threshold, looked)
    texts = [one.text[:CHARACTERS] for one in (*learnt, *(one for _, one in held))]
    vectors = np.asarray(means.embed(texts), dtype=np.float32)
    found = stand_outs(vectors[len(learnt) :], vectors[: len(learnt)], threshold, MARGIN)
    pairs = []
    for at, place, cosine in zip(*(column.tolist() for column in found), strict=True):
        (name, right), left = held[at], learnt[place]
        keys = key_of(left), key_of(right)
        pairs.append(pair_of("paraphrase", cosine, ("train", [left]), (name, [right]), *_apart(*keys)))
    return Reworded(tuple(pairs), threshold, looked)


def _apart(left: Key, right: Key) -> tuple[Key, Key]:
    """The id of a paraphrase is not that of the same two rows as near copies."""
    return Key(f"paraphrase {left.text}", left.scope), right


def _some(rows: Sequence[Example], most: int) -> list[Example]:
    """All rows, or `most` of them by a hash of their texts: the same ones whatever the order of the file."""
    if len(rows) <= most:
        return list(rows)
    order = sorted(range(len(rows)), key=lambda at: hashlib.sha256(rows[at].text.encode()).digest())
    return [rows[at] for at in sorted(order[:most])]


def stand_outs(held: Any, learnt: Any, threshold: float, margin: float, like: int = LIKE) -> tuple[Any, Any, Any]:
    """Pairs of a held and a learnt row that are alike and stand out: (held, learnt, cosine), by the held row.

    Args:
        held, learnt: float32, (rows, width), rows of length 1.
        threshold: of the cosine. margin: of the cosine over the mean of what is nearest to both beside the pair.
    """
    import numpy as np

    place, other, cosine = _near(held, learnt, threshold)
    if not len(place):
        return place, other, cosine
    usual = _usual(held, learnt, place, other, like), _usual(learnt, learnt, other, None, like)
    out = cosine >= margin * np.maximum((usual[0] + usual[1]) / 2, 1e-6)
    return place[out], other[out], cosine[out]


def _near(held: Any, learnt: Any, threshold: float) -> tuple[Any, Any, Any]:
    import numpy as np

    found: list[Any] = []
    for start in range(0, len(held), BLOCK):
        alike = held[start : start + BLOCK] @ learnt.T
        row, column = (alike >= threshold).nonzero()
        found.append((row + start, column, alike[row, column]))
    return tuple(np.concatenate(columns) for columns in zip(*found, strict=True))  # type: ignore[return-value]


def _usual(rows: Any, learnt: Any, place: Any, beside: Any, like: int) -> Any:
    """For each pair the mean cosine of its row's `like` nearest learnt rows, the twin (or the row itself) left out."""
    import numpy as np

    asked, number = np.unique(place, return_inverse=True)
    most = min(like + 1, learnt.shape[0])
    nearest = np.empty((len(asked), most), dtype=np.float32)
    for start in range(0, len(asked), BLOCK):
        alike = rows[asked[start : start + BLOCK]] @ learnt.T
        nearest[start : start + BLOCK] = np.partition(alike, -most, axis=1)[:, -most:]
    # The row itself is nearest to itself; of a held row it is the twin that is taken out, or what is as near.
    total = nearest.sum(axis=1)[number]
    own = nearest.max(axis=1)[number] if beside is None else (rows[place] * learnt[beside]).sum(axis=1)
    return (total - own) / max(1, most - 1)


def settle(found: Reworded, settings: Split, rows: dict[str, list[Example]], book: Book) -> None:
    """Tell, and where the project names a threshold treat them as `split.leaks` says of other leaks.

    Raises:
        LeakError: D050, and `split.leaks` does not allow it.
    """
    if not found.pairs:
        return
    n, many = found.test_rows, f"{found.looked['test']:,} test rows"
    told = f"{n:,} of {many} say what a training row says in other words (cosine >= {found.threshold:g})"
    if settings.paraphrase == "auto":
        if n >= max(FEWEST, WARNED * found.looked["test"]):
            way = f"split: {{leaks: repair, paraphrase: {found.threshold:g}}}"
            book.warn("D252", n, f"{told}: scores on them may be memory; to take these rows out of train: {way}")
        return
    if settings.leaks != "repair":
        if open_ := found.audit.without(() if settings.leaks == "stop" else settings.leaks):
            raise leak_error(found.audit, open_)
        book.warn("D252", n, f"{told}; accepted by id")
        return
    gone = repair(found.pairs)
    for example in rows["train"]:
        if example.id in gone:
            book.note(example, "audit", "dropped", *gone[example.id])
    rows["train"] = [example for example in rows["train"] if example.id not in gone]
    book.warn("D252", n, f"{told}; {len(gone):,} rows of train were dropped")
