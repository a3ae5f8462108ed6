"""The decision in words, from the numbers of a report."""

import pytest

from assay.decision.decision_table import (
    break_even_words,
    cost_parts,
    effort,
    headline,
    is_gain_proven,
    open_questions,
    rival_of,
    unsure,
    update,
)
from assay.decision.finished_arm import Arm
from helpers.lines import named
from helpers.weighings import FAIR, FLOOR, GOOD, TWIN, weighed


@pytest.fixture(scope="module")
def data():
    return weighed(FLOOR, GOOD, TWIN, FAIR)


def test_effort_names_hours_rows_and_what_is_assumed():
    month = {"people_hours": 16.0, "people_hours_are": "assumed"}
    assert effort({"month": month, "labelled_rows": 1595}) == "16.0 h (assumed), 1,595 rows"
    given = {"people_hours": 2.0, "people_hours_are": "given"}
    assert effort({"month": given, "labelled_rows": None}) == "2.00 h"
    assert effort({}) == "–"


def test_an_update_that_is_not_taken_in_is_said():
    assert update({"updating": {"seconds": None, "by": "drill"}}) == "not taken in"
    assert update({"updating": {"seconds": 7.0, "by": "fit"}}).endswith(" (retrain)")
    assert update({}) == "–"


def test_of_two_arms_it_is_said_which_is_cheaper_and_from_where():
    assert break_even_words({"answers": 100, "below": "a", "above": "b"}) == (
        "a is cheaper below, b above"
    )
    assert break_even_words({"answers": None, "below": "a"}).endswith("a is cheaper at any number")
    assert break_even_words({"answers": None, "below": None}) == "never: they cost the same"


def test_the_headline_of_a_run_out_of_time_has_score_rows_and_the_command_that_resumes_it():
    late = Arm("lora", "lora", status="stopped", left=230.0)
    found = weighed(FLOOR, FAIR, late)
    found["verdict"]["resume"] = "assay run tickets"
    assert headline(found) == (
        "Undecided: lora did not finish (about 4 minutes more); fair is ahead: accuracy 0.850"
        " (0.812 to 0.882) on 400 held-out rows. To resume: assay run tickets"
    )
    found = weighed(FLOOR, late)
    found["verdict"]["resume"] = "assay run tickets"
    assert named(headline(found), "the constant floor", "accuracy 0.500", "400 held-out rows")
    assert headline(found).endswith("To resume: assay run tickets")
    nothing = weighed(late)
    nothing["verdict"]["resume"] = "assay run tickets"
    assert headline(nothing) == ("There is nothing to recommend yet. To resume: assay run tickets")


def test_the_headline_says_the_score_and_the_rows(data):
    # twin is chosen: 94.5 % of 400 rows
    assert named(headline(data), "twin", "0.945", "400")
    none = {**data, "verdict": {**data["verdict"], "recommended": None, "out": []}}
    assert headline(none) == "There is nothing to recommend yet."


def test_the_rival_is_the_best_arm_or_else_the_next(data):
    assert rival_of(data) == "good"
    chosen = {**data, "verdict": {**data["verdict"], "recommended": "good"}}
    assert rival_of(chosen) == "twin"


def test_a_guard_that_may_be_broken_is_an_open_question(data):
    guard = {"state": "unsure", "low": -3.0, "high": 1.0, "reference": "floor", "allowed": 2.0}
    arms = [
        {**one, "guards": {"macro_f1": guard}} if one["name"] == "twin" else one
        for one in data["strategies"]
    ]
    (said,) = unsure({**data, "strategies": arms})
    assert named(said, "macro f1", "−3.0", "+1.0", "floor", "2")
    assert said in open_questions({**data, "strategies": arms}) and unsure(data) == []


def test_what_the_reason_has_said_is_no_open_question(data):
    failed = "No strategy was finished."

    def said(reason):
        verdict = {**data["verdict"], "failed": [failed], "reason": reason}
        return open_questions({**data, "verdict": verdict})

    assert failed in said("Something else.")
    assert failed not in said("No strategy was finished, so there is nothing to recommend.")


def test_only_parts_that_cost_something_are_columns():
    data = weighed(GOOD, FAIR, price_per_hour=1.0)
    assert cost_parts(data) == ["answering"]


@pytest.mark.parametrize(("higher", "difference"), [(True, 0.1), (False, -0.1)])
def test_a_gain_is_proven_by_its_adjusted_p_and_the_direction_of_the_metric(higher, difference):
    data = {"task": {"metric": "m", "level": 0.9, "higher_is_better": higher}}

    def proven(p, size):
        return is_gain_proven(data, {"p_holm": p, "difference": size})

    assert proven(0.09, difference)
    assert not proven(0.11, difference) and not proven(0.001, -difference) and not proven(0.001, 0)
