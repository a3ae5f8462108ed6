import pytest

from assay.audits.robustness.summary import (
    CHANGED_BY,
    FEW,
    attack_sentence,
    costs,
    first_arm,
    worst,
)
from assay.config.audits.robustness import KINDS
from helpers.lines import named


def kind(name="typos", n=100, high=-0.02, p=0.001, changed=0.2, attack=None):
    return {
        "kind": name,
        "n": n,
        "before": 0.8,
        "after": 0.7,
        "change": {"difference": -0.1, "low": -0.18, "high": high, "p_holm": p},
        "changed": {"value": changed},
        "attack": attack,
    }


def found(*kinds, worst=None, before=0.8, name="lora"):
    arm = {"name": name, "kinds": list(kinds), "worst": worst, "before": {"value": before}}
    return {"metric": "macro_f1", "level": 0.95, "recommended": name, "arms": [arm]}, arm


def test_every_kind_of_change_has_words():
    assert set(CHANGED_BY) == set(KINDS)


def test_the_recommended_arm_is_spoken_of_or_the_first_that_was_asked():
    told, _ = found(kind())
    told["arms"].append({"name": "rag"})
    assert first_arm({**told, "recommended": "rag"})["name"] == "rag"
    assert first_arm({**told, "recommended": "gone"})["name"] == "lora"


@pytest.mark.parametrize(
    ("one", "sure"),
    [
        (kind(), True),
        (kind(n=FEW - 1), False),
        (kind(high=0.0), False),  # the interval reaches no change
        (kind(high=None), False),
        (kind(p=0.06), False),
    ],
)
def test_a_cost_is_sure_beyond_chance_and_on_rows_enough(one, sure):
    assert costs(one, 0.95) is sure


def test_the_costliest_kind_is_named_with_its_points_and_how_many_are_sure():
    told, arm = found(kind(), kind("casing", high=0.03, p=0.4), worst="typos")
    text = worst(told, arm)
    assert text.startswith("Typing errors cost lora most: macro f1 −10.0 points (−18.0 to −2.0)")
    assert named(text, "100 rows", "0.800", "0.700", "1 of 2")


def test_what_cannot_be_claimed_is_not():
    assert named(worst(*found(kind(n=FEW - 1))), f"{FEW}")
    assert worst(*found(kind(changed=0.0))).startswith("No answer of lora changed")
    assert "no right answer" in worst(*found(kind(), before=0))
    assert "beyond chance" in worst(*found(kind(high=0.1, p=0.4)))


def test_a_followed_order_is_told_as_a_share_of_those_that_had_another_answer():
    attack = {"value": 0.25, "low": 0.1, "high": 0.4, "n": 80}
    told, arm = found(kind("injection", attack=attack))
    assert named(attack_sentence(told, arm), "25 %", "80 rows", "10 to 40")
    assert named(attack_sentence(*found(kind(attack={**attack, "low": None}))), "no interval")
    assert attack_sentence(*found(kind())) == ""
    assert attack_sentence(*found(kind(attack=attack, changed=0.0))) == ""
