"""events.jsonl: one line an event, short, in UTC, with the arm; readable whatever happened to its
last line."""

import json
from datetime import UTC, datetime, timedelta

import pytest

import assay
from assay.runtime.events.log import LINE, line, log_events, read
from helpers.toy import build

NOW = datetime(2026, 3, 1, 10, 42, 7, 123456, UTC)


def written(folder):
    return (folder / "work" / "events.jsonl").read_text().splitlines()


def test_a_line_has_the_time_the_arm_and_the_events_own_keys():
    step = {
        "stage": "lora",
        "event": "progress",
        "done": 3,
        "total": 9,
        "unit": "step",
        "values": {"train": 0.5},
    }
    assert line(step, NOW) == {
        "time": "2026-03-01T10:42:07.123Z",
        "arm": "lora",
        "event": "progress",
        "done": 3,
        "total": 9,
        "unit": "step",
        "values": {"train": 0.5},
    }
    assert line({"event": "stage", "name": "tfidf", "state": "start"}, NOW)["arm"] == "tfidf"
    assert line({"event": "note", "text": "x"}, NOW)["arm"] == ""


def test_what_json_cannot_write_is_null_and_what_is_too_long_is_cut():
    assert line({"event": "x", "values": {"norm": float("inf"), "rows": [float("nan"), 1]}}, NOW)[
        "values"
    ] == {
        "norm": None,
        "rows": [None, 1],
    }
    long = line({"event": "note", "text": "ä" * 5000, "count": 2}, NOW)
    assert long["text"].endswith("…") and long["count"] == 2
    many = line(
        {"event": "arm", "stage": "a", "settings": {f"k{i}": "v" * 300 for i in range(100)}}, NOW
    )
    assert many == {"time": "2026-03-01T10:42:07.123Z", "arm": "a", "event": "arm", "cut": True}
    for row in (long, many):
        assert len(json.dumps(row, ensure_ascii=False).encode()) < LINE


def test_of_long_lists_in_a_line_that_is_too_long_the_first_ten_are_left():
    rows = [f"row {i}" for i in range(300)]
    found = line({"event": "x", "rows": rows, "values": {"few": rows[:3], "text": "t" * 4000}}, NOW)
    assert found["rows"] == rows[:10] and found["values"]["few"] == rows[:3]
    assert found["values"]["text"] == "t" * 399 + "…"
    short = rows[:30]
    assert line({"event": "x", "rows": short}, NOW)["rows"] == short  # which fits


def test_a_torn_last_line_is_left_out_and_cut_off_by_the_next_run(tmp_path):
    file = tmp_path / "work" / "events.jsonl"
    told = []
    tell = log_events(told.append, file)
    tell({"event": "note", "text": "one"})
    with file.open("ab") as stream:
        stream.write(b'{"event": "note", "te')
    assert [event["text"] for event in read(tmp_path)] == ["one"]
    log_events(told.append, file)({"event": "note", "text": "two"})
    with file.open("ab") as stream:
        stream.write(b'[1]\n{"half\n{"event": "note", "text": "three"}\n{"event": "note"}')
    assert [event["text"] for event in read(tmp_path)] == ["one", "two", "three"]
    assert [event["text"] for event in told] == ["one", "two"]  # as they were told


@pytest.mark.slow
def test_what_only_moves_is_written_ten_times_a_second_at_most_and_its_end_always(tmp_path):
    told, now = [], [0.0]
    tell = log_events(told.append, tmp_path / "work" / "events.jsonl", lambda: now[0])
    for done in range(1, 1001):
        now[0] = (done - 1) / 64  # seconds
        tell({"event": "progress", "done": done, "total": 1000})
        if done % 100 == 0:
            tell({"event": "note", "text": f"{done}"})
    events = list(read(tmp_path))
    assert len(told) == 1010
    assert [e["text"] for e in events if e["event"] == "note"] == [
        f"{n}" for n in range(100, 1001, 100)
    ]
    steps = [e for e in events if e["event"] == "progress"]
    # 7 / 64 s are the first that are a tenth of a second.
    assert [e["done"] for e in steps] == [*range(1, 1000, 7), 1000]


def test_a_project_that_never_ran_has_no_events(tmp_path):
    assert list(read(tmp_path)) == []


@pytest.mark.slow
def test_a_run_leaves_every_event_in_its_log(tmp_path, tiny_model):
    folder = build(
        tmp_path / "p",
        tiny_model,
        "compare:\n  - {kind: majority}\n  - {kind: lora, epochs: 2, name: tuned}\n",
    )
    told = []
    before = datetime.now(UTC) - timedelta(seconds=1)
    assay.run(folder, tell=told.append)
    events = list(read(folder))
    said = [
        [(e["event"], e.get("text")) for e in some if e["event"] != "progress"]
        for some in (events, told)
    ]
    assert said[0] == said[1]
    times = [datetime.fromisoformat(e["time"]) for e in events]
    assert (
        times == sorted(times)
        and before < times[0]
        and times[-1] < datetime.now(UTC) + timedelta(seconds=1)
    )
    assert all(len(row.encode()) < LINE for row in written(folder))
    own = [e for e in events if e["arm"] == "tuned"]
    (made,) = [e for e in own if e["event"] == "arm"]
    assert (
        made["settings"]["epochs"] == 2
        and made["seed"] == 3
        and set(made["data"]) == {"train", "val"}
    )
    assert made["environment"]["torch"] and len(made["models"]) == 1
    steps = [e for e in own if e["event"] == "progress" and e["unit"] == "step"]
    assert steps[-1]["done"] == steps[-1]["total"]
    values = steps[-1]["values"]
    assert list(values) == [
        "train",
        "val",
        "score",
        "lr",
        "norm",
        "tok/s",
        "computed tok/s",
        "memory",
        "fit",
    ]
    assert values["memory"] > 50e6 and values["tok/s"] > 0 and 0 < values["lr"] < 1e-2
    looks = [e for e in own if e["event"] == "evaluation"]
    assert [e["step"] for e in looks] == [steps[-1]["total"] // 2, steps[-1]["total"]]
    assert list(looks[0]) == [
        "time",
        "arm",
        "event",
        "step",
        "train_loss",
        "val_loss",
        "val_se",
        "val",
        "steps",
        "best_step",
        "fit",
    ]
    done = [e for e in own if e["event"] == "stage"]
    assert (
        [e["state"] for e in done] == ["start", "done"]
        and 0 <= done[-1]["value"] <= 1
        and done[-1]["note"]
    )
    # A second run computes nothing and adds to the same log.
    assay.run(folder)
    assert [e["state"] for e in read(folder) if e["event"] == "stage" and e["arm"] == "tuned"] == [
        "start",
        "done",
        "cached",
    ]
