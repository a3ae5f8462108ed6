"""Floors for several labels a row and for questions with options."""

import numpy as np
import pytest

from assay.core.types import Example, Lesson, Means, Message, Task
from assay.strategies.baselines.copy import Copy
from assay.strategies.baselines.lead import Lead, sentences_of
from assay.strategies.baselines.majority import Majority
from assay.strategies.baselines.neighbours import Neighbours
from assay.strategies.baselines.tfidf import Tfidf
from assay.strategies.linear.multilabel import best_threshold, thresholds
from assay.tasks.options import LETTERS, question_with_options

WORDS = {
    "food": "noodles pizza bread soup",
    "ride": "taxi train bus tram",
    "film": "cinema movie screen actor",
}


def said(i: int) -> Example:
    """A row that names a word of each of its labels: none, one, two or three of them."""
    labels = [label for bit, label in enumerate(sorted(WORDS)) if i >> bit & 1]
    words = [WORDS[label].split()[(i // 8 + place) % 4] for place, label in enumerate(labels)]
    text = f"please number {i} {' and '.join(words)} today"
    return Example(f"r{i}", (Message("user", text),), " | ".join(labels) or "none")


TASK = Task(kind="multilabel", labels=tuple(sorted(WORDS)))
ROWS = tuple(said(i) for i in range(96))


def letters(texts):
    """(texts, 26): counts of letters, rows of length 1."""
    counts = np.array(
        [[text.casefold().count(chr(97 + i)) for i in range(26)] for text in texts],
        dtype=np.float32,
    )
    return counts / np.linalg.norm(counts, axis=1, keepdims=True)


@pytest.fixture
def means():
    return Means(embed=letters)


@pytest.fixture
def lesson(means):
    return Lesson(TASK, ROWS[:72], means=means)


def asked(question: str, options: list[str], right: int | None = None) -> Example:
    text = question_with_options(question, options)
    target = None if right is None else LETTERS[right]
    return Example(text, (Message("user", text),), target, options=tuple(options))


def test_the_threshold_with_the_best_f1():
    values, wanted = np.array([0.9, 0.8, 0.3, 0.2, 0.1]), np.array([1, 1, 1, 0, 0])
    assert best_threshold(values, wanted) == pytest.approx(0.25)
    # F1 of all five: 2 * 1 / (5 + 1) = 1/3; of the first two: 2 * 1 / (2 + 1) = 2/3.
    assert best_threshold(values, np.array([0, 1, 0, 0, 0])) == pytest.approx(0.55)
    # A cut never falls between equal values: the best one by rank alone would be after the first.
    assert best_threshold(np.array([0.5, 0.5, 0.1]), np.array([1, 0, 0])) == pytest.approx(0.3)
    assert best_threshold(values, np.zeros(5, dtype=int)) == 0.5


def test_too_few_rows_choose_no_threshold():
    assert thresholds(None, np.ones((4, 2), dtype=int)).tolist() == [0.5, 0.5]


@pytest.mark.slow
def test_word_weights_name_the_labels_of_unseen_rows(lesson, tmp_path):
    arm = Tfidf().fit(lesson)
    answers = arm.answer([row.question for row in ROWS[72:]])
    assert sum(a.text == row.target for a, row in zip(answers, ROWS[72:], strict=True)) >= 22
    assert all(a.confidence is not None and 0 <= a.confidence <= 1 for a in answers)
    arm.save(tmp_path)
    assert Tfidf().restore(tmp_path, lesson).answer([row.question for row in ROWS[72:]]) == answers
    assert arm.answer([]) == []


def test_probabilities_are_those_of_one_model_a_label(lesson):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    from assay.strategies.linear.multilabel import fit_one_vs_rest, indicator, probabilities

    words = TfidfVectorizer()
    matrix = words.fit_transform([row.text for row in lesson.train])
    wanted = indicator([row.target or "" for row in lesson.train], TASK)
    theirs = (
        OneVsRestClassifier(LogisticRegression(C=10, max_iter=1000, tol=1e-5))
        .fit(matrix, wanted)
        .predict_proba(matrix)
    )
    np.testing.assert_allclose(
        probabilities(matrix, *fit_one_vs_rest(matrix, wanted, 10, 0)), theirs, atol=1e-6
    )


def test_a_label_that_every_row_has_and_one_that_none_has(means):
    rows = [Example(f"{i}", (Message("user", f"word {i}"),), "always") for i in range(12)]
    task = Task(kind="multilabel", labels=("always", "never"))
    answers = Tfidf().fit(Lesson(task, tuple(rows), means=means)).answer([rows[0].question])
    assert answers[0].text == "always"


def test_neighbours_name_what_most_of_them_have(lesson, tmp_path):
    arm = Neighbours(k=3).fit(lesson)
    (answer,) = arm.answer([ROWS[9].question])
    assert set((answer.text or "").split(" | ")) <= {*WORDS, "none"}
    (same,) = Neighbours(k=1).fit(lesson).answer([ROWS[9].question])
    assert same.text == ROWS[9].target
    arm.save(tmp_path)
    assert Neighbours(k=3).restore(tmp_path, lesson).answer([ROWS[9].question]) == [answer]


def test_majority_names_a_letter_that_the_question_has(means):
    task = Task(kind="choose", labels=("A", "B", "C"))
    train = (asked("q", ["x", "y", "z"], 2), asked("r", ["x", "y", "z"], 2))
    arm = Majority().fit(Lesson(task, train, means=means))
    answers = arm.answer([asked("s", ["x", "y"]), asked("t", ["x", "y", "z"])])
    assert [answer.text for answer in answers] == ["A", "C"]


def test_majority_of_worked_solutions_is_their_number():
    rows = [
        Example(f"{i}", (Message("user", f"q {i}"),), f"step {i}\n#### {5 if i else 7}")
        for i in range(3)
    ]
    (answer,) = Majority().fit(Lesson(Task(kind="number"), tuple(rows))).answer([rows[0].question])
    assert answer.text == "5"


def test_right_options_with_a_mark_of_their_own_are_found(means, tmp_path):
    """The right option is always the one that says 'both', wherever it stands; the letter says
    nothing."""
    task = Task(kind="choose", labels=("A", "B", "C"))
    rows = []
    for i in range(30):
        options = [f"thing {i}", f"stone {i * 7}", f"leaf {i * 3}"]
        options[i % 3] = f"both of them {i}"
        rows.append(asked(f"what about number {i}", options, i % 3))
    lesson = Lesson(task, tuple(rows[:24]), means=means)
    arm = Tfidf().fit(lesson)
    answers = arm.answer([row.question for row in rows[24:]])
    assert [answer.text for answer in answers] == [row.target for row in rows[24:]]
    arm.save(tmp_path)
    assert Tfidf().restore(tmp_path, lesson).answer([row.question for row in rows[24:]]) == answers
    near = Neighbours().fit(lesson)
    assert all(answer.text in "ABC" for answer in near.answer([row.question for row in rows[24:]]))
    (tmp_path / "near").mkdir()
    near.save(tmp_path / "near")
    again = Neighbours().restore(tmp_path / "near", lesson)
    assert again.answer([rows[0].question]) == near.answer([rows[0].question])


def test_a_letter_that_the_question_has_not_is_never_scored(means):
    task = Task(kind="choose", labels=("A", "B", "C"))
    rows = (asked("q one", ["x", "y", "right"], 2), asked("q two", ["z", "w", "right"], 2))
    (answer,) = Tfidf().fit(Lesson(task, rows, means=means)).answer([asked("q", ["x", "y"])])
    assert answer.text in ("A", "B")
    assert answer.scores[2] < -1e6


def test_sentences_first_and_longest():
    text = 'It rained. "Why?" she asked the old man. He said\nnothing at all that day! Then'
    assert sentences_of(text) == [
        "It rained.",
        '"Why?',
        "she asked the old man.",
        "He said",
        "nothing at all that day!",
        "Then",
    ]
    question = Example(
        "q", (Message("user", "One two. Three four five six. Seven eight nine. Ten."),)
    )

    def said_by(arm):
        return arm.fit(Lesson(Task(kind="summarise"))).answer([question])[0].text

    assert said_by(Lead(sentences=2)) == "One two. Three four five six."
    assert said_by(Lead(sentences=1, choose="longest")) == "Three four five six."
    assert said_by(Lead(sentences=2, choose="longest")) == "Three four five six. Seven eight nine."
    assert said_by(Copy()) == question.text
