"""Make training rows after the split: what every augmentation must keep to, held in one place.

Only train      an augmentation is handed training rows; val and test are only compared with what it
                made
Never across    a made row that is equal or near to a val or test row, stands in one or holds one,
                or shares a group with one, is thrown away
In order        each augmentation sees the training rows that are there by then, those made before
                it among them
Inherited       group and slices are the first parent's, if the maker did not set them; `source`
                names the parents
Documents       one that a val or test row was made from (its passage stands in it, or the row's
                group or source names it) is not handed on
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from assay.core.errors import DataError, Problem
from assay.core.types import Augmentation, Document, Dropped, Example, Made, Means
from assay.data.dedup.containment import THRESHOLD as CONTAINED
from assay.data.leak_audit import audit, repair
from assay.data.ledger import Ledger
from assay.data.split import Split
from assay.data.text_similarity import key_of, normal

FEWEST = 40  # characters of a passage by which a document is known again


@dataclass(frozen=True, slots=True)
class Thrown:
    """A made row that may not be used. `kept` is the id of the row that stands against it."""

    made: Made
    reason: str
    kept: str = ""


@dataclass
class AugmentationResult:
    """What one augmentation gave: rows to add, training rows set aside, and rows that may not be
    used."""

    kind: str
    made: list[Made] = field(default_factory=list)
    aside: list[Dropped] = field(default_factory=list)
    thrown: list[Thrown] = field(default_factory=list)


def make_rows(
    train: Sequence[Example],
    val: Sequence[Example],
    test: Sequence[Example],
    augmentations: Sequence[Augmentation],
    means: Means,
    near: float,
    contained: float | None = CONTAINED,
) -> Iterator[AugmentationResult]:
    """One batch for each augmentation, in order.

    Args:
        near: similarity from which a made row is a near copy of a val or test row.
        contained: share of a text from which it stands in a longer one: a made row in a val or test
            row, or it in that.
    """
    ids = {example.id for example in (*train, *val, *test)}
    for augmentation in augmentations:
        batch = AugmentationResult(augmentation.kind)
        by_id, own = {example.id: example for example in train}, set()
        for result in augmentation.make(tuple(train), means):
            if isinstance(result, Dropped):
                batch.aside.append(result)
                continue
            if result.example.id in own:
                raise ValueError(
                    f"{augmentation.kind} made two rows with the id {result.example.id!r}"
                )
            own.add(result.example.id)
            batch.made.append(_inherit_fields(_with_new_id(result, ids), by_id, augmentation.kind))
        gone = {dropped.example.id for dropped in batch.aside}
        train = [example for example in train if example.id not in gone]
        _throw(batch, train, val, test, near, contained)
        train = [*train, *(made.example for made in batch.made)]
        yield batch


def _with_new_id(made: Made, ids: set[str]) -> Made:
    """An id that the files or an earlier augmentation of the same kind have used gets a number."""
    id, number = made.example.id, 2
    while id in ids:
        id, number = f"{made.example.id}.{number}", number + 1
    ids.add(id)
    return replace(made, example=replace(made.example, id=id))


def _inherit_fields(made: Made, train: Mapping[str, Example], kind: str) -> Made:
    parents = [train[id] for id in made.parents if id in train]
    if not parents:  # made from a document, which the maker names
        return made
    first, example = parents[0], made.example
    source = f"{', '.join(dict.fromkeys(parent.source for parent in parents))} ({kind})"
    group = example.group if example.group is not None else first.group
    return replace(
        made,
        example=replace(example, source=source, group=group, slices=example.slices or first.slices),
    )


def _throw(
    batch: AugmentationResult,
    train: Sequence[Example],
    val: Sequence[Example],
    test: Sequence[Example],
    near: float,
    contained: float | None,
) -> None:
    """Move what may not be used from `made` to `thrown`."""
    made_rows = [made.example for made in batch.made]
    leaks = repair(audit(made_rows, val, test, threshold=near, contained=contained).pairs)
    targets = {key_of(example): (example.target, example.id) for example in train}
    kept = []
    for made in batch.made:
        target, other = targets.get(key_of(made.example), (made.example.target, ""))
        if made.example.id in leaks:
            batch.thrown.append(Thrown(made, *leaks[made.example.id]))
        elif target != made.example.target:
            batch.thrown.append(
                Thrown(made, "same text as a training row with another target", other)
            )
        else:
            kept.append(made)
    batch.made = kept


def documents_for_train(
    documents: Sequence[Document], held: Sequence[Example]
) -> tuple[Document, ...]:
    """The documents that no row of `held` (val and test) was made from."""
    names = {
        name
        for example in held
        for name in (example.group, example.source.rpartition(":")[0])
        if name
    }
    names |= {document.source or document.id for example in held for document in example.context}
    passages = {normal(document.text) for example in held for document in example.context}
    passages = {passage for passage in passages if len(passage) >= FEWEST}
    free = []
    for document in documents:
        text = normal(document.text)
        if (
            document.id in names
            or document.source in names
            or any(p in text or text in p for p in passages)
        ):
            continue
        free.append(document)
    return tuple(free)


def refuse_unfit(augmentations: Sequence[Augmentation], task_kind: str) -> None:
    """Raises:
    DataError: D086, an augmentation makes no rows for this kind of task.
    """
    problems = [
        Problem(
            "D086",
            f"{one.kind} makes rows for {' and '.join(one.tasks)}, and this task is {task_kind}",
            f"augment.{index}",
            help="remove it, or set `task.kind` if the task was guessed wrongly",
        )
        for index, one in enumerate(augmentations)
        if one.tasks and task_kind not in one.tasks
    ]
    if problems:
        raise DataError(*problems)


def augment_train(
    augment: Sequence[Augmentation],
    rows: dict[str, list[Example]],
    means: Means,
    split: Split,
    book: Ledger,
) -> dict[str, str]:
    """Add the made rows to train; id -> text of all that were made."""
    if not augment:
        return {}
    free = documents_for_train(means.documents, [*rows["val"], *rows["test"]])
    if held := len(means.documents) - len(free):
        text = (
            f"{held:,} of {len(means.documents):,} documents belong to val or test rows; no row"
            " is made from them"
        )
        book.warn("D085", held, text)
    texts: dict[str, str] = {}
    thrown = 0
    parts, likeness = (rows["train"], rows["val"], rows["test"]), (split.near, split.contained)
    for batch in make_rows(*parts, augment, replace(means, documents=free), *likeness):
        gone = {dropped.example.id for dropped in batch.aside}
        for dropped in batch.aside:
            book.note(dropped.example, batch.kind, "set aside", dropped.reason)
        for made in batch.made:
            book.note_made(made, batch.kind, "made", made.reason)
        for one in batch.thrown:
            book.note_made(one.made, batch.kind, "thrown away", one.reason, one.kept)
        rows["train"] = [e for e in rows["train"] if e.id not in gone] + [
            made.example for made in batch.made
        ]
        texts |= {
            made.example.id: made.example.text
            for made in (*batch.made, *(one.made for one in batch.thrown))
        }
        thrown += len(batch.thrown)
        event = {
            "event": "curate",
            "step": batch.kind,
            "rows": len(rows["train"]) - len(batch.made),
        }
        book.tell(event | {"left": len(rows["train"])})
        _warn_none(batch, book)
    if thrown:
        text = (
            f"{thrown:,} made rows were thrown away: they stand in val or test, or contradict a"
            " training row"
        )
        book.warn("D083", thrown, text)
    return texts


def _warn_none(batch: AugmentationResult, book: Ledger) -> None:
    if not batch.made and not batch.aside:
        because = (
            f"all {len(batch.thrown):,} that it made were thrown away"
            if batch.thrown
            else "nothing to change"
        )
        book.warn("D084", 1, f"{batch.kind} added no training row: {because}")
