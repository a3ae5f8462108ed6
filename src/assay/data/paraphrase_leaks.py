"""Do test rows stand in train in other words? Pairs by sentence vectors, where an encoder is lent.

What it is for   a file that was enlarged by paraphrasing or by translating there and back has a
                 twin of most test rows in train. Letters do not show it: such a pair shares few of
                 its words
How              the training rows nearest by letters (TF-IDF) are read by the encoder, and the
                 cosine decides. A pair *stands out* where it is more alike than what lies around
                 both rows: rows of one label are all alike, and that is no leak (ratio margin over
                 the `LIKE` nearest on each side)
Source           Artetxe and Schwenk (2019), Margin-based parallel corpus mining with multilingual
                 sentence embeddings, arxiv.org/abs/1811.01136; vectors: Reimers and Gurevych
                 (2019), aclanthology.org/D19-1410
Costs            `HELD` test rows, a quarter as many of val and `NEAREST` training rows of each are
                 read, the first `CHARACTERS` of each; all of test and val where the project names a
                 threshold
Watch out        the encoder reads English. Where a label is as dense as in banking77, twins do not
                 stand out, nor do they give away what its other rows would not
Defaults from    the figures of docs/steps.md
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.core.sampling import hash_rank
from assay.core.types import Example, Means
from assay.data.leak_audit import Audit, Leak, leak_error, pair_of, repair
from assay.data.ledger import Ledger
from assay.data.split import Split
from assay.data.text_similarity import Key, key_of, normal

THRESHOLD = 0.8
MARGIN = 1.3
LIKE = 8  # rows that are nearest beside the twin, whose mean is what is usual there
HELD = 150
NEAREST = 8
CHARACTERS = 300
BLOCK = 512
WARNED = 0.1  # share of the test rows from which it is a warning, not only a figure
FEWEST = 5


@dataclass(frozen=True)
class Reworded:
    """What was found.

    Attributes:
        pairs: those that stand out. near: test rows with a training row from the threshold on,
            standing out or not.
        looked: rows by split; nothing was looked for where it is empty.
    """

    pairs: tuple[Leak, ...] = ()
    near: int = 0
    threshold: float = THRESHOLD
    looked: Mapping[str, int] = field(default_factory=dict)

    @property
    def test_rows(self) -> int:
        """Test rows with a paraphrase in train that stands out."""
        return len(
            {row for pair in self.pairs if pair.right.split == "test" for row in pair.right.ids}
        )

    @property
    def audit(self) -> Audit:
        return Audit(self.pairs, threshold=self.threshold)

    def counts(self) -> dict[str, Any]:
        """For the report: None where nothing was looked for."""
        if not self.looked:
            return {"paraphrase": None}
        looked = {"paraphrase_of": self.looked["test"], "paraphrase_from": self.threshold}
        return {"paraphrase": self.test_rows, "paraphrase_near": self.near, **looked}


def find_paraphrases(
    rows: Mapping[str, Sequence[Example]], threshold: float, means: Means, most: int | None = HELD
) -> Reworded:
    """Rows of test and val that a training row says in other words.

    Args:
        rows: by split. threshold: cosine from which it may be a paraphrase, in [0.5, 1].
        most: test rows that are looked at, drawn by their texts; None: all.
    """
    import numpy as np

    assert means.embed is not None, "lent where it is looked for"
    test, val = _some(rows["test"], most), _some(rows["val"], most and most // 4)
    held = [*(("test", one) for one in test), *(("val", one) for one in val)]
    looked = {"train": len(rows["train"]), "val": len(val), "test": len(test)}
    if not rows["train"] or not held:
        return Reworded((), 0, threshold, looked)
    learnt = [
        rows["train"][at]
        for at in candidates([one.text for _, one in held], [e.text for e in rows["train"]])
    ]
    texts = [one.text[:CHARACTERS] for one in (*learnt, *(one for _, one in held))]
    vectors = np.asarray(means.embed(texts), dtype=np.float32)
    learnt_vectors, held_vectors = vectors[: len(learnt)], vectors[len(learnt) :]
    near, _, _ = alike(held_vectors[: len(test)], learnt_vectors, threshold)
    pairs = []
    for at, place, cosine in zip(
        *(c.tolist() for c in stand_outs(held_vectors, learnt_vectors, threshold)), strict=True
    ):
        (name, right), left = held[at], learnt[place]
        keys = key_of(left), key_of(right)
        pairs.append(
            pair_of("paraphrase", cosine, ("train", [left]), (name, [right]), *_apart(*keys))
        )
    return Reworded(tuple(pairs), len(np.unique(near)), threshold, looked)


def _apart(left: Key, right: Key) -> tuple[Key, Key]:
    """The id of a paraphrase is not that of the same two rows as near copies."""
    return Key(f"paraphrase {left.text}", left.scope), right


def _some(rows: Sequence[Example], most: int | None) -> list[Example]:
    """All rows, or `most` of them by a hash of their texts: the same ones whatever the order of the
    file."""
    if most is None or len(rows) <= most:
        return list(rows)
    order = sorted(range(len(rows)), key=lambda at: hash_rank(rows[at].text))
    return [rows[at] for at in sorted(order[:most])]


def candidates(held: Sequence[str], learnt: Sequence[str], nearest: int = NEAREST) -> list[int]:
    """Places of the learnt texts that are among the `nearest` of a held one by their letters,
    ascending."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    if len(learnt) <= nearest:
        return list(range(len(learnt)))
    words: Any = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(3, 4), sublinear_tf=True, dtype=np.float32
    )
    columns = words.fit_transform([normal(text)[:CHARACTERS] or "?" for text in learnt]).T.tocsr()
    asked = words.transform([normal(text)[:CHARACTERS] for text in held])
    found: set[int] = set()
    for start in range(0, len(held), BLOCK):
        likeness = np.asarray((asked[start : start + BLOCK] @ columns).todense())
        found.update(np.argpartition(-likeness, nearest - 1, axis=1)[:, :nearest].ravel().tolist())
    return sorted(found)


