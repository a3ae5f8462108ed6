import csv
import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import DataError
from assay.core.types import Document, Dropped, Example, Means, Message
from assay.data.steps.near import Near
from helpers.problems import problem
from helpers.slips import slip

TICKETS = [
    "I still have not received my new card, can you check?",
    "Why was I charged a fee for the cash withdrawal?",
    "The app will not let me reset my password",
    "How do I add money from a bank in another country?",
]
SLIPS = [
    "I still have not recieved my new crad, can you check?",
    "Why was I charged a fee for this cash withdrawal",
    "the app wil not let me reset my passwrod",
    "How do I add money from a bank in another county?!",
]
PARAPHRASES = [
    "My replacement card is not here yet, could you look into it?",
    "What is the charge on the money I took out at the ATM?",
    "I forgot my login and the phone application refuses a new one",
    "Can foreign transfers be used to top up?",
]


def test_small_edits_are_found_and_paraphrases_are_not(make, outcome):
    texts = [*TICKETS, *SLIPS, *PARAPHRASES]
    rows, dropped, _ = outcome(Near(), make([(text, "x") for text in texts]))
    assert [row.text for row in rows] == [*TICKETS, *PARAPHRASES]
    assert [drop.kept for drop in dropped] == ["rows-1", "rows-2", "rows-3", "rows-4"]


def test_planted_copies_are_found(make, outcome, sentences):
    draw = random.Random(5)
    texts = sentences(400)
    copies = [slip(text, draw, draw.choice((1, 2))) for text in texts]
    _, dropped, _ = outcome(Near(), make([(text, "x") for text in [*texts, *copies]]))
    found = {drop.example.id: drop.kept for drop in dropped}
    right = sum(found.get(f"rows-{at + 400}") == f"rows-{at}" for at in range(1, 401))
    assert right >= 0.95 * len(texts)
    assert len(dropped) <= len(texts)  # none of the originals


def test_near_copies_with_other_labels(make, outcome):
    labels = [(TICKETS[0], "card"), (SLIPS[0], "cash"), (TICKETS[1], "card"), (TICKETS[2], "cash")]
    rows, dropped, _ = outcome(Near(), make(labels))
    assert [(drop.reason, drop.kept) for drop in dropped] == [
        ("near copy, different labels", "rows-1")
    ]
    rows, _, _ = outcome(Near(conflicts="keep"), make(labels))
    assert len(rows) == 4


def test_another_answer_means_another_question(make, outcome):
    sums = [
        (f"What do {n} apples and {n + 3} pears make together?", str(2 * n + 3))
        for n in range(10, 30)
    ]
    rows, _, _ = outcome(Near(), make(sums))
    assert len(rows) == len(sums)


def test_the_same_question_about_other_passages_is_no_copy(means):
    examples = [
        Example(str(at), (Message("user", TICKETS[0]),), "x", context=(Document("d", passage),))
        for at, passage in enumerate(("The fox won.", "The owl won.", "the fox won"))
    ]
    results = list(Near().apply(examples, means))
    assert [isinstance(result, Dropped) for result in results] == [False, False, True]


@pytest.mark.slow
@given(st.lists(st.text("ab ", min_size=8, max_size=24), max_size=12))
def test_a_second_pass_drops_nothing(texts):
    examples = [Example(str(at), (Message("user", text),), "x") for at, text in enumerate(texts)]
    once = [result for result in Near().apply(examples, Means()) if isinstance(result, Example)]
    assert list(Near().apply(once, Means())) == once


def test_the_longest_of_a_group_may_stay(make, outcome):
    texts = [TICKETS[0], TICKETS[1], TICKETS[0] + "!!?", SLIPS[1], TICKETS[0] + "?"]
    rows, dropped, _ = outcome(Near(keep="longest"), make([(text, "x") for text in texts]))
    assert [row.id for row in rows] == ["rows-2", "rows-3"]
    assert [(drop.example.id, drop.kept) for drop in dropped] == [
        ("rows-1", "rows-3"),
        ("rows-4", "rows-2"),
        ("rows-5", "rows-3"),
    ]


