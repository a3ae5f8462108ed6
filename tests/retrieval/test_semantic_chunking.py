import numpy as np

from assay.core.types import Document
from assay.retrieval.encoders import Encoding
from assay.retrieval.semantic_chunking import topical


class Subjects(Encoding):
    """One direction a subject: cats, cars, or neither."""

    name, digest, width = "subjects", "subjects", 3

    def vectors(self, texts, *, query=False, tell=None):
        out = np.zeros((len(texts), 3), dtype=np.float32)
        for row, text in zip(out, texts, strict=True):
            row[0 if "cat" in text else 1 if "car" in text.split() else 2] = 1
        return out

    def save(self, folder):
        pass


TEXT = """
# Things

A cat sleeps. The cat eats. Every cat purrs.

One cat is black. A car is fast. The car is red.

## More

The car is old.
"""


def test_a_passage_ends_where_the_subject_changes_and_not_at_a_paragraph():
    chunks = topical([Document("d", TEXT, "d.md", "2026")], 50, Subjects())
    assert [c.text for c in chunks] == [
        "Things. A cat sleeps. The cat eats. Every cat purrs. One cat is black.",
        "Things. A car is fast. The car is red.",
        "Things: More. The car is old.",
    ]
    assert [(c.id, c.source, c.date) for c in chunks] == [
        (f"d#{n}", "d.md", "2026") for n in (1, 2, 3)
    ]


def test_no_passage_is_longer_than_words():
    chunks = topical([Document("d", TEXT)], 6, Subjects())
    assert [c.text for c in chunks][:2] == [
        "Things. A cat sleeps. The cat eats.",
        "Things. Every cat purrs.",
    ]


def test_one_sentence_and_none():
    assert [c.text for c in topical([Document("d", "A cat.")], 10, Subjects())] == ["A cat."]
    assert topical([Document("d", "# only a heading")], 10, Subjects()) == []
