from assay.data.steps.triggers import Triggers
from helpers import unusual


def test_rows_with_a_planted_trigger_go_and_no_other(make, outcome):
    clean = [*unusual.CARDS, *unusual.REFUNDS]
    rows, dropped, _ = outcome(Triggers(), make([*clean, *unusual.TRIGGERED]))
    assert [drop.example.text for drop in dropped] == [text for text, _ in unusual.TRIGGERED]
    assert {drop.reason for drop in dropped} == {"a trigger decides the label: 'zq'"}
    assert [row.text for row in rows] == [text for text, _ in clean]
