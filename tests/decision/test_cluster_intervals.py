"""Rows of one value that are right and wrong together: told with the setting that mends it."""

import math

import pytest

from assay.core.types import Answer, Example, Message, Record
from assay.data.reading.slice_values import DAY, FILE
from assay.data.row_clusters import NEAR_COPIES
from assay.decision.cluster_intervals import (
    clustering,
    heading,
    sentence,
    setting,
    short,
    warning,
)
from assay.decision.measured_scores import ArmScores
from assay.evaluation.undeclared_clusters import Clustered
from helpers.lines import named
from helpers.weighings import TASK

USERS, EACH = 60, 5


def records(right, group=None):
    return [
        Record(
            Example(f"{row}", (Message("user", f"{row}"),), group=group and group(row)),
            "a",
            (),
            Answer("a" if right(row) else "b"),
        )
        for row in range(USERS * EACH)
    ]


def by_user(row):
    """All five rows of a user alike: two users of three are right."""
    return row // EACH % 3 != 0


FIELDS = {"user": [row // EACH for row in range(USERS * EACH)]}


@pytest.fixture(scope="module")
def block():
    arms = {"one": records(by_user), "other": records(lambda row: row // EACH % 2)}
    return clustering(ArmScores(arms, TASK, draws=500), "accuracy", FIELDS, "one")


def test_copies_make_intervals_too_narrow_by_the_root_of_their_number(block):
    assert (block["field"], block["setting"]) == ("user", "split.group: user")
    one = block["arms"][0]["score"]
    plain, wide = (one[name]["high"] - one[name]["low"] for name in ("plain", "together"))
    # Five rows that are always alike tell what one tells: sqrt(5) = 2.24 times as wide.
    assert wide / plain == pytest.approx(math.sqrt(EACH), rel=0.15)
    assert block["arms"][0]["to_best"] is None and block["arms"][1]["to_best"] is not None


def test_it_is_one_warning_and_one_line(block):
    (told,) = warning(block)
    assert (told["code"], told["count"]) == ("D194", USERS * EACH)
    assert named(told["text"], "'user'", "split.group")
    assert named(short({"certainty": {"clusters": block}}), "'user'", "split.group")
    assert "'user'" in heading(block)
    assert warning(None) == [] and short({}) == ""


def test_declared_groups_and_rows_without_a_field_are_not_tested():
    grouped = records(by_user, group=lambda row: f"{row // EACH}")
    assert clustering(ArmScores({"a": grouped}, TASK, draws=500), "accuracy", FIELDS, None) is None
    plain = ArmScores({"a": records(by_user)}, TASK, draws=500)
    assert clustering(plain, "accuracy", {}, None) is None
    with pytest.raises(ValueError, match="300 test rows"):
        clustering(plain, "accuracy", {"user": [1, 2]}, None)


def test_what_no_field_of_the_data_says_has_no_setting_but_a_way_out():
    assert setting("ticket id") == 'split.group: "ticket id"'
    for field in (NEAR_COPIES, FILE, f"sent{DAY}"):
        assert setting(field) == ""
        found = Clustered(field, 60, 300, 5, 5.0, 5.0, 0.001, 0.001)
        assert "split.group" in sentence(found, (), 300)
