"""How a run ends: the exit code says whether a gate failed, and the last lines say which."""

from assay.cli import exit_code
from assay.weigh import Arm, Report
from assay.weigh.markdown import summary_lines
from assay.weigh.settings import Limits, Weigh
from weighings import FAIR, FLOOR, GOOD, TASK, TWIN, arm, slow, weighed


def ended(data, *arms):
    return exit_code(Report(data, TASK, arms))


def test_exit_codes():
    assert ended(weighed(FLOOR, GOOD)) == 0
    assert ended(weighed(FLOOR, GOOD, TWIN)) == 0  # undecided is no failed gate
    assert ended(weighed(GOOD, FAIR, limits=Limits(ms_per_answer=20))) == 1
    floor = arm("floor", range(30), 1.0, kind="tfidf", floor=True)
    assert ended(weighed(floor, arm("worse", range(90), 0.01), limits=Limits(ms_per_answer=500))) == 1
    # Nothing beats the floor, and the floor is recommended: an answer, not a failure.
    assert ended(weighed(floor, arm("worse", range(90), 0.01))) == 0
    assert ended(weighed(FLOOR, GOOD), Arm("x", "lora", status="failed", note="T001 diverged")) == 6
    assert ended(weighed(FLOOR, GOOD), Arm("x", "lora", status="failed", note="R005 killed")) == 4


def test_the_last_lines_say_what_is_open_lost_and_failed():
    forgetting = {"arms": {"twin": {"combined": {"difference": -0.4, "low": -1.9, "high": 1.1}}}}
    data = weighed(FLOOR, GOOD, TWIN, FAIR) | {"forgetting": forgetting}
    text = " ".join(line.strip() for line in summary_lines(data))
    assert "Not yet decided: good may be up to " in text
    assert "This would change if an answer must take less than 100 ms (fair)." in text
    assert "forgetting: −0.4 points on general probes (−1.9 to +1.1)" in text
    none = summary_lines(weighed(GOOD, FAIR, limits=Limits(ms_per_answer=20)))
    assert none[0].startswith("No arm may be recommended.")
    assert "Every arm is out: over a limit, or surely past a guard." in " ".join(none)
    assert max(map(len, [*none, *summary_lines(data)])) <= 80


def test_a_page_with_everything_out_open_or_lost_is_whole():
    from test_html import Page, at

    from assay.weigh.numbers import FORMATS

    task = TASK.model_copy(update={"guards": {"macro_f1": 1.0, "forgetting": 2.0}, "target": 0.9})
    arms = (FLOOR, GOOD, TWIN, FAIR, arm("base", range(150), 0.3, alone=slow(0.2)))
    for limits in (Limits(), Limits(ms_per_answer=200), Limits(ms_per_answer=0.0001)):
        settings = Weigh(limits=limits, price_per_hour=1.0)
        data = weighed(*arms, task=task, limits=limits, price_per_hour=1.0)
        page = Page(Report(data, task, arms, settings=settings).html())
        assert page.open == [] and page.crossed == [] and len(page.numbers) > 100
        for attributes, shown in page.numbers:
            assert shown == FORMATS[attributes["data-as"]](at(data, attributes["data-at"]))
        loaded = Page(Report(data, task).html())
        assert len(loaded.numbers) == len(page.numbers)
