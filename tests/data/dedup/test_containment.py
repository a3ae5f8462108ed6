"""Texts that stand inside others: thirty planted in five ways are found, and what is only alike is
let be."""

import random

import pytest

from assay.data.dedup.containment import containment_pairs
from assay.data.dedup.near_duplicates import families
from assay.data.leak_audit import audit, repair
from assay.data.text_similarity import Key, normal

WORDS = """
card account transfer refund payment balance limit order parcel ticket password login invoice
address number shop delivery contract phone reader garden window river market letter winter summer
bridge school doctor engine bottle candle mirror basket ladder pepper button copper violin marble
saddle timber anchor beacon carpet donkey falcon
""".split()
GREETING = "Dear support team, I hope that you can help me with the following matter."
CLOSING = "Thank you very much for your help. Kind regards, a customer of many years."


def texts(n, seed, low=8, high=14):
    draw = random.Random(seed)
    return [" ".join(draw.choices(WORDS, k=draw.randint(low, high))) for _ in range(n)]


def around(text, way, number):
    """A text with others around it."""
    first, last = texts(2, 10_000 + number, 5, 9)
    words = text.split()
    quoted = " ".join(words[:4]) + "\n> " + " ".join(words[4:])
    return {
        "prefix": f"Question about my order: {first}. {text}",
        "suffix": f"{text} {last}, please.",
        "both": f"{first}. {text} {last}.",
        "reply": f"On Monday Ann wrote:\n> {quoted}\n{first}",
        "template": f"{GREETING}\n{text}\n{CLOSING}",
    }[way]


WAYS = ("prefix", "suffix", "both", "reply", "template")


@pytest.fixture
def planted(make):
    """(train, val, test): 20 test rows hold a training row, 10 stand in one; half of all others
    have the same frame."""
    free = texts(400, 0)
    framed = [f"{GREETING}\n{text}\n{CLOSING}" for text in texts(400, 1)]
    inner = texts(30, 2)
    outer = [around(text, WAYS[at % 5], at) for at, text in enumerate(inner)]
    train = make(
        [(text, "a") for text in (*inner[:20], *outer[20:], *free[:200], *framed[:200])], "train"
    )
    test = make(
        [(text, "a") for text in (*outer[:20], *inner[20:], *free[200:], *framed[200:])], "test"
    )
    return train, [], test


def test_thirty_planted_are_found_and_no_other_row(planted):
    # rows of one frame are near copies of each other, which is another matter
    found = audit(*planted, threshold=1.0)
    named = {row for pair in found.pairs for row in pair.right.ids}
    assert named == {f"test-{at}" for at in range(1, 31)}
    assert found.counts["contained"] == {"test~train": 30, "val~train": 0, "test~val": 0}
    assert all(pair.similarity >= 0.9 for pair in found.pairs)
    gone = repair(found.pairs)
    assert len(gone) == 30 and gone["train-1"] == ("stands in a test row, or holds it", "test-1")
    left = [row for row in planted[0] if row.id not in gone]
    assert not audit(left, *planted[1:], threshold=1.0).pairs
    assert not audit(*planted, threshold=1.0, contained=None).pairs


def test_the_question_of_the_pump(make):
    short, long = (
        "The pump shows E5, how long do I wait?",
        "Question about my order: the pump shows E5, how long do I wait?",
    )
    others = [(text, "a") for text in texts(50, 3)]
    for one, other in ((short, long), (long, short)):
        (pair,) = audit(make([(one, "a"), *others], "train"), make([(other, "a")], "val"), []).pairs
        assert (pair.kind, pair.similarity, pair.right.split) == ("contained", 1.0, "val")
        (pair,) = audit([], make([(one, "a"), *others], "val"), make([(other, "a")], "test")).pairs
        assert (pair.kind, pair.left.split) == ("contained", "val")


def keys(*lines):
    return [Key(normal(line)) for line in lines]


@pytest.mark.parametrize(
    "phrase",
    ["Thank you!", "How long does it take?", "Thank you very much for all of your kind help"],
)
def test_common_phrases_are_contained_in_nothing(phrase):
    held = keys(*(f"{text}. {phrase}" for text in texts(40, 4)))
    assert not len(containment_pairs(keys(phrase), held, 0.9).left)


def test_a_frame_that_many_texts_have_makes_none_contain_another():
    held = keys(*(f"{GREETING} {text} {CLOSING}" for text in texts(100, 5, 2, 3)))
    assert not len(containment_pairs(held[:50], held[50:], 0.9).left)


def test_another_number_in_it_is_another_text():
    rest = texts(50, 6)
    first = keys("The pump shows E5, how long do I wait?", *rest)
    assert not len(
        containment_pairs(
            first, keys("My question: the pump shows E4, how long do I wait?"), 0.9
        ).left
    )


def test_the_same_text_about_another_passage_is_another():
    long = normal("About the second part of it: what does the author say of the river?")
    short = normal("what does the author say of the river")
    assert len(containment_pairs([Key(short, "one")], [Key(long, "one")], 0.9).left) == 1
    assert not len(containment_pairs([Key(short, "one")], [Key(long, "two")], 0.9).left)


def test_letters_count_as_words_where_no_space_parts_words():
    found = containment_pairs(
        keys("我的银行卡昨天丢了怎么办"), keys("你好请问我的银行卡昨天丢了怎么办谢谢"), 0.9
    )
    assert found.share.tolist() == [1.0]


def test_a_text_and_one_that_it_stands_in_are_one_family():
    inner = texts(1, 7)[0]
    rows = keys(inner, *texts(20, 8), around(inner, "both", 1))
    grouped = families(rows, [None] * len(rows), 0.8, 0.9)
    assert [family for family in grouped if len(family) > 1] == [[0, 21]]
    assert all(len(family) == 1 for family in families(rows, [None] * len(rows), 0.8))


def test_the_order_of_texts_changes_nothing():
    inner = texts(30, 2)
    outer = [around(text, WAYS[at % 5], at) for at, text in enumerate(inner)]
    one, other = keys(*inner), keys(*outer)
    found = containment_pairs(one, other, 0.9)
    turned = containment_pairs(one[::-1], other[::-1], 0.9)
    assert [*zip(*(column.tolist() for column in found), strict=True)] == sorted(
        (29 - a, 29 - b, share)
        for a, b, share in zip(*(column.tolist() for column in turned), strict=True)
    )
    assert found.left.tolist() == list(range(30)) == found.right.tolist()
