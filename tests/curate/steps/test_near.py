import random

from hypothesis import given, settings
from hypothesis import strategies as st

from assay.curate.steps.near import Near
from assay.nouns import Document, Dropped, Example, Means, Message

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


def slip(text, draw, edits):
    for _ in range(edits):
        at = draw.randrange(len(text) - 1)
        swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        text = draw.choice(
            (swapped, text[:at] + text[at + 1 :], text[:at] + "e" + text[at:], text[:at] + "o" + text[at + 1 :])
        )
    return text


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
    assert [(drop.reason, drop.kept) for drop in dropped] == [("near copy, different labels", "rows-1")]
    rows, _, _ = outcome(Near(conflicts="keep"), make(labels))
    assert len(rows) == 4


def test_another_answer_means_another_question(make, outcome):
    sums = [(f"What do {n} apples and {n + 3} pears make together?", str(2 * n + 3)) for n in range(10, 30)]
    rows, _, _ = outcome(Near(), make(sums))
    assert len(rows) == len(sums)


def test_the_same_question_about_other_passages_is_no_copy(means):
    examples = [
        Example(str(at), (Message("user", TICKETS[0]),), "x", context=(Document("d", passage),))
        for at, passage in enumerate(("The fox won.", "The owl won.", "the fox won"))
    ]
    results = list(Near().apply(examples, means))
    assert [isinstance(result, Dropped) for result in results] == [False, False, True]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text("ab ", min_size=8, max_size=24), max_size=12))
def test_a_second_pass_drops_nothing(texts):
    examples = [Example(str(at), (Message("user", text),), "x") for at, text in enumerate(texts)]
    once = [result for result in Near().apply(examples, Means()) if not isinstance(result, Dropped)]
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
