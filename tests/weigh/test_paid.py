"""Answers that are paid for: what a month costs, and what that does to the choice."""

import pytest

from assay.weigh import Weigh, build
from assay.weigh.arm import Arm
from assay.weigh.markdown import terminal_table

LOCAL = {"fit_seconds": 3600.0, "seconds_per_answer": 0.36}
PAID = {"fit_seconds": 0.0, "seconds_per_answer": 0.72, "money_per_answer": 0.001}


def test_a_month_is_hours_at_their_price_and_answers_at_theirs():
    weigh = Weigh(volume_per_month=10_000, months=2.0, price_per_hour=0.5)
    # 0.36 s x 10,000 is an hour, and half an hour of fitting a month.
    assert weigh.per_month(LOCAL) == pytest.approx(1.5 * 0.5)
    # Two hours of waiting, and 10,000 answers at 0.001.
    assert weigh.per_month(PAID) == pytest.approx(2 * 0.5 + 10.0)
    assert weigh.burden(PAID) == pytest.approx(11.0) and weigh.burden(LOCAL) == pytest.approx(0.75)


def test_without_a_price_of_hours_the_table_says_which_are_hours():
    weigh = Weigh(volume_per_month=10_000, months=2.0)
    assert weigh.per_month_text(LOCAL, paid=True) == "1.50 h" and weigh.per_month_text(PAID, paid=True) == "10.0"
    assert weigh.per_month_text(LOCAL) == "1.50"


def test_hours_without_a_price_order_arms_but_weigh_nothing_beside_money():
    weigh = Weigh(volume_per_month=10_000)
    slow = {**LOCAL, "seconds_per_answer": 36.0}
    assert weigh.burden(LOCAL) < weigh.burden(slow) < weigh.burden(PAID)  # type: ignore[operator]
    ratio = weigh.burden(slow) / weigh.burden(LOCAL)  # type: ignore[operator]
    assert ratio == pytest.approx(weigh.seconds_per_month(slow) / weigh.seconds_per_month(LOCAL))  # type: ignore[operator]


def test_what_was_not_measured_has_no_cost():
    assert Weigh().burden({}) is None and Weigh().per_month({}) is None


@pytest.mark.parametrize(("price", "chosen"), [(0.0001, "remote"), (0.01, "local")])
def test_of_arms_that_cannot_be_told_apart_the_cheaper_in_money_is_chosen(report, price, chosen):
    records = next(arm.records for arm in report.arms if arm.name == "lora-r8")
    # 1,000 answers: 0.72 s each, 0.2 hours, are 2 in money on the machine; the service is waited for half as long.
    local = Arm("local", "shots", records=records, cost={**PAID, "money_per_answer": None, "seconds_per_answer": 0.72})
    remote = Arm(
        "remote", "shots", records=records, cost={**PAID, "money_per_answer": price, "seconds_per_answer": 0.36}
    )
    weigh = Weigh(volume_per_month=1000, price_per_hour=10.0)
    data = build(task=report.task, arms=[local, remote], rows={}, audit={}, exam={}, settings=weigh)
    assert data["verdict"]["recommended"] == chosen
    assert {s["name"]: s["cost"]["money_per_answer"] for s in data["strategies"]} == {"local": None, "remote": price}


def test_the_price_has_a_column_where_there_is_one(report):
    header = terminal_table(report.data)[0]
    assert "price" not in header
    one = {
        **report.data["strategies"][0],
        "cost": {**report.data["strategies"][0]["cost"], "money_per_answer": 0.00125},
    }
    table = terminal_table({**report.data, "strategies": [one]})
    assert table[0][-1] == "price" and table[1][-1] == "0.00125"
