"""A tiny real model asked, and trained, on the kinds that are neither one label nor a short
answer."""

from dataclasses import replace

import numpy as np
import pytest

from assay.core.types import Example, Message, Task
from assay.strategies.linear.word_ranking import pairs_of
from assay.strategies.prompting.few_shot import Shots
from assay.strategies.training.lora import Lora
from assay.tasks.options import LETTERS, question_with_options
from assay.tasks.prompt_format import ask, build_messages

SETS = Task(kind="multilabel", labels=("film", "food", "ride"))


def row(id, text, target=None, options=()):
    return Example(id, (Message("user", text),), target, options=tuple(options))


def asks(id, question, options, right=None):
    return row(
        id,
        question_with_options(question, options),
        None if right is None else LETTERS[right],
        options,
    )


CHOICES = [
    asks("1", "which is a colour", ["red", "oslo"], 0),
    asks("2", "which is a place", ["red", "blue", "oslo"], 2),
    asks("3", "which is a thing", ["apple", "green", "bonn"], 0),
]
RANKED = [
    row("1", "colour of the apple", "1 0 0", ["the apple is red", "bonn is far", "no idea"]),
    row("2", "colour of the sky", "0 2", ["coal is black", "the sky is blue"]),
    row("3", "colour of the snow", "0 1 0", ["go to oslo", "the snow is white", "my money"]),
]


PAIRS = Task(kind="multilabel", labels=("card", "refund"))
SAID = [
    row(f"{i}", f"about the {words} please", target)
    for i, (words, target) in enumerate(
        [
            ("wallet", "card"),
            ("chip", "card"),
            ("plastic", "card"),
            ("money", "refund"),
            ("return", "refund"),
            ("shop", "refund"),
            ("wallet and the money", "card | refund"),
            ("chip and the return", "card | refund"),
            ("plastic and the shop", "card | refund"),
            ("sky", "none"),
            ("snow", "none"),
            ("coal", "none"),
        ]
    )
]


@pytest.fixture
def taught(lesson):
    """`taught(task, rows)`: the lesson with these rows for train and val, judged by the task's own
    metric."""
    from assay.runtime.arms.task_score import task_score, val_score

    def make(task, rows):
        return replace(
            lesson("answer"),
            task=task,
            train=tuple(rows),
            val=tuple(rows),
            score=lambda adapted, some: val_score(adapted, some, task),
            judge=lambda some, answers: task_score(some, answers, task),
        )

    return make


def test_a_prompt_lists_labels_and_says_what_none_is():
    system, asked = ask(SETS, row("1", "a taxi please"), labels=True)
    lines = system.content.splitlines()
    assert lines[1:] == ["Answer none when no label fits.", "Labels:", "- film", "- food", "- ride"]
    assert asked.content == "a taxi please"
    one = Task(kind="classify", labels=("a", "none of these"), none="none of these")
    assert (
        "Answer none of these when no"
        " label fits." in ask(one, row("1", "x"), labels=True)[0].content
    )
    assert (
        "none"
        not in ask(Task(kind="classify", labels=("a", "b")), row("1", "x"), labels=True)[0].content
    )


def test_letters_are_not_listed_and_solutions_show_their_number():
    system, asked = ask(Task(kind="choose", labels=("A", "B")), CHOICES[0].question, labels=True)
    assert "Labels:" not in system.content
    assert asked.content == "which is a colour\nA. red\nB. oslo"
    solved = row("2", "2 and 3?", "2 + 3 = 5\n#### 5")
    task = Task(kind="number")
    assert build_messages(task, row("1", "1 and 1?"), [solved])[2].content == "5"
    assert (
        build_messages(task, row("1", "1 and 1?"), [solved], steps=True)[2].content
        == "2 + 3 = 5\nAnswer: 5"
    )


def test_options_are_scored_by_their_letters_and_only_those_of_the_row(taught, open_tiny):
    task = Task(kind="choose", labels=("A", "B", "C"))
    arm = Shots(k=0).fit(taught(task, CHOICES))
    answers = arm.answer([one.question for one in CHOICES])
    model = open_tiny()
    prompts = [ask(task, one.question, labels=True) for one in CHOICES]
    scores = model.score(prompts, ["A", "B", "C"], left=0.0)
    for answer, one, line in zip(answers, CHOICES, scores, strict=True):
        n = len(one.options)
        assert answer.text == LETTERS[int(np.argmax(line[:n]))]
        shares = np.exp(line[:n] - line[:n].max())
        assert answer.confidence == pytest.approx(shares.max() / shares.sum(), abs=0.02)
    assert answers[0].scores[2] < -1e6


def test_candidates_are_ordered_by_the_odds_of_yes(taught, open_tiny):
    task = Task(kind="rank")
    arm = Shots(k=2).fit(taught(task, RANKED))
    answers = arm.answer([one.question for one in RANKED])
    model = open_tiny()
    for answer, one in zip(answers, RANKED, strict=True):
        scores = model.score(
            [arm.prompt(pair) for pair in pairs_of(one.question)], ["yes", "no"], left=0.0
        )
        odds = scores[:, 0] - scores[:, 1]
        assert answer.scores == pytest.approx(odds, abs=2e-3)
        assert sorted((answer.text or "").split()) == [str(i + 1) for i in range(len(one.options))]
    # The examples shown are candidates with yes or no, never whole rows.
    assert {shot.target for shot in arm.shots(RANKED[0])} <= {"yes", "no"}


def test_what_is_asked_about_candidates_never_holds_their_grades():
    pairs = pairs_of(RANKED[0].question)
    assert [pair.target for pair in pairs] == [None] * 3
    assert [pair.target for pair in pairs_of(RANKED[0])] == ["yes", "no", "no"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "rows"),
    [
        pytest.param(Task(kind="rank"), RANKED, marks=pytest.mark.nightly),
        (Task(kind="choose", labels=("A", "B", "C")), CHOICES),
        pytest.param(PAIRS, SAID, marks=pytest.mark.nightly),
        (
            Task(kind="number"),
            [row("1", "1 and 1?", "1 + 1 = 2\n#### 2"), row("2", "2 and 2?", "2 + 2 = 4\n#### 4")],
        ),
        (
            Task(kind="summarise"),
            [row("1", "the apple is red", "red apple"), row("2", "the sky is blue", "blue sky")],
        ),
    ],
    ids=lambda value: value.kind if isinstance(value, Task) else "",
)
def test_a_tuned_model_learns_its_rows_and_is_restored(taught, task, rows, tmp_path):
    settings = Lora(rank=8, epochs=15, batch_size=4, learning_rate=1e-2, warmup=0.0)
    lesson = taught(task, rows)
    arm = settings.fit(lesson)
    answers = arm.answer([one.question for one in rows])
    assert lesson.judge(rows, answers) >= 0.9, [a.raw for a in answers]
    arm.save(tmp_path)
    again = settings.restore(tmp_path, replace(lesson, train=(), val=()))
    assert [a.text for a in again.answer([one.question for one in rows])] == [
        a.text for a in answers
    ]
