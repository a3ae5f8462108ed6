"""Two lists of answers held against each other: shares, intervals, what is compared."""

import pytest

from assay.core.types import Answer, Example, Message, Record, Task
from assay.evaluation.equivalence import equivalence

TASK = Task(kind="classify", labels=("a", "b"))


def records(texts, targets="a", groups=None):
    rows = []
    for i, text in enumerate(texts):
        group = groups[i] if groups else None
        question = Example(f"r{i}", (Message("user", f"q{i}"),), group=group)
        answer = Answer(None, raw=text[1:]) if text.startswith("?") else Answer(text, raw=text)
        rows.append(Record(question, targets, (), answer))
    return rows


def test_the_share_of_equal_answers_has_wilsons_interval():
    from scipy.stats import binomtest

    arm, export = ["a"] * 50, ["a"] * 47 + ["b"] * 3
    found = equivalence(records(arm), records(export), TASK)
    assert (found.n, found.equal.value) == (50, 0.94)
    theirs = binomtest(47, 50).proportion_ci(method="wilson")
    assert (found.equal.low, found.equal.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_all_equal_has_the_exact_lower_end():
    found = equivalence(records(["a"] * 60), records(["a"] * 60), TASK)
    assert (
        found.equal.value == 1
        and found.equal.low == pytest.approx(0.025 ** (1 / 60))
        and found.equal.high == 1
    )
    assert found.difference.value == 0 and found.others == ()


def test_the_score_of_both_and_their_difference_are_the_metrics():
    found = equivalence(records(["a", "a", "a", "b"]), records(["a", "a", "b", "b"]), TASK)
    assert found.metric == "accuracy" and (found.arm.value, found.export.value) == (0.75, 0.5)
    assert found.difference.value == -0.25 and found.difference.low < -0.25 < found.difference.high
    assert [(one.id, one.arm, one.export) for one in found.others] == [("r2", "a", "b")]


def test_the_difference_is_that_of_the_report():
    from assay.evaluation.scoring import judge
    from assay.stats.standard_error import paired_difference

    arm, export = records(["a", "b"] * 20), records(["a", "a", "b", "a"] * 10)
    found = equivalence(arm, export, TASK)
    rows = [judge(one, TASK).rows["accuracy"] for one in (export, arm)]
    expected = paired_difference(rows[0], rows[1], lambda sums, n: sums[..., 0] / n)
    assert found.difference == expected


def test_of_answers_that_cannot_be_read_the_raw_texts_are_compared():
    found = equivalence(records(["?hm", "?hm", "a"]), records(["?hm", "?oh", "?hm"]), TASK)
    assert found.equal.value == pytest.approx(1 / 3) and found.unparsed == (2, 3)
    assert found.others[0].arm == "(not read) hm" and found.others[1].arm == "a"


def test_rows_of_a_group_count_together():
    arm, export = ["a"] * 40, ["a"] * 36 + ["b"] * 4
    alone = equivalence(records(arm), records(export), TASK)
    together = equivalence(
        records(arm, groups=[str(i // 4) for i in range(40)]),
        records(export, groups=[str(i // 4) for i in range(40)]),
        TASK,
    )
    assert together.equal.low < alone.equal.low and together.equal.value == alone.equal.value


def test_other_rows_are_refused():
    with pytest.raises(ValueError, match="other rows"):
        equivalence(records(["a", "a"]), records(["a"]), TASK)


def test_the_json_holds_no_number_that_is_not_finite():
    found = equivalence(records(["a"]), records(["a"]), TASK).to_json()
    assert found["difference"]["low"] is None and found["equal"]["value"] == 1.0
