import random
import re

from assay.core.types import Example, Means, Message
from assay.data.augment.noise import Noise
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


def test_numbers_and_words_of_a_written_answer_stay():
    rows = [
        Example(
            str(i),
            (Message("user", f"Book 14.5 m for Marlowe{i}, please, at the Harbour"),),
            f"person: Marlowe{i}",
        )
        for i in range(30)
    ]
    made = list(Noise(rate=1, share=1, copies=3).make(rows, Means()))
    assert len(made) > 60
    for one in made:
        text = one.example.text
        assert f"Marlowe{one.parents[0]}" in text and "14.5" in text
    labels = [Example(str(i), row.messages, "person") for i, row in enumerate(rows)]
    assert words_to_keep(labels)(labels[0]) == frozenset()


def test_case_and_marks_are_lost_for_the_whole_text():
    draw = random.Random(0)
    said = "Dear Anna, it's 10.50, OK?"
    assert add_typos(said, 1, ("case",), draw, frozenset()) == "dear anna, it's 10.50, ok?"
    assert add_typos(said, 1, ("punctuation",), draw, frozenset()) == "Dear Anna its 10.50 OK"


def test_share_and_copies_are_what_they_say(make, sentences):
    rows = make([(text, "ab"[at % 2]) for at, text in enumerate(sentences(100))])
    made = list(Noise(share=0.3, copies=2).make(rows, Means()))
    assert len({one.parents for one in made}) == 30 and len(made) == 60
    more = {one.parents for one in Noise(share=0.6).make(rows, Means())}
    assert {one.parents for one in made} <= more
    assert all(re.fullmatch(r"rows-\d+~noise[12]", one.example.id) for one in made)
