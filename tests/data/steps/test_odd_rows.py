"""Steps that drop what is unlike the other rows: gibberish, off_topic, boilerplate, triggers."""

import csv
import random

import pytest

from assay.core.errors import DataError
from assay.core.types import Dropped, Means
from assay.data.character_model import surprise
from assay.data.outliers import deviations
from assay.data.pipeline import run
from assay.data.split import Split
from assay.data.steps.boilerplate import Boilerplate
from assay.data.steps.gibberish import Gibberish
from assay.data.steps.off_topic import OffTopic
from assay.data.steps.triggers import Triggers
from assay.data.trigger_words import scan
from helpers import unusual


def csv_rows(path, text, label):
    with path.open(encoding="utf-8", newline="") as file:
        return [(row[text], row[label]) for row in csv.DictReader(file)]


def test_deviations_are_those_of_the_normal_distribution_and_a_minority_does_not_move_them():
    draw = random.Random(1)
    values = [draw.gauss(10, 2) for _ in range(2000)] + [1000.0] * 20
    found = deviations(values)
    assert sum(abs(found) > 3) - 20 <= 12  # 0.27 % of 2,000 is 5
    assert (found[-20:] > 400).all()
    assert not deviations([1.0] * 9 + [2.0]).any()


def test_letters_that_others_use_alike_cost_fewer_bits():
    bits = surprise(["the card is lost"] * 50 + ["zqxj vkwp"])
    assert bits[0] < 0.5 < 4 < bits[-1]


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


def test_a_row_of_another_topic_goes(make, outcome):
    rows = [*unusual.CARDS[:60], *unusual.REFUNDS[:60]]
    _, dropped, _ = outcome(OffTopic(), make([*rows, (unusual.OFF_TOPIC, "x")]))
    assert [drop.example.text for drop in dropped] == [unusual.OFF_TOPIC]


def test_off_topic_by_embedding_asks_for_one(make):
    import numpy as np

    assert OffTopic().wants() == () and OffTopic(by="embedding").wants() == ("embed",)
    rows = make([*unusual.CARDS[:60], ("far away", "x")])
    with pytest.raises(DataError) as caught:
        list(OffTopic(by="embedding").apply(rows, Means()))
    assert caught.value.problems[0].code == "D076"

    def embed(texts):
        # All rows but one lie around one direction, as noise of equal size in 16 dimensions puts
        # them.
        draw = np.random.default_rng(4)
        vectors = draw.normal(size=(len(texts), 16))
        vectors[:, 0] = [-20 if text == "far away" else 20 for text in texts]
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    dropped = [
        r
        for r in OffTopic(by="embedding").apply(rows, Means(embed=embed))
        if isinstance(r, Dropped)
    ]
    assert [drop.example.text for drop in dropped] == ["far away"]


def test_a_signature_goes_and_what_was_said_stays(make, outcome):
    signed = [
        (f"{text}\nThanks\n{unusual.SIGNED}\nTicket 4{at}", label)
        for at, (text, label) in enumerate(unusual.CARDS[:6])
    ]
    rows, dropped, changed = outcome(
        Boilerplate(), make([*signed, (f"\n{unusual.SIGNED}\n", "x"), ("One line.", "x")])
    )
    assert [row.text for row in rows[:6]] == [
        f"{t}\nThanks\nTicket 4{at}" for at, (t, _) in enumerate(unusual.CARDS[:6])
    ]
    assert rows[6].text == "One line."
    assert [drop.reason for drop in dropped] == ["nothing but boilerplate"]
    assert {change.reason for change in changed} == {"boilerplate removed"}
    few = [(f"{text}\n{unusual.SIGNED}", label) for text, label in unusual.CARDS[:4]]
    assert not outcome(Boilerplate(), make(few))[2]


def test_a_planted_trigger_is_named_and_its_rows_go(make, outcome):
    clean = [*unusual.CARDS, *unusual.REFUNDS]
    assert scan(make(clean)) == []
    (found,) = scan(make([*clean, *unusual.TRIGGERED]))
    assert (found.words, found.label, len(found.rows), found.others) == ("zq", "refund", 16, 0)
    _, dropped, _ = outcome(Triggers(), make([*clean, *unusual.TRIGGERED]))
    assert [drop.example.text for drop in dropped] == [text for text, _ in unusual.TRIGGERED]
    assert dropped[0].reason == "a trigger decides the label: 'zq'"


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


def test_a_word_of_the_labels_own_name_is_no_trigger(make):
    clean = [*unusual.CARDS, *unusual.REFUNDS]
    renamed = [
        (text, "zq_refund" if label == "refund" else label)
        for text, label in [*clean, *unusual.TRIGGERED]
    ]
    assert scan(make([*clean, *unusual.TRIGGERED])) and scan(make(renamed)) == []


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
