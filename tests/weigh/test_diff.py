import copy

from assay.weigh import diff


def test_nothing_moved(report):
    assert diff(report.data, report.data) == []


def test_changes_within_noise_are_left_out(report):
    new = copy.deepcopy(report.data)
    for name in ("value", "low", "high"):
        new["strategies"][3]["metrics"]["accuracy"][name] += 0.02
    new["strategies"][3]["cost"]["seconds_per_answer"] *= 1.1
    assert diff(report.data, new) == []


def test_what_moved_is_said(report):
    new = copy.deepcopy(report.data)
    for name in ("value", "low", "high"):
        new["strategies"][3]["metrics"]["accuracy"][name] -= 0.2
    new["strategies"][4]["cost"]["seconds_per_answer"] = 0.236
    new["strategies"][6]["status"] = "skipped"
    new["strategies"][0]["name"] = "other"
    new["exam"]["hash"] = "0"
    new["rows"]["train"] = 1600
    new["verdict"]["recommended"] = "rag-lora"
    assert diff(report.data, new) == [
        "The test rows are not the same, so scores are of different questions.",
        "Rows, train: 1595, now 1600.",
        "The recommended arm was lora-r8, now rag-lora.",
        "majority: not in the new report.",
        "other: new.",
        "shots-k8: accuracy 0.769, now 0.569 (−20.0 points).",
        "lora-r8: time an answer 118 ms, now 236 ms.",
        "full: was failed, now skipped.",
    ]
