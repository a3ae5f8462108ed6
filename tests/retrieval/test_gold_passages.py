from assay.core.types import Document, Example, Message
from assay.retrieval.gold_passages import document_of, gold

PASSAGES = [
    Document("leave.md#1", "Leave: Parents. Parents get 30 days."),
    Document("leave.md#2", "Leave: Sick days. Call before nine."),
    Document("pay#roll.md#1", "Pay comes on day 30 of the month. Days off are free."),
]


def asked(target, found_in=(), also=()):
    return Example("q", (Message("user", "How many?"),), target, also=also, found_in=found_in)


def test_passages_that_hold_the_answer(subtests):
    for example, places in [
        (asked("30"), [0, 2]),
        (asked("30 DAYS"), [0]),
        (asked("3"), []),  # a part of a word is no word
        (asked("sixty", also=("nine",)), [1]),
        (asked("30", found_in=("pay#roll.md",)), [2]),
        (asked("30 days", found_in=("leave.md",)), [0]),
        # the words stand nowhere: any passage of the document
        (asked("yes", found_in=("leave.md",)), [0, 1]),
        (asked("30", found_in=("gone.md",)), []),
        (asked("..."), []),
        (asked(None), []),
    ]:
        with subtests.test(repr((example, places))):
            assert gold(example, PASSAGES) == places


def test_the_document_of_a_passage():
    assert [document_of(name) for name in ("a.md#12", "pay#roll.md#1", "whole")] == [
        "a.md",
        "pay#roll.md",
        "whole",
    ]