def angles(texts):
    """The text is an angle in degrees, so every cosine can be read off."""
    turned = np.radians([float(text) for text in texts], dtype=np.float32).reshape(-1)
    return np.stack([np.cos(turned), np.sin(turned)], 1)


def by_angle(rows, make, **settings):
    step = Near(by="embedding", **settings)
    results = list(step.apply(make(rows), Means(embed=angles)))
    return {r.example.text: (r.kept, r.reason) for r in results if isinstance(r, Dropped)}


def test_by_embedding_the_cosine_decides(make):
    # 20 degrees apart the cosine is 0.940, 24 degrees apart 0.914.
    assert math.cos(math.radians(24)) < 0.92 < math.cos(math.radians(20))
    rows = [(str(degrees), "x") for degrees in (0, 90, 20, 24, 40, 110, 115)]
    # 20 goes with 0; 24 is too far from 0, and 20 is not kept; 40 is near to 24; 110 to 90; 115 is
    # 25 from 90.
    same = "near copy"
    assert by_angle(rows, make) == {
        "20": ("rows-1", same),
        "40": ("rows-4", same),
        "110": ("rows-2", same),
    }
    # 18.2 degrees now: 40 is 20 from 20, and 110 is 20 from 90.
    assert by_angle(rows, make, threshold=0.95) == {"24": ("rows-3", same), "115": ("rows-6", same)}


def test_by_embedding_labels_and_length_count_as_by_text(make):
    rows = [("0", "x"), ("10", "y"), ("5.0", "x"), ("350", "x")]
    assert by_angle(rows, make, conflicts="drop")["10"] == ("rows-1", "near copy, different labels")
    assert by_angle(rows, make, conflicts="keep") == {
        "5.0": ("rows-1", "near copy"),
        "350": ("rows-1", "near copy"),
    }
    longest = by_angle(rows, make, conflicts="keep", keep="longest")
    assert longest == {"0": ("rows-3", "near copy"), "350": ("rows-3", "near copy")}


def test_many_rows_by_embedding_as_one_at_a_time(make):
    draw = random.Random(0)
    degrees = [tenth / 10 for tenth in draw.sample(range(3600), 2500)]  # more than two blocks
    dropped = by_angle(
        [(str(d), "x") for d in degrees], make, threshold=math.cos(math.radians(0.55))
    )
    kept: list[float] = []
    for d in degrees:
        if all(min(abs(d - k), 360 - abs(d - k)) > 0.55 for k in kept):
            kept.append(d)
    assert {str(d) for d in kept} == {str(d) for d in degrees} - set(dropped)


def test_by_embedding_without_an_embedder(make, outcome):
    assert Near(by="embedding").wants() == ("embed",) and Near().wants() == ()
    with problem(DataError, "D065", "prepare"):
        outcome(Near(by="embedding"), make([("a", "x")]))


@pytest.mark.real
def test_paraphrases_of_real_questions_by_a_real_embedder(shared_data, make):
    from assay.models.embeddings import Embedder
    from assay.models.loading.find import find

    with (shared_data("banking77", whole=True) / "train.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        rows = [(row["text"], row["category"]) for row in csv.DictReader(file)][:240]
    means = Means(embed=Embedder(find("minilm-l6", kind="embedder").folder))
    examples = make(rows)
    results = [
        result
        for result in Near(by="embedding").apply(examples, means)
        if isinstance(result, Dropped)
    ]
    label = {example.id: example.target for example in examples}
    same = sum(result.example.target == label[result.kept] for result in results)
    # 99 % of such pairs have one label (see the step's card); two standard errors of these rows are
    # below 5 %.
    assert len(results) > 20 and same >= 0.94 * len(results)
