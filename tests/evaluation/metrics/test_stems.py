"""Stems against NLTK's."""

import pytest

from assay.evaluation.metrics import meteor
from assay.evaluation.metrics.stems import stem


@pytest.mark.slow
def test_stems_are_nltks(pairs, shared_data):
    porter = pytest.importorskip("nltk.stem.porter").PorterStemmer()
    words = {
        word
        for text, accepted in pairs
        for one in (text, *accepted)
        for word in meteor.words_of(one)
    }
    for name in ("scitldr/dev.jsonl", "tinyshakespeare", "gsm8k/test.jsonl"):
        place = shared_data(name.split("/")[0])
        file = place.parent / name if "/" in name else next(place.glob("*.txt"))
        words |= set(meteor.words_of(file.read_text(encoding="utf-8")[:400_000]))
    words |= {
        "skies",
        "dies",
        "died",
        "spied",
        "happily",
        "enjoy",
        "spy",
        "logically",
        "geology",
        "theology",
        "agreed",
    }
    assert len(words) > 3000
    assert {word: stem(word) for word in words} == {word: porter.stem(word) for word in words}
