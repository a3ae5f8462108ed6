import random

import pytest

from assay.data.steps.gibberish import FEWEST_ROWS, Gibberish
from helpers import unusual
from helpers.labelled_rows import csv_rows


@pytest.mark.slow
@pytest.mark.parametrize("words", ["english", "rows"])
def test_mashed_keys_go_and_short_or_foreign_rows_stay(words, make, outcome):
    stay = [("thx", "x"), ("Ich habe meine Karte gestern Abend im Taxi verloren", "x"), ("", "x")]
    rows, dropped, _ = outcome(
        Gibberish(words=words), make([*unusual.CARDS[:60], (unusual.GIBBERISH, "x"), *stay])
    )
    assert [(drop.example.text, drop.reason) for drop in dropped] == [
        (unusual.GIBBERISH, "gibberish")
    ]
    assert len(rows) == 63


@pytest.mark.real
@pytest.mark.slow
def test_gibberish_of_three_words_is_found_among_questions_and_no_question_goes(
    shared_data, make, outcome
):
    rows = csv_rows(shared_data("banking77", whole=True) / "train.csv", "text", "category")[:2000]
    draw = random.Random(3)
    mashed = [
        (" ".join("".join(draw.choice("asdfghjklqwertz") for _ in range(6)) for _ in range(3)), "x")
        for _ in range(30)
    ]
    _, dropped, _ = outcome(Gibberish(), make([*rows, *mashed]))
    texts = {drop.example.text for drop in dropped}
    assert len(texts & {text for text, _ in mashed}) >= 29
    assert not texts & {text for text, _ in rows}


def test_in_few_rows_nothing_is_gibberish(make, outcome):
    few = [*unusual.CARDS[: FEWEST_ROWS - 2], (unusual.GIBBERISH, "x")]
    assert len(outcome(Gibberish(words="rows"), make(few))[0]) == len(few)
