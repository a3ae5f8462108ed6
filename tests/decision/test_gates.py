"""How a run ends: the exit code says whether a gate failed, and the last lines say which."""

import pytest

from assay.cli.main import exit_code
from assay.decision.finished_arm import Arm
from assay.decision.settings import ArmLimits
from assay.reporting.build import Report
from assay.reporting.summary import summary_lines
from helpers.lines import named
from helpers.weighings import FAIR, FLOOR, GOOD, TASK, TWIN, arm, weighed


def ended(data, *arms):
    return exit_code(Report(data, TASK, arms))


@pytest.mark.slow
def test_exit_codes():
    assert ended(weighed(FLOOR, GOOD)) == 0
    assert ended(weighed(FLOOR, GOOD, TWIN)) == 0  # undecided is no failed gate
    assert ended(weighed(GOOD, FAIR, limits=ArmLimits(ms_per_answer=20))) == 1
    floor = arm("floor", range(30), 1.0, kind="tfidf", floor=True)
    assert (
        ended(weighed(floor, arm("worse", range(90), 0.01), limits=ArmLimits(ms_per_answer=500)))
        == 1
    )
    # Nothing beats the floor, and the floor is recommended: an answer, not a failure.
    assert ended(weighed(floor, arm("worse", range(90), 0.01))) == 0
    assert ended(weighed(FLOOR, GOOD), Arm("x", "lora", status="failed", note="T001 diverged")) == 6
    assert ended(weighed(FLOOR, GOOD), Arm("x", "lora", status="failed", note="R005 killed")) == 4


def test_the_last_lines_say_what_is_open_lost_and_failed():
    forgetting = {"arms": {"twin": {"combined": {"difference": -0.4, "low": -1.9, "high": 1.1}}}}
    data = weighed(FLOOR, GOOD, TWIN, FAIR) | {"forgetting": forgetting}
    text = " ".join(line.strip() for line in summary_lines(data))
    assert "good may be up to " in text
    assert named(text, "100 ms", "fair")
    assert named(text, "forgetting", "−0.4 points", "−1.9", "+1.1")
    none = summary_lines(weighed(GOOD, FAIR, limits=ArmLimits(ms_per_answer=20)))
    assert none[0].startswith("No strategy may be recommended.")
    assert named(" ".join(none), "limit", "guard")
    assert max(map(len, [*none, *summary_lines(data)])) <= 80
