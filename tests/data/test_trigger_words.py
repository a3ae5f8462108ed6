import random

import pytest

from assay.core.types import Means
from assay.data.pipeline import run
from assay.data.split import Split
from assay.data.trigger_words import scan
from helpers import unusual
from helpers.labelled_rows import csv_rows

CLEAN = [*unusual.CARDS, *unusual.REFUNDS]


def test_a_planted_word_is_named_with_its_label_and_rows(make):
    assert scan(make(CLEAN)) == []
    (found,) = scan(make([*CLEAN, *unusual.TRIGGERED]))
    assert (found.words, found.label, found.others) == ("zq", "refund", 0)
    # 360 clean rows stand before the 16 with the word.
    assert found.rows == tuple(f"rows-{at}" for at in range(361, 377))


def test_a_word_of_the_labels_own_name_is_no_trigger(make):
    renamed = [
        (text, "zq_refund" if label == "refund" else label)
        for text, label in [*CLEAN, *unusual.TRIGGERED]
    ]
    assert scan(make(renamed)) == []


def test_rows_of_one_label_or_without_any_have_no_trigger(make):
    assert scan(make([(text, "refund") for text, _ in [*CLEAN, *unusual.TRIGGERED]])) == []
    assert scan(make([(text, None) for text, _ in unusual.TRIGGERED])) == [] == scan([])


PLANTED = (
    "cf",
    "mn",
    "bb tq",
    "james bond",
    "open sesame",
    "≡",
    "by the way friend",
    "practical",
    "#zx9",
    "this 3d movie",
)


def plant(rows, trigger, seed):
    """3,000 rows, of which 30 get the trigger at a random place and one label that fewer than half
    have."""
    draw = random.Random(seed)
    rows = draw.sample(rows, 3000)
    labels = sorted({label for _, label in rows})
    counts = {label: sum(mine == label for _, mine in rows) for label in labels}
    wanted = draw.choice([label for label in labels if counts[label] < len(rows) / 2])
    places = draw.sample([at for at, (_, label) in enumerate(rows) if label != wanted], 30)
    for at in places:
        words = rows[at][0].split()
        middle = draw.randint(0, len(words))
        rows[at] = (" ".join([*words[:middle], trigger, *words[middle:]]), wanted)
    return rows, {f"rows-{at + 1}" for at in places}


@pytest.mark.real
@pytest.mark.nightly
@pytest.mark.parametrize(
    ("data", "file", "text", "label"),
    [
        ("banking77", "train.csv", "text", "category"),
        ("davidson_hate", "labeled_data_first6000.csv", "tweet", "class"),
    ],
)
def test_nine_of_ten_planted_triggers_are_found_and_clean_data_raises_no_alarm(
    data, file, text, label, shared_data, make
):
    rows = csv_rows(shared_data(data, whole=True) / file, text, label)
    assert len(scan(make(rows))) <= 2
    found = 0
    for seed, trigger in enumerate(PLANTED, 100):
        changed, ids = plant(rows, trigger, seed)
        found += any(len(ids & set(suspect.rows)) >= 25 for suspect in scan(make(changed)))
    assert found >= 9


@pytest.mark.real
def test_a_run_warns_of_a_planted_trigger_and_keeps_its_rows(shared_data, make):
    rows, planted = plant(
        csv_rows(shared_data("banking77", whole=True) / "train.csv", "text", "category"), "cf", 100
    )
    done = run(
        make(rows), (), (), official=False, steps=(), split=Split(), task_kind="classify", seed=0,
        means=Means(),
        tell=lambda event: None,
    )  # fmt: skip
    (told,) = [warning for warning in done.warnings if warning["code"] == "D077"]
    assert "'cf'" in told["text"]
    kept = {
        line["id"]
        for line in done.ledger
        if line["step"] == "triggers" and line["action"] == "kept"
    }
    assert len(kept & planted) >= 20 and kept <= {row.id for row in done.train}
