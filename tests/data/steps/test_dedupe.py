from hypothesis import given
from hypothesis import strategies as st

from assay.core.types import Dropped, Example, Means, Message
from assay.data.steps.dedupe import Dedupe

SAME = [
    ("Where is my card?", "card"),
    ("where is my CARD", "card"),
    ("Where, is my card!!", " Card"),
]
TORN = [
    ("Where is my card?", "card"),
    ("where is my card", "cash"),
    ("Hello there", "hi"),
    ("Where is my card", "card"),
]


def test_the_first_row_is_kept_and_named(make, outcome):
    rows, dropped, _ = outcome(Dedupe(), make(SAME))
    assert [row.id for row in rows] == ["rows-1"]
    assert [(drop.reason, drop.kept) for drop in dropped] == [("same text", "rows-1")] * 2


def test_a_text_with_two_labels_goes_altogether(make, outcome):
    rows, dropped, _ = outcome(Dedupe(), make(TORN))
    assert [row.id for row in rows] == ["rows-3"]
    assert {drop.reason for drop in dropped} == {"same text, different labels"}


def test_conflicts_may_be_kept(make, outcome):
    rows, _, _ = outcome(Dedupe(conflicts="keep_first"), make(TORN))
    assert [row.id for row in rows] == ["rows-1", "rows-3"]
    rows, _, _ = outcome(Dedupe(conflicts="keep"), make(TORN))
    assert [row.id for row in rows] == ["rows-1", "rows-2", "rows-3"]


def test_the_longest_may_be_kept(make, outcome):
    rows, dropped, _ = outcome(Dedupe(keep="longest"), make(SAME))
    assert [row.id for row in rows] == ["rows-3"]
    assert [(drop.example.id, drop.kept) for drop in dropped] == [
        ("rows-1", "rows-3"),
        ("rows-2", "rows-3"),
    ]


@given(
    st.lists(st.tuples(st.text("aB! ", max_size=4), st.sampled_from(["x", "y"])), max_size=12),
    st.sampled_from(["drop", "keep_first", "keep"]),
    st.sampled_from(["first", "longest"]),
)
def test_a_second_pass_drops_nothing(rows, conflicts, keep):
    step = Dedupe(conflicts=conflicts, keep=keep)
    examples = [
        Example(str(at), (Message("user", text),), label) for at, (text, label) in enumerate(rows)
    ]
    results = list(step.apply(examples, Means()))
    assert [r.example.id if isinstance(r, Dropped) else r.id for r in results] == [
        e.id for e in examples
    ]
    once = [result for result in results if not isinstance(result, Dropped)]
    assert list(step.apply(once, Means())) == once
