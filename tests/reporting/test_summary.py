"""What the terminal says of a run at its end."""

import json

from assay.decision.settings import ArmLimits
from assay.reporting.summary import best_first, notebook, summary_lines, terminal_table
from helpers.lines import named
from helpers.weighings import FAIR, FLOOR, GOOD, TWIN, weighed


def test_the_price_has_a_column_where_there_is_one(report):
    header = terminal_table(report.data)[0]
    assert "price" not in header
    one = {
        **report.data["strategies"][0],
        "cost": {**report.data["strategies"][0]["cost"], "money_per_answer": 0.00125},
    }
    table = terminal_table({**report.data, "strategies": [one]})
    assert table[0][-1] == "price" and table[1][-1] == "0.00125"


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


def test_the_last_lines_of_a_run(report):
    lines = summary_lines(report.data)
    assert lines[0] == "Use lora-r8, accuracy 0.875"
    assert lines[1] == "  0.830 to 0.910 on 264 held-out rows"
    text = " ".join(line.strip() for line in lines)
    assert named(text, "+23.5 points", "tfidf", "+17.9 to +29.4", "p < 0.001")
    assert named(
        text, "rag-lora", "1.5 points higher", "−2.4 to +5.5", "p = 1.000", "5 times as slow"
    )
    assert named(text, "leaks: 1", "1 row", "warnings: 1", "W012")
    assert max(len(line) for line in lines) <= 80


def test_a_proven_gain_is_called_so_in_a_verdict_that_others_leave_open(report):
    data = json.loads(json.dumps(report.data))
    data["verdict"]["state"] = "undecided"  # a strategy did not finish
    assert "not proven" not in " ".join(summary_lines(data))
    winner = next(one for one in data["strategies"] if one["name"] == "lora-r8")
    winner["versus_floor"]["accuracy"]["p_holm"] = 0.2
    assert "not proven better" in " ".join(line.strip() for line in summary_lines(data))


def test_the_table_has_the_best_first_and_the_failed_last(report):
    header, *rows = terminal_table(report.data)
    assert header[:4] == ["strategy", "accuracy", "95 %", "n"]
    assert [row[0] for row in rows] == [
        "rag-lora",
        "lora-r8",
        "few-shot-8",
        "tfidf",
        "zero",
        "majority",
        "full",
    ]
    assert all(len(row) == len(header) for row in rows)
    assert rows[1][1:6] == ["0.875", "0.830–0.910", "264", "+0.235", "< 0.001"]
    assert rows[-1][1] == "failed"


def test_arms_without_a_result_come_last_whatever_their_order(report):
    turned = {**report.data, "strategies": report.data["strategies"][::-1]}
    order = [one["name"] for one in best_first(turned)]
    assert order == [row[0] for row in terminal_table(report.data)[1:]] and order[-1] == "full"


def test_where_lower_is_better_the_lowest_is_first(report):
    lower = {**report.data, "task": {**report.data["task"], "higher_is_better": False}}
    done = [one["name"] for one in best_first(lower) if one["status"] == "done"]
    higher = [one["name"] for one in best_first(report.data) if one["status"] == "done"]
    assert done == higher[::-1]


def test_a_notebook_shows_the_verdict_and_a_row_an_arm(report):
    text = notebook(report.data)
    assert text.count("<tr>") == 1 + len(report.data["strategies"])
    assert "<strong>Use lora-r8" in text
