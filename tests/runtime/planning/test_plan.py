"""What a plan says, with numbers that are given."""

from assay.runtime.planning.plan import Plan
from helpers.lines import named

GB = 2**30
ROW = {
    "name": "lora",
    "state": "to do",
    "seconds": 100.0,
    "bytes": 4 * GB,
    "disk_bytes": 3 * GB,
    "kept_bytes": GB,
    "fits": [],
    "refused": "",
}
NOTHING = dict.fromkeys(("seconds", "bytes", "disk_bytes", "kept_bytes"))


def plan(*rows, memory=10 * GB, disk=100 * GB):
    return Plan("head", [{**ROW, **row} for row in rows], memory, disk)


def test_a_line_an_arm_and_the_sum():
    done = plan({}, {"name": "tfidf", "state": "cached", **NOTHING})
    assert done.lines() == [
        "head",
        "  strategy  state                time    memory      disk",
        "  lora      to do             1–2 min    4.0 GB    3.0 GB",
        "  tfidf     cached                  –         –         –",
        "  total 1–2 min (probed) · peak 4.0 of 10.0 GB · disk 3.0 of 100.0 GB free",
    ]


def test_the_disk_holds_what_all_keep_and_what_one_writes_for_a_time():
    both = plan({}, {"name": "b", "disk_bytes": 2 * GB})
    assert both.disk_bytes == 4 * GB  # 1 + 1 kept, and 2 for a time
    assert both.to_json()["disk_bytes"] == 4 * GB and both.to_json()["peak_bytes"] == 4 * GB
    (line,) = [line for line in plan({}, disk=2 * GB).lines() if line.startswith("R002")]
    assert named(line, "R002", "3.0 GB", "2.0 GB", "disk")


def test_what_does_not_fit_is_said_with_what_would():
    (line,) = [
        text
        for text in plan({"bytes": 9 * GB, "fits": ["a: 1 (about 3.0 GB)"]}).lines()
        if "R098" in text
    ]
    assert named(line, "R098", "lora", "9.0 GB", "10.0 GB", "80%", "a: 1", "3.0 GB")


def test_an_arm_that_cannot_be_probed_is_a_line():
    lines = plan({**NOTHING, "state": "cannot", "refused": "lora: R098 too large"}).lines()
    assert "lora: R098 too large" in lines and lines[1].split()[0] == "strategy"
