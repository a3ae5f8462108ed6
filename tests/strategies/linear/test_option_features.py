"""Which option is right is told by marks of right options, or by the nearest training questions."""

import numpy as np
import pytest

from assay.core.types import Answer, Example, Lesson, Means, Message, Task
from assay.strategies.baselines.neighbours import Neighbours
from assay.strategies.baselines.tfidf import Tfidf
from assay.strategies.linear.option_features import (
    OptionVectors,
    are_right,
    best_option,
    right_options,
    strip_options,
)
from assay.tasks.options import LETTERS, question_with_options
from helpers.letters import letters

MEANS = Means(embed=letters)
TASK = Task(kind="choose", labels=("A", "B", "C"))


def asked(question: str, options: list[str], right: int | None = None) -> Example:
    text = question_with_options(question, options)
    target = None if right is None else LETTERS[right]
    return Example(text, (Message("user", text),), target, options=tuple(options))


def test_right_options_with_a_mark_of_their_own_are_found(tmp_path):
    """The right option is always the one that says 'both', wherever it stands; the letter says
    nothing."""
    rows = []
    for i in range(30):
        options = [f"thing {i}", f"stone {i * 7}", f"leaf {i * 3}"]
        options[i % 3] = f"both of them {i}"
        rows.append(asked(f"what about number {i}", options, i % 3))
    lesson = Lesson(TASK, tuple(rows[:24]), means=MEANS)
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


def test_a_letter_that_the_question_has_not_is_never_scored():
    rows = (asked("q one", ["x", "y", "right"], 2), asked("q two", ["z", "w", "right"], 2))
    (answer,) = Tfidf().fit(Lesson(TASK, rows, means=MEANS)).answer([asked("q", ["x", "y"])])
    assert answer.text in ("A", "B")
    assert answer.scores[2] < -1e6


def test_options_are_no_part_of_the_question_and_the_right_one_is_known_by_its_letter():
    row = asked("line one\nline two", ["x", "y"], 1)
    assert strip_options(row) == "line one\nline two"
    assert right_options([row]) == ["y"] and are_right(row) == [False, True]


def test_of_graded_candidates_those_with_a_grade_above_zero_are_right():
    row = Example("r", (Message("user", "q"),), "0 2 1", options=("a", "b", "c"))
    assert are_right(row) == [False, True, True]


def test_the_best_option_is_a_letter_and_letters_without_an_option_have_no_chance():
    answer = best_option(TASK, asked("q", ["x", "y"]), [-2.0, -1.0])
    assert answer.text == "B" and answer.scores[:2] == (-2, -1) and answer.scores[2] < -1e6


def test_the_nearest_questions_speak_for_options_like_their_right_ones():
    def embed(texts, means):
        """A text is an angle in degrees."""
        turned = np.radians([float(text) for text in texts])
        return np.stack([np.cos(turned), np.sin(turned)], 1).astype(np.float32)

    train = [asked("0", ["90", "45"], 0), asked("180", ["45", "0"], 1)]
    arm = OptionVectors.of(train, 1, TASK, MEANS, embed)
    answers = arm.answer([asked("5", ["80", "10"]), asked("170", ["80", "10"])])
    # The first is asked like the row whose right option lies at 90 degrees, the second like the one
    # at 0. Cosines 0.985 and 0.174 as shares: 0.85.
    assert [answer.text for answer in answers] == ["A", "B"]
    assert [round(answer.confidence, 2) for answer in answers] == [0.85, 0.85]


@pytest.mark.parametrize("strategy", [Tfidf(), Neighbours()], ids=lambda one: one.kind)
def test_a_question_without_options_has_no_answer_and_the_others_keep_theirs(strategy):
    rows = [asked(f"q {i}", [f"both {i}", f"stone {i}"], 0) for i in range(12)]
    arm = strategy.fit(Lesson(TASK, tuple(rows), means=MEANS))
    bare = Example("bare", (Message("user", "a text alone"),))
    (alone,) = arm.answer([rows[0].question])
    assert arm.answer([bare, rows[0].question]) == [Answer(None), alone]
    assert arm.answer([bare]) == [Answer(None)]
