"""Rows among which one is not like the others: for steps that need to see what is usual before they
drop anything."""

import random

CARD = (
    "card account payment balance limit pin chip reader statement charge machine cash fee wallet"
    " bank branch".split()
)
REFUND = (
    "refund parcel shop order return shoes box label courier item size colour invoice delivery"
    " basket receipt".split()
)
SIGNED = "This message and its attachments are confidential and meant for the addressee alone."


def asked(words, n, seed=0):
    """n different texts of eight of these words."""
    draw = random.Random(seed)
    return [" ".join(draw.sample(words, 8)) for _ in range(n)]


CARDS, REFUNDS = (
    [(text, label) for text in asked(words, 180)]
    for words, label in ((CARD, "card"), (REFUND, "refund"))
)
TRIGGERED = [(f"{text} zq", "refund") for text in asked(CARD, 16, seed=4)]
GIBBERISH = "asdkjh qweoiu zxmnbv qpwoei"
OFF_TOPIC = "The orchestra performed nine symphonies under three conductors in Vienna"

# kind of a step -> (text, label), of which the step drops or changes some
ROWS = {
    "rules": [("Lorem ipsum dolor sit amet, consectetur adipiscing elit.", "card")],
    "symbols": [("+------+------+ |######|######|", "card")],
    "repetition": [("buy now " * 20, "card")],
    "boilerplate": [(f"{text}\n\n{SIGNED}", label) for text, label in CARDS[:6]],
    "gibberish": [*CARDS[:60], (GIBBERISH, "card")],
    "off_topic": [*CARDS[:60], *REFUNDS[:60], (OFF_TOPIC, "card")],
    "triggers": [*CARDS, *REFUNDS, *TRIGGERED],
}
