import random

from assay.data.augment.paraphrase_rules import rewrite_text, wordings

# Written by hand: each text, and all the wordings that a rule may give it.
REWORDED = [
    ("I can't log in right now.", ["I can't log in at the moment.", "I cannot log in right now."]),
    ("If the card is lost, call me.", ["Call me if the card is lost."]),
    ("When I pay by card, why is there a fee?", ["Why is there a fee when I pay by card?"]),
    ("Please call me.", ["Call me, please."]),
    ("Do not call me", ["Don't call me"]),
    ("I'm late", ["I am late"]),
    ("We are not here.", ["We aren't here."]),
    ("You will not see it.", ["You won't see it."]),
    ("Could you buy it?", ["Could you purchase it?", "Can you buy it?"]),
    # What a careless rule would break.
    ("Why don't I see it?", []),
    ("I know who you are", []),
    ("My purchase is late", []),
    ("If it rains, then call me", []),
    ("Ich kann das nicht sehen.", []),
    ("", []),
]


def test_rules_give_these_wordings_and_no_others(subtests):
    for text, others in REWORDED:
        with subtests.test(repr((text, others))):
            assert sorted(wordings(text)) == sorted(others)


def test_several_rules_do_not_lead_back():
    for seed in range(20):
        draw = random.Random(seed)
        assert (
            rewrite_text("Maybe I can't buy it right now.", draw, 4) != "Maybe I can't"
            " buy it right now."
        )