def stand_outs(
    held: Any, learnt: Any, threshold: float, margin: float = MARGIN, like: int = LIKE
) -> tuple[Any, Any, Any]:
    """Pairs of a held and a learnt row that are alike and stand out: (held, learnt, cosine), by the
    held row.

    Args:
        held, learnt: float32, (rows, width), rows of length 1.
        threshold: of the cosine. margin: of the cosine over the mean of what is nearest to both
            beside the pair.
    """
    import numpy as np

    place, other, cosine = alike(held, learnt, threshold)
    if not len(place):
        return place, other, cosine
    usual = (
        _usual(held, learnt, place, cosine, like) + _usual(learnt, learnt, other, None, like)
    ) / 2
    out = cosine >= margin * np.maximum(usual, 1e-6)
    return place[out], other[out], cosine[out]


def alike(held: Any, learnt: Any, threshold: float) -> tuple[Any, Any, Any]:
    """Pairs with a cosine from the threshold on: (held, learnt, cosine)."""
    import numpy as np

    found: list[Any] = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))]
    for start in range(0, len(held), BLOCK):
        cosines = held[start : start + BLOCK] @ learnt.T
        row, column = (cosines >= threshold).nonzero()
        found.append((row + start, column, cosines[row, column]))
    place, other, cosine = (np.concatenate(columns) for columns in zip(*found, strict=True))
    return place, other, cosine


def _usual(rows: Any, learnt: Any, place: Any, pair: Any, like: int) -> Any:
    """For each pair the mean cosine of its row's `like` nearest learnt rows beside the pair.

    Args:
        place: the row of each pair. pair: its cosine, which is left out; None: the row is a learnt
            one itself, which is nearest to itself.
    """
    import numpy as np

    asked, number = np.unique(place, return_inverse=True)
    most = min(like + 1, learnt.shape[0])
    nearest = np.empty((len(asked), most), dtype=np.float32)
    for start in range(0, len(asked), BLOCK):
        cosines = rows[asked[start : start + BLOCK]] @ learnt.T
        nearest[start : start + BLOCK] = np.partition(cosines, -most, axis=1)[:, -most:]
    own = nearest.max(axis=1)[number] if pair is None else pair
    return (nearest.sum(axis=1)[number] - own) / max(1, most - 1)


def settle(found: Reworded, settings: Split, rows: dict[str, list[Example]], book: Ledger) -> None:
    """Tell, and where the project names a threshold treat them as `split.leaks` says of other
    leaks.

    Raises:
        LeakError: D050, and `split.leaks` does not allow it.
    """
    if not found.pairs:
        return
    n = found.test_rows
    told = (
        f"{n:,} of {found.looked['test']:,} test rows say in other words what a training row says"
    )
    told += f" (cosine >= {found.threshold:g}, and standing out)"
    if settings.paraphrase == "auto":
        if n >= max(FEWEST, WARNED * found.looked["test"]):
            way = f"split: {{leaks: repair, paraphrase: {found.threshold:g}}}"
            book.warn(
                "D252",
                n,
                f"{told}: scores on them may be memory; to take these rows out of train: {way}",
            )
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
