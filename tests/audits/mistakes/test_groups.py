"""Groups of mistakes on vectors made so that the groups are known, and words against a count by
hand."""

import numpy as np

from assay.audits.mistakes.groups import groups, most_frequent, near, words


def made(seed=0):
    """Three directions with 20 rows each; wrong are all of the first, half of the second, none of
    the third."""
    draw = np.random.default_rng(seed)
    centres = np.eye(3, 8)
    vectors = np.concatenate([c + 0.1 * draw.normal(size=(20, 8)) for c in centres])
    wrong = np.array([True] * 20 + [True, False] * 10 + [False] * 20)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), wrong


def test_wrong_rows_that_lie_together_are_one_group():
    vectors, wrong = made()
    found = groups(vectors, wrong, least=4)
    assert [sorted(rows) for rows in found] == [list(range(20)), list(range(20, 40, 2))]


def test_the_surroundings_of_a_group_are_the_rows_as_near():
    vectors, wrong = made()
    around = near(vectors, np.arange(20, 40, 2))
    assert set(around) <= set(range(20, 40))
    # Half of that direction is wrong, so about half of what lies as near is.
    assert 0.3 < wrong[around].mean() < 0.8


def test_too_few_mistakes_are_no_group():
    vectors, wrong = made()
    few = np.zeros_like(wrong)
    few[:7] = True
    assert groups(vectors, few, least=4) == []


def test_words_are_those_that_the_others_lack():
    texts = [f"please renew the passport of my {who}" for who in ("son", "wife", "aunt", "dog")] * 3
    texts += [f"please close the account of my {who}" for who in ("son", "wife", "aunt", "dog")] * 3
    assert words(texts, range(12)) == ["passport", "renew"]
    assert words(texts, []) == []


def test_confusions_are_counted():
    assert most_frequent([("a", "b"), ("a", "c"), ("a", "b")]) == [["a", "b", 2], ["a", "c", 1]]


def test_texts_of_one_word_alone_are_told_by_it():
    texts = ["spam 1 spam", "spam 2", "spam 33"] + ["ham and eggs", "ham and rye"]
    assert words(texts, [0, 1, 2]) in (["spam"], [])
    assert words(["spam", "spam", "spam"], [0, 1]) == []
