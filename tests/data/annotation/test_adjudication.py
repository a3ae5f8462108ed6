import random

from assay.data.annotation.adjudication import disputes, settle
from assay.data.annotation.votes import Vote


def votes(**rows):
    """votes(r1="a b a") : three annotators."""
    return {
        row: [Vote(row, "t", f"p{i}", x) for i, x in enumerate(said.split())]
        for row, said in rows.items()
    }


def test_the_label_with_most_votes_stands_and_a_tie_is_a_dispute():
    found = settle(votes(r1="a b a", r2="a b", r3="b", r4="a b c c"))
    assert {row: s.label for row, s in found.items()} == {
        "r1": "a",
        "r2": None,
        "r3": "b",
        "r4": "c",
    }
    assert [found[row].how for row in ("r1", "r3")] == ["2 of 3 annotators", "1 of 1 annotator"]
    assert list(disputes(votes(r1="a b a", r2="a b"))) == ["r2"]


def test_a_decision_stands_over_all_votes():
    some = votes(r1="a a a")
    some["r1"].append(Vote("r1", "t", "carl", "b", decides=True))
    assert settle(some)["r1"].label == settle(some, "dawid_skene")["r1"].label == "b"
    assert settle(some)["r1"].how == "decided by carl"


def test_by_weight_two_careful_annotators_stand_over_three_who_guess():
    draw = random.Random(2)
    some = votes(
        **{f"r{i}": " ".join([*2 * "ab"[i % 2], *draw.choices("ab", k=3)]) for i in range(40)},
        last="a a b b b",
    )
    assert settle(some)["last"].label == "b"
    assert settle(some, "dawid_skene")["last"].label == "a"


def test_two_who_disagree_cannot_be_weighed():
    found = settle(votes(r1="a b", r2="b a"), "dawid_skene")
    assert [s.label for s in found.values()] == [None, None]
