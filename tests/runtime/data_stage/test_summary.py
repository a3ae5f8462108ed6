"""What the data stage writes of itself: hashes of what can be learnt, and counts."""

from dataclasses import replace

from assay.core.types import Document, Example, Message
from assay.runtime.data_stage.summary import (
    content_hash,
    documents_hash,
    fields_hash,
    label_counts,
    train_hash,
)

ROW = Example("a", (Message("user", "hello"),), "yes", source="rows.csv:2")


def test_the_hash_of_rows_is_of_what_can_be_learnt_and_not_of_where_it_lay():
    same = [replace(ROW, id="z"), replace(ROW, source="other.csv:9"), replace(ROW, time=5.0)]
    assert {content_hash([row]) for row in [ROW, *same]} == {content_hash([ROW])}
    others = [
        ROW.with_text("hello!"),
        replace(ROW, target="no"),
        replace(ROW, also=("ja",)),
        replace(ROW, context=(Document("d", "text"),)),
        replace(ROW, options=("x", "y")),
        replace(ROW, group="g"),
    ]
    assert len({content_hash([row]) for row in [ROW, *others]}) == 1 + len(others)
    two = replace(ROW, target="no")
    assert content_hash([ROW, two]) != content_hash([two, ROW])  # the order decides a training


def test_how_frequent_labels_are_belongs_to_training_where_rows_do_not_say_it():
    assert train_hash([ROW], {}) == content_hash([ROW])
    assert train_hash([ROW], {"yes": 1}) != train_hash([ROW], {"yes": 2})


def test_fields_count_for_rows_and_documents_that_have_some():
    tagged = replace(ROW, slices=(("team", "x"),))
    assert fields_hash([ROW]) != fields_hash([tagged]) and content_hash([ROW]) == content_hash(
        [tagged]
    )
    plain, dated = Document("d", "text"), Document("d", "text", date="2024")
    assert documents_hash([plain]) == documents_hash([dated])
    assert documents_hash([plain]) != documents_hash([replace(plain, fields=(("team", "x"),))])


def test_a_row_of_several_labels_counts_for_each_and_one_of_none_for_that():
    rows = [replace(ROW, target=target) for target in ("a | b", "b", "none")]
    assert label_counts(rows, "multilabel", "none") == {"a": 1, "b": 2, "none": 1}
    assert label_counts(rows, "classify", "none") == {"a | b": 1, "b": 1, "none": 1}
