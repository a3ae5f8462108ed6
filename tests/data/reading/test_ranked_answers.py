import pytest

from assay.data.reading.ranked_answers import pair_preferences
from assay.data.reading.uniform_rows import tidy_table
from helpers.raw_tables import raw_table


def pairs(rows):
    table = raw_table([{"prompt": f"p {n}", **row} for n, row in enumerate(rows)])
    found = pair_preferences(table, set())
    return (
        None if found is table else [(r.fields["chosen"], r.fields["rejected"]) for r in found.rows]
    )


@pytest.mark.parametrize(
    "verdict",
    [
        ("a", "b"),
        ("response_a", "response_b"),
        ("A", "B"),
        ("1", "2"),
        (1, 2),
        ("model_a", "model_b"),
    ],
)
def test_verdicts_in_usual_words(verdict):
    rows = [
        {
            "prompt": f"p {i}",
            "response_a": f"one {i}",
            "response_b": f"two {i}",
            "winner": verdict[i % 2],
        }
        for i in range(6)
    ]
    made = tidy_table(raw_table(rows), set()).rows
    assert [row.fields["chosen"] for row in made] == [
        f"{('one', 'two')[i % 2]} {i}" for i in range(6)
    ]


TWO = {"response_a": "the first one", "response_b": "the second one"}
FIRST, SECOND = ("the first one", "the second one"), ("the second one", "the first one")


@pytest.mark.parametrize(
    ("verdicts", "found"),
    [
        ([0, 1, 0, 1], [FIRST, SECOND] * 2),  # counted from 0
        ([1, 2, 1, 2], [FIRST, SECOND] * 2),  # counted from 1
        (["a", "tie", "b", "both"], [FIRST, SECOND]),
        ([0, 1, 2, 0], None),  # 2 may be a tie, or one of three: nobody can tell
    ],
)
def test_a_verdict_in_numbers_is_counted_from_where_its_column_begins(verdicts, found):
    assert pairs([{**TWO, "winner": one} for one in verdicts]) == found


@pytest.mark.parametrize(
    "row",
    [
        {"responses": ["ok", "good", "bad"], "scores": [2, 3.5, 1]},
        {"responses": ["ok", "good", "bad"], "ranks": [2, 1, 3]},
        {"responses": [{"text": t, "score": s} for t, s in (("ok", 2), ("good", 3), ("bad", 1))]},
    ],
)
def test_of_several_answers_the_best_and_the_worst_are_taken(row):
    assert pairs([row] * 2) == [("good", "bad")] * 2


def test_answers_that_are_all_as_good_prefer_nothing():
    rows = [{"responses": ["one", "two"], "scores": [n, 1]} for n in (2, 1, 3)]
    assert pairs(rows) == [("one", "two")] * 2
    assert pairs(rows[1:2]) is None
    assert pairs([{"answer": "one text"}]) is None
