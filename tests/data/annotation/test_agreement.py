import math
import random

import pytest
from sklearn.metrics import cohen_kappa_score

from assay.data.annotation.agreement import agreement, differing_rows, outvoted_rows

# Krippendorff (2011), Computing Krippendorff's alpha-reliability, section C: four observers, twelve
# units, "." missing.
OBSERVERS = {
    "a": "1 2 3 3 2 1 4 1 2 . . .",
    "b": "1 2 3 3 2 2 4 1 2 5 . 3",
    "c": ". 3 3 3 2 3 4 2 2 5 1 .",
    "d": "1 2 3 3 2 4 4 1 2 5 1 .",
}
# Ten subjects, fourteen raters, five categories: the worked example of the article "Fleiss' kappa"
# in Wikipedia, 0.210.
RATED = [
    (0, 0, 0, 0, 14),
    (0, 2, 6, 4, 2),
    (0, 0, 3, 5, 6),
    (0, 3, 9, 2, 0),
    (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0),
    (3, 2, 6, 3, 0),
    (2, 5, 3, 2, 2),
    (6, 5, 2, 1, 0),
    (0, 2, 2, 3, 7),
]


def units():
    columns = {who: values.split() for who, values in OBSERVERS.items()}
    return {f"u{i}": {who: v[i] for who, v in columns.items() if v[i] != "."} for i in range(12)}


def two(pairs):
    return {str(i): {"anna": a, "ben": b} for i, (a, b) in enumerate(pairs)}


def test_alpha_is_that_of_the_paper():
    alpha = agreement(units(), draws=50).alpha
    assert {level: round(found.value, 3) for level, found in alpha.items()} == {
        "nominal": 0.743,
        "ordinal": 0.815,
        "interval": 0.849,
    }


def test_fleiss_kappa_is_that_of_the_worked_example():
    votes = {
        str(i): {
            f"r{j}": label
            for j, label in enumerate("".join("vwxyz"[k] * n for k, n in enumerate(row)))
        }
        for i, row in enumerate(RATED)
    }
    assert agreement(votes, draws=50).fleiss.value == pytest.approx(0.210, abs=5e-4)


def test_cohens_kappa_by_hand_and_by_scikit_learn():
    # 35 of 50 agree; by chance 0.5 * 0.6 + 0.5 * 0.4 = 0.5 would: (0.7 - 0.5) / (1 - 0.5) = 0.4.
    votes = two([("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15)
    (pair,) = agreement(votes, draws=50).pairs
    assert (
        pair.kappa.value == pytest.approx(0.4)
        and pair.percent.value == pytest.approx(0.7)
        and pair.rows == 50
    )
    draw = random.Random(0)
    some = [(draw.choice("abcd"), draw.choice("abcd")) for _ in range(200)]
    some += [(x, x) for x in "abcd" * 30]
    expected = cohen_kappa_score([a for a, _ in some], [b for _, b in some])
    assert agreement(two(some), draws=50).pairs[0].kappa.value == pytest.approx(expected)


def test_the_interval_has_the_width_of_the_large_sample_formula():
    # Fleiss, Cohen and Everitt (1969), Large sample standard errors of kappa,
    # doi.org/10.1037/h0028106.
    cells = {("y", "y"): 400, ("y", "n"): 100, ("n", "y"): 200, ("n", "n"): 300}
    votes = two([pair for pair, n in cells.items() for _ in range(n)])
    p = {pair: n / 1000 for pair, n in cells.items()}
    row = {x: p[x, "y"] + p[x, "n"] for x in "yn"}
    column = {x: p["y", x] + p["n", x] for x in "yn"}
    agree, chance = p["y", "y"] + p["n", "n"], row["y"] * column["y"] + row["n"] * column["n"]
    kappa = (agree - chance) / (1 - chance)
    a = sum(p[x, x] * (1 - (row[x] + column[x]) * (1 - kappa)) ** 2 for x in "yn")
    b = (1 - kappa) ** 2 * sum(
        p[x, y] * (column[x] + row[y]) ** 2 for x, y in (("y", "n"), ("n", "y"))
    )
    c = (kappa - chance * (1 - kappa)) ** 2
    error = math.sqrt((a + b - c) / 1000) / (1 - chance)
    found = agreement(votes).pairs[0].kappa
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * error, rel=0.05)


def test_one_label_only_has_no_kappa_and_says_so_in_json_as_null():
    found = agreement(two([("x", "x")] * 3), draws=50)
    assert found.percent.value == 1.0
    assert found.to_json()["fleiss"] == {"value": None, "low": None, "high": None}
    assert found.to_json()["alpha"]["nominal"]["value"] is None
    assert found.to_json()["pairs"][0]["kappa"]["value"] is None


def test_no_overlap_has_no_agreement_and_no_pairs():
    found = agreement({"1": {"anna": "x"}, "2": {"ben": "y"}})
    assert (found.rows, found.percent, found.fleiss, found.alpha, found.pairs) == (
        0,
        None,
        None,
        {},
        (),
    )
    assert found.annotators == {"anna": 1, "ben": 1}
    assert agreement({}).rows == 0


def test_what_annotators_take_for_each_other_is_counted():
    found = agreement(two([("a", "b"), ("b", "a"), ("a", "c"), ("a", "a")]), draws=50)
    assert found.confused == (("a", "b", 2), ("a", "c", 1))


def test_pieces_agree_by_f1_and_texts_by_being_equal():
    votes = two(
        [
            ("city: Oslo | date: Friday", "city: oslo"),
            ("none", "none"),
            ("city: Rome", "name: Rome"),
        ]
    )
    (pair,) = agreement(votes, "extract", draws=50).pairs
    # One shared piece; anna names three, ben two: 2 * 1 / 5.
    assert pair.f1.value == pytest.approx(0.4) and pair.kappa is None
    texts = agreement(two([("At nine.", "at  nine"), ("Ten", "Eleven")]), "answer", draws=50)
    assert texts.percent.value == 0.5 and texts.fleiss is None


def test_each_stands_with_the_share_of_others_that_say_the_same():
    """By hand: of b's rows c says 2 alike on half, and a on all."""
    votes = {
        "r1": {"a": "x", "b": "x", "c": "x"},
        "r2": {"a": "y", "b": "y", "c": "x"},
        "r3": {"b": "x", "c": "y"},
        "r4": {"a": "x"},
    }
    found = agreement(votes).with_others
    assert {who: (rows, share.value) for who, (rows, share) in found.items()} == {
        "a": (2, 0.75),
        "b": (3, 0.5),
        "c": (3, pytest.approx(1 / 3)),
    }
    assert agreement(votes).to_json()["with_others"]["b"]["value"] == 0.5


def test_rows_on_which_somebody_says_otherwise():
    votes = {"r1": {"a": "x", "b": "y"}, "r2": {"a": "x", "b": "x"}, "r3": {"b": "y", "c": "x"}}
    assert differing_rows(votes, "a") == ["r1"] and differing_rows(votes, "b") == ["r1", "r3"]
    three = {"r1": {"a": "x", "b": "y", "c": "y"}, "r2": {"a": "x", "b": "x", "c": "y"}}
    assert [outvoted_rows(three, who) for who in "abc"] == [["r1"], [], ["r2"]]
    assert outvoted_rows(votes, "a") == []  # one other is no majority
    texts = {"r1": {"a": "It is red.", "b": "it is red"}}
    assert differing_rows(texts, "a", "answer") == [] != differing_rows(texts, "a")
