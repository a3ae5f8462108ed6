from functools import partial

from assay.core.types import Document, Example, Means, Message
from assay.data.augment.counterfactual import Counterfactual, swap_terms
from assay.data.augment.group_terms import GENDER, NAMES, NATIONALITY

OTHER = {a: b for x in (GENDER, NAMES, NATIONALITY) for pair in x for a, b in (pair, pair[::-1])}
swap = partial(swap_terms, other=OTHER, pronouns=True)

# Written by hand, each the swap of the other.
PAIRS = [
    ("He lost his card.", "She lost her card."),
    ("I saw him yesterday.", "I saw her yesterday."),
    ("I gave her the key and she thanked me.", "I gave him the key and he thanked me."),
    ("The red coat is hers.", "The red coat is his."),
    ("My brother hurt himself.", "My sister hurt herself."),
    ("Ask her to call me", "Ask him to call me"),
    ("HER SON IS LATE", "HIS DAUGHTER IS LATE"),
    ("Her old phone broke", "His old phone broke"),
    ("Is it his? No, it belongs to her.", "Is it hers? No, it belongs to him."),
    ("An aunt and a nephew", "An uncle and a niece"),
    ("Mr Reed met a German actor", "Ms Reed met a Turkish actress"),
    ("An American came from Italy", "A Mexican came from Romania"),
    ("Emily wrote to Jamal.", "Lakisha wrote to Greg."),
]


def test_a_swap_keeps_the_grammar_in_both_directions(subtests):
    for first, second in PAIRS:
        with subtests.test(repr((first, second))):
            assert swap(first) == second
            assert swap(second) == first


def test_words_that_are_something_else_when_small_stay():
    assert (
        swap("a china cup and a roast turkey, by jay") == "a china cup and a roast turkey, by jay"
    )
    assert swap("China and Turkey") == "Japan and Germany"


def test_a_free_answer_follows_and_a_label_stays():
    question, passage = "Who called her husband?", "Mary called James."
    row = Example("1", (Message("user", question),), "Mary", context=(Document("d", passage),))
    (one,) = Counterfactual().make([row], Means())
    assert (one.example.text, one.example.target, one.example.context[0].text) == (
        "Who called his wife?",
        "James",
        "James called Mary.",
    )
    labels = [Example(str(i), (Message("user", f"My son asks {i}"),), "male") for i in range(4)]
    assert {one.example.target for one in Counterfactual().make(labels, Means())} == {"male"}


def test_only_groups_that_are_asked_for_and_rows_with_a_term():
    rows = [
        Example(str(i), (Message("user", text),), "x")
        for i, text in enumerate(("he is German", "no such word"))
    ]
    assert [one.example.text for one in Counterfactual(swap=("gender",)).make(rows, Means())] == [
        "she is German"
    ]
    assert [
        one.example.text for one in Counterfactual(swap=("nationality",)).make(rows, Means())
    ] == ["he is Turkish"]


def test_an_article_fits_the_word_that_is_put_in():
    identity = dict((("arab", "european"), ("european", "arab")))
    for first, second in (("an Arab artist", "a European artist"), ("An uncle", "An uncle")):
        assert swap_terms(first, identity, pronouns=False) == second
        assert swap_terms(second, identity, pronouns=False) == first
