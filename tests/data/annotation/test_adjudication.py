import random

from assay.data.annotation.adjudication import disputes, settle
from assay.data.annotation.dawid_skene import weigh
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


def test_weights_find_the_truth_where_the_majority_errs():
    # Two careful people (95 % right) and three who guess: three guesses outvote two right answers
    # now and then.
    draw, labels = random.Random(1), "abc"
    truth = {f"r{i}": draw.choice(labels) for i in range(400)}
    right = {"p1": 0.95, "p2": 0.95, "p3": 1 / 3, "p4": 1 / 3, "p5": 1 / 3}
    said = {
        row: {
            who: label if draw.random() < share else draw.choice([x for x in labels if x != label])
            for who, share in right.items()
        }
        for row, label in truth.items()
    }
    weighed = weigh(said)
    by_weight = sum(
        max(weighed[row], key=weighed[row].__getitem__) == label for row, label in truth.items()
    )
    some = {row: [Vote(row, "t", who, x) for who, x in one.items()] for row, one in said.items()}
    by_majority = sum(found.label == truth[row] for row, found in settle(some).items())
    # Knowing the five rates, the best rule is right when both careful people are (0.9025), and
    # mostly when one is.
    assert by_weight >= 0.92 * 400 and by_majority <= 0.88 * 400
    assert (
        sum(found.label == truth[row] for row, found in settle(some, "dawid_skene").items())
        == by_weight
    )


def test_weights_are_those_of_the_model_once_more():
    # An annotator who always says the opposite is as good as one who is always right.
    said = {f"r{i}": {"p1": "ab"[i % 2], "p2": "ab"[i % 2], "p3": "ba"[i % 2]} for i in range(40)}
    assert all(weighed["ab"[i % 2]] > 0.99 for i, weighed in enumerate(weigh(said).values()))


def test_two_who_disagree_cannot_be_weighed():
    found = settle(votes(r1="a b", r2="b a"), "dawid_skene")
    assert [s.label for s in found.values()] == [None, None]
    assert weigh({}) == {}
