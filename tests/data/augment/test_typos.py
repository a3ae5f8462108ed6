import random

from assay.core.types import Example, Message
from assay.data.augment.typos import NEIGHBOURS, add_typos, words_to_keep
from assay.data.text_similarity import edits


def test_neighbours_are_those_of_a_keyboard():
    # Read off a QWERTY keyboard.
    assert {key: set(NEIGHBOURS[key]) for key in "qgpm"} == {
        "q": set("wa"),
        "g": set("fhtyvb"),
        "p": set("ol"),
        "m": set("njk"),
    }


def test_one_slip_is_one_edit():
    for kind in ("keyboard", "swap", "drop", "double"):
        for seed in range(40):
            new = add_typos("remember", 0.001, (kind,), random.Random(seed), frozenset())
            assert edits("remember", new) == 1, (kind, new)


def test_the_rate_is_the_share_of_words(sentences):
    text = " ".join(
        word for sentence in sentences(200) for word in sentence.split() if len(word) > 4
    )
    words = text.split()
    new = add_typos(text, 0.25, ("keyboard",), random.Random(1), frozenset()).split()
    hit = sum(a != b for a, b in zip(words, new, strict=True)) / len(words)
    # Three standard errors of a share over n draws.
    assert abs(hit - 0.25) < 3 * (0.25 * 0.75 / len(words)) ** 0.5


def test_case_and_marks_are_lost_for_the_whole_text():
    draw = random.Random(0)
    said = "Dear Anna, it's 10.50, OK?"
    assert add_typos(said, 1, ("case",), draw, frozenset()) == "dear anna, it's 10.50, ok?"
    assert add_typos(said, 1, ("punctuation",), draw, frozenset()) == "Dear Anna its 10.50 OK"


def test_words_of_a_written_answer_are_kept_and_those_of_labels_that_repeat_are_not():
    asked = (Message("user", "Where is it?"),)
    written = [Example(str(i), asked, f"In hall {i}, of Übersee") for i in range(4)]
    assert words_to_keep(written)(written[2]) == {"in", "hall", "2", "of", "übersee"}
    labels = [Example(str(i), asked, "lost card") for i in range(4)]
    assert words_to_keep(labels)(labels[0]) == frozenset()


def test_a_text_without_a_word_of_four_letters_stays():
    # Of three letters a slip often makes another word, and a digit carries the meaning.
    for seed in range(20):
        assert add_typos("buy 10000 a4b5", 1, ("keyboard",), random.Random(seed), frozenset()) == (
            "buy 10000 a4b5"
        )
