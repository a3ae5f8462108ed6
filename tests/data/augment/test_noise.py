import re

from assay.core.types import Example, Means, Message
from assay.data.augment.noise import Noise
from assay.data.augment.typos import words_to_keep


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


def test_share_and_copies_are_what_they_say(make, sentences):
    rows = make([(text, "ab"[at % 2]) for at, text in enumerate(sentences(100))])
    made = list(Noise(share=0.3, copies=2).make(rows, Means()))
    assert len({one.parents for one in made}) == 30 and len(made) == 60
    more = {one.parents for one in Noise(share=0.6).make(rows, Means())}
    assert {one.parents for one in made} <= more
    assert all(re.fullmatch(r"rows-\d+~noise[12]", one.example.id) for one in made)
