"""The settings under `evaluate: {robustness: ...}`."""

import pytest

from assay.config.audits.robustness import KINDS, Robustness
from assay.config.complaints import SettingsError, fill


def test_one_kind_or_arm_is_short_for_a_list_and_two_words_stay():
    found = fill(Robustness, {"kinds": "typos", "arms": "lora"})
    assert (found.kinds, found.arms) == (("typos",), ("lora",))
    assert fill(Robustness, {"arms": "all"}).arms == "all"
    assert fill(Robustness, {"arms": ["all", "lora"]}).arms == ("all", "lora")


def test_every_kind_is_tried_unless_some_are_named_and_no_other_can_be():
    assert Robustness().kinds == KINDS and len(set(KINDS)) == len(KINDS)
    for kinds in ([], ["typo"]):
        with pytest.raises(SettingsError, match="kinds"):
            fill(Robustness, {"kinds": kinds})


@pytest.mark.parametrize(
    "settings", [{"rate": 0}, {"rate": 1.1}, {"cut": 1}, {"share": 0.95}, {"rows": 5}]
)
def test_shares_leave_something_of_the_text(settings):
    with pytest.raises(SettingsError):
        fill(Robustness, settings)
