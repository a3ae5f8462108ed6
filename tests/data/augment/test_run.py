"""What holds for all augmentations together."""

import pytest

from assay.core.errors import DataError
from assay.core.types import Augmentation, Document, Dropped, Example, Made, Means, Message
from assay.data.augment.noise import Noise
from assay.data.augment.qa_pairs import QaPairs
from assay.data.augment.run import (
    FEWEST,
    augment_train,
    documents_for_train,
    make_rows,
    refuse_unfit,
)
from assay.data.ledger import Ledger
from assay.data.split import Split
from helpers.problems import problem


class Twice(Augmentation):
    """Each row once more, in capitals; the first one under another label, the last one set
    aside."""

    kind: str = "twice"

    def make(self, examples, means):
        for at, example in enumerate(examples):
            new = Example(
                f"{example.id}+",
                example.with_text(example.text.upper() + "!").messages,
                example.target,
            )
            yield Made(
                new if at else Example(new.id, new.messages, "other"), (example.id,), "louder"
            )
        yield Dropped(examples[-1], "one too many")


def row(id, text, **more):
    return Example(id, (Message("user", text),), "a", source=f"t.csv:{id}", **more)


TRAIN = (
    row("1", "the first of these rows"),
    row("2", "a second one, unlike it", group="g", slices=(("s", "x"),)),
    row("3", "third and last, of course"),
)


def test_made_rows_inherit_and_those_that_may_not_be_used_are_counted():
    test = (row("9", "Third and last, of coarse"),)
    first, second = make_rows(TRAIN, (), test, (Twice(), Twice()), Means(), 0.8)
    assert [(one.made.example.id, one.reason) for one in first.thrown] == [
        ("1+", "same text as a training row with another target"),
        ("3+", "near copy of a test row"),
    ]
    (made,) = first.made
    assert (made.example.source, made.example.group, made.example.slices) == (
        "t.csv:2 (twice)",
        "g",
        (("s", "x"),),
    )
    assert [dropped.example.id for dropped in first.aside] == ["3"]
    # The second one sees what is in train by now: rows 1, 2 and 2+.
    made = [*second.made, *(one.made for one in second.thrown)]
    assert {one.parents for one in made} == {("1",), ("2",), ("2+",)}
    assert {one.example.id for one in made} == {"1+.2", "2+.2", "2++"}


def test_a_made_row_of_a_group_in_test_is_thrown_away():
    (batch,) = make_rows(
        TRAIN, (), (row("9", "nothing like it", group="g"),), (Twice(),), Means(), 0.8
    )
    assert "shares a group with a test row" in {one.reason for one in batch.thrown}


def test_an_id_that_is_taken_gets_a_number():
    train = (*TRAIN, row("2+", "it has the id that is made"))
    (batch,) = make_rows(train, (), (), (Twice(),), Means(), 0.8)
    assert [made.example.id for made in batch.made] == ["2+.2", "3+", "2++"]


def test_two_rows_with_one_id_are_a_bug():
    with pytest.raises(ValueError, match=r"two rows with the id '1\+'"):
        list(make_rows((TRAIN[0], TRAIN[0]), (), (), (Twice(),), Means(), 0.8))


def test_documents_of_held_rows_are_not_handed_on():
    long = "The reading room closes at half past nine on every working day of the week."
    documents = [
        Document("a.md", f"# Hours\n\n{long}\n\nMore."),
        Document("b.md", "Another text about books and what they cost."),
        Document("c.md", "A third text."),
        Document("d.md", "A fourth text."),
    ]
    held = [
        row("1", "When does it close?", context=(Document("x#1", long),)),
        row("2", "?", group="c.md"),
        Example("3", (Message("user", "?"),), "a", source="d.md:7"),
    ]
    assert [document.id for document in documents_for_train(documents, held)] == ["b.md"]


def test_an_augmentation_for_another_kind_of_task_is_refused_with_its_place():
    refuse_unfit([Noise(), Twice()], "classify")
    with problem(DataError, "D086", "augment.1", "qa_pairs", "answer", "classify"):
        refuse_unfit([Noise(), QaPairs()], "classify")


def test_a_made_row_that_copies_val_is_thrown_away_and_so_is_a_document_of_val():
    passage = Document("x#1", "y" * FEWEST)
    val = (row("8", "Third and last, of coarse"), row("9", "Unlike", context=(passage,)))
    (batch,) = make_rows(TRAIN, val, (), (Twice(),), Means(), 0.8)
    assert [(one.made.example.id, one.reason, one.kept) for one in batch.thrown] == [
        ("1+", "same text as a training row with another target", "1"),
        ("3+", "near copy of a val row", "8"),
    ]
    assert [made.example.id for made in batch.made] == ["2+"]
    seen = []

    class Reads(Twice):
        def make(self, examples, means):
            seen.extend(document.id for document in means.documents)
            return super().make(examples, means)

    rows = {"train": [*TRAIN], "val": [*val], "test": []}
    means = Means(documents=(Document("a", f"{'y' * FEWEST} more"), Document("b", "other")))
    augment_train((Reads(),), rows, means, Split(), Ledger([*TRAIN, *val], lambda event: None))
    assert seen == ["b"]
    assert "3+" not in {one.id for one in rows["train"]}
