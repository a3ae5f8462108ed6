"""Arms around a linear model on features of the text name what the words of a row say."""

import pytest

from assay.core.store import read_json
from assay.core.types import Example, Lesson, Message, Task
from assay.strategies.baselines.tfidf import Tfidf
from assay.strategies.linear.features import Features
from assay.strategies.linear.linear_arms import LinearLabels, LinearSets
from helpers.label_sets import LESSON, ROWS, TASK, WORDS


@pytest.mark.slow
def test_word_weights_name_the_labels_of_unseen_rows(tmp_path):
    arm = Tfidf().fit(LESSON)
    answers = arm.answer([row.question for row in ROWS[72:]])
    assert sum(a.text == row.target for a, row in zip(answers, ROWS[72:], strict=True)) >= 22
    assert all(a.confidence is not None and 0 <= a.confidence <= 1 for a in answers)
    arm.save(tmp_path)
    assert Tfidf().restore(tmp_path, LESSON).answer([row.question for row in ROWS[72:]]) == answers
    assert arm.answer([]) == []


def test_a_label_that_every_row_has_and_one_that_none_has():
    rows = [Example(f"{i}", (Message("user", f"word {i}"),), "always") for i in range(12)]
    task = Task(kind="multilabel", labels=("always", "never"))
    answers = Tfidf().fit(Lesson(task, tuple(rows))).answer([rows[0].question])
    assert answers[0].text == "always"


def words():
    return Features(("words",), 1, 0)


def test_one_label_is_chosen_and_the_model_comes_back_with_its_note(tmp_path):
    labels = tuple(sorted(WORDS))
    train = tuple(
        Example(word, (Message("user", f"a {word}"),), label)
        for label in labels
        for word in WORDS[label].split()
    )
    task = Task(kind="classify", labels=(*labels, "seen in no row"))
    arm = LinearLabels.of(words(), Lesson(task, train), 10.0, "none", "tfidf")
    answers = arm.answer([row.question for row in train])
    assert [answer.text for answer in answers] == [row.target for row in train]
    assert all(answer.scores[3] < -1e6 for answer in answers)
    arm.save(tmp_path)
    assert LinearLabels.load(words(), tmp_path, task, "tfidf").answer(train) == answers
    assert read_json(tmp_path / "note.json") == {"notes": [arm.said]}


def test_the_thresholds_of_labels_are_written_down(tmp_path):
    arm = LinearSets.of(words(), LESSON, 1.0, "none", "tfidf")
    arm.save(tmp_path)
    written = read_json(tmp_path / "tfidf.json")["thresholds"]
    assert [*written] == list(TASK.labels)
    assert list(written.values()) == pytest.approx(arm.cuts.tolist(), abs=1e-4)
