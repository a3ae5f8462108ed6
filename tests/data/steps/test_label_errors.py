import random

import pytest

from assay.data.annotation.confident_learning import doubts, rank_doubts
from assay.data.steps.label_errors import SLICE, LabelErrors

WORDS = {
    "refund": "money back refund charge card paid",
    "delivery": "parcel courier late address street",
}


def rows():
    """100 rows; every 25th has the other label."""
    draw, labels = random.Random(0), list(WORDS)
    made = [
        (" ".join(draw.choices(WORDS[labels[i % 2]].split(), k=4)), labels[i % 2])
        for i in range(100)
    ]
    return [
        (text, labels[labels.index(label) - 1] if i % 25 == 3 else label)
        for i, (text, label) in enumerate(made)
    ]


@pytest.mark.slow
def test_it_finds_what_the_list_finds_and_marks_it(make, outcome, means):
    examples = make(rows())
    on, dropped, changed = outcome(LabelErrors(), examples)
    expected = {d.id for d in rank_doubts(doubts(examples, seed=means.seed))}
    assert expected == {examples[i].id for i in range(3, 100, 25)}
    assert not dropped and {change.example.id for change in changed} == expected
    assert {change.reason.partition(":")[0] for change in changed} == {"likely label error"}
    assert all(((SLICE, "yes") in row.slices) == (row.id in expected) for row in on)
    assert [row.target for row in on] == [row.target for row in examples]


def test_drop_takes_them_out_with_the_label_they_rather_have(make, outcome):
    on, dropped, changed = outcome(LabelErrors(action="drop"), make(rows()))
    assert len(on) == 96 and not changed
    assert dropped[0].reason == "likely label error: refund, rather delivery"


@pytest.mark.slow
def test_a_label_with_few_rows_is_left_alone(make, outcome):
    examples = make([*rows(), ("money back refund", "rare"), ("card paid", "rare")])
    on, dropped, _ = outcome(LabelErrors(action="drop"), examples)
    assert sum(row.target == "rare" for row in on) == 2 and len(dropped) == 4


def test_written_answers_are_left_alone(make, outcome):
    examples = make([(f"question {i}", f"answer {i}") for i in range(30)])
    assert outcome(LabelErrors(action="drop"), examples) == (examples, [], [])
