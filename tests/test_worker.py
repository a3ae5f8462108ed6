"""The process of one stage: its exit code and last event say how it ended."""

import json

from assay import worker
from assay.core import store
from helpers.arm_requests import arm_request


def events(capfd):
    return [json.loads(line) for line in capfd.readouterr().out.splitlines()]


def test_a_request_that_was_done_ends_with_0_and_its_results_are_there(tmp_path, forked, capfd):
    store.write_json(tmp_path / "request.json", arm_request(tmp_path, {"kind": "majority"}))

    def work():
        assert worker.main(tmp_path) == 0

    assert forked(work) == 0
    assert events(capfd)[-1] == {"event": "progress", "done": 10, "total": 10, "unit": "answer"}
    assert store.Stage(tmp_path / "work", "answers", "answers").completion_note()["n"] == 10


def test_an_error_is_an_event_and_the_exit_code_of_its_kind(tmp_path, forked, capfd):
    request = arm_request(tmp_path, {"kind": "majority"})
    store.write_lines(tmp_path / "data" / "train.jsonl", ())  # nothing to learn from
    store.write_json(tmp_path / "request.json", request)

    def work():
        assert worker.main(tmp_path) == 6  # of a TrainError

    assert forked(work) == 0
    (told,) = events(capfd)
    assert told["event"] == "error" and told["problems"][0][0] == "T002"
