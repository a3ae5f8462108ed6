"""New groups among made vectors, and the rule of what to label next."""

import numpy as np

from assay.deployment.monitoring.novelty import new_groups, next_rows


def made():
    """200 rows of the log, of which 30 ask of parking; 150 held-back rows; none of these asks of
    parking."""
    draw = np.random.default_rng(0)
    known = np.eye(12)[draw.integers(0, 10, 320)] + 0.1 * draw.normal(size=(320, 12))
    new = np.eye(12)[np.full(30, 11)] + 0.1 * draw.normal(size=(30, 12))
    vectors = np.r_[known[:170], new, known[170:]]
    texts = [f"where is my order number {at}" for at in range(170)] + [
        f"may I park my car at {at}" for at in range(30)
    ]
    texts += [f"where is my order number {at}" for at in range(150)]
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), texts


def test_a_new_topic_is_a_group_and_named_in_its_words():
    vectors, texts = made()
    far = np.zeros(200, dtype=bool)
    far[165:] = True  # some known ones lie far too, as a twentieth always does
    found = new_groups(vectors, texts, 200, far)
    assert len(found) == 1
    # Nine in ten of the rows that it was found on, and those of the other half that lie as near.
    assert (
        20 <= len(found[0].rows) <= 30
        and set(found[0].rows) <= set(range(170, 200))
        and found[0].near_held == 0
    )
    assert {"park", "car"} <= set(found[0].words)


def test_rows_that_are_far_but_as_frequent_as_before_are_no_group():
    vectors, texts = made()
    far = np.zeros(200, dtype=bool)
    far[:20] = True
    assert new_groups(vectors, texts, 200, far) == []


def test_next_takes_new_questions_and_none_twice():
    eye = np.eye(4)
    vectors = np.array([eye[0], eye[1], eye[1], eye[2], (eye[0] + eye[2]) / np.sqrt(2)])
    # Row 0 is a training row; rows 1 and 2 are one question; row 3 and 4 are alike by .7.
    assert next_rows(vectors, eye[:1], np.zeros(5), 5) == [1, 3, 4]


def test_of_two_new_questions_the_less_certain_comes_first():
    eye = np.eye(3)
    assert next_rows(eye[1:], eye[:1], np.array([0.1, 0.6]), 2) == [1, 0]
