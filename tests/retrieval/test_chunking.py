from hypothesis import given
from hypothesis import strategies as st

from assay.core.types import Document
from assay.retrieval.chunking import passages

HANDBOOK = """
Opening words.

# Leave
## Parental leave

Parents get 30 days. Ask early.

It is paid.

## Sick leave
Call before nine.
# Travel
Take the train.
"""


def texts(text, words):
    return [chunk.text for chunk in passages([Document("d", text)], words)]


def test_passages_stand_under_their_headings():
    assert texts(HANDBOOK, 50) == [
        "Opening words.",
        "Leave: Parental leave. Parents get 30 days. Ask early. It is paid.",
        "Leave: Sick leave. Call before nine.",
        "Travel. Take the train.",
    ]


def test_long_paragraphs_are_cut_at_sentence_ends_then_at_words():
    assert texts("One two three. Four five. Six seven eight nine ten eleven twelve.", 5) == [
        "One two three. Four five.",
        "Six seven eight nine ten",
        "eleven twelve.",
    ]
    # a part ends where the next sentence would not fit, not at every sentence
    assert texts("a b\n\nc d e. f g h.", 6) == ["a b", "c d e. f g h."]


def test_ids_and_sources():
    chunks = passages(
        [Document("a.md", "x\n\n# h\n\ny", "a.md", "2024"), Document("b.md", "z", "b.md")], 10
    )
    assert [(c.id, c.source, c.date) for c in chunks] == [
        ("a.md#1", "a.md", "2024"),
        ("a.md#2", "a.md", "2024"),
        ("b.md#1", "b.md", ""),
    ]


def test_a_heading_without_text_and_an_empty_document_give_nothing():
    assert texts("# only a heading\n\n## and another", 10) == []
    assert texts(" \n", 10) == []


WORD = st.builds(
    str.__add__,
    st.text("abcdefgxyz", min_size=1, max_size=6),
    st.sampled_from(["", "", ".", "!", "?"]),
)
BLOCKS = st.lists(st.lists(WORD, min_size=1, max_size=25).map(" ".join), max_size=6).map(
    "\n\n".join
)


@given(BLOCKS, st.integers(1, 12))
def test_every_word_arrives_once_in_order_and_no_passage_is_too_long(text, words):
    chunks = texts(text, words)
    assert " ".join(chunks).split() == text.split()
    assert all(0 < len(chunk.split()) <= words for chunk in chunks)


def test_chinese_is_cut_at_its_full_stops_and_keeps_its_letters():
    said = [f"第{i}条：员工每年有{i}天的iPhone 假期，须提前申请。" for i in range(1, 9)]
    found = texts("".join(said), 50)
    assert "".join(found) == "".join(said)
    assert len(found) == 4 and all(text.endswith("。") for text in found)
    alone = "很" * 230  # no end of a sentence
    assert [len(text) for text in texts(alone, 100)] == [100, 100, 30]
