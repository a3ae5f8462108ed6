"""The trackers get what the log has: losses by step, val at each evaluation, settings, the test
score."""

import json

import pytest

from assay.cli.main import command
from assay.core.errors import UsageError
from assay.runtime.events.log import line
from assay.runtime.events.trackers import Sender, export, read_runs
from helpers.problems import problem
from helpers.tracker_events import BEGUN, EVENTS, step


def losses(one) -> dict[int, float]:
    return {
        step: values["train/loss"]
        for (step, _), values in one.points.items()
        if "train/loss" in values
    }


def test_the_log_is_read_into_runs(project):
    (one,) = read_runs(project)
    assert (one.arm, one.key) == ("lora", "abcdef0123")
    assert one.settings["settings.rank"] == 8 and one.settings["settings.targets"] == "q, v"
    assert one.settings["settings.inner.kind"] == "x" and one.settings["data.train"] == "12ab"
    assert losses(one) == {1: 2.0, 2: 1.25, 3: 1.0}  # the resumed run told step 2 again
    (look,) = [values for values in one.points.values() if "val/loss" in values]
    assert look == {"val/loss": 1.6, "val/score": 0.5, "val/train_loss": 1.75}
    assert one.final == {"test/accuracy": 0.7412}
    first = min(seconds for _, seconds in one.points)
    assert first == BEGUN.timestamp() + 3


def test_another_key_is_another_run(project):
    with (project / "work" / "events.jsonl").open("a") as file:
        file.write("\n")
        for event in ({**EVENTS[1], "key": "other"}, step(1, train=7.0)):
            file.write(json.dumps(line(event, BEGUN)) + "\n")
    first, second = read_runs(project)
    assert losses(first)[1] == 2.0 and losses(second) == {1: 7.0}


def test_unknown_trackers_and_empty_logs_are_named(project, tmp_path):
    with problem(UsageError, "C088", None, "'tensorbord'", "'tensorboard'"):
        export(project, "tensorbord")
    with pytest.raises(UsageError, match="C062"):
        export(tmp_path / "nothing", "wandb")


def test_a_tracker_that_is_not_installed_is_named(project, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "wandb", None)  # as if it were not there
    with problem(UsageError, "C089", None, "wandb", "pip install 'assay[track]'"):
        export(project, "wandb")


@pytest.mark.slow
def test_a_run_with_a_tracker_that_there_is_not_runs_nothing(project, capsys):
    (project / "rows.csv").write_text("text,label\na,x\n")
    (project / "project.yaml").write_text("version: 2\ndata: {files: {data: rows.csv}}\n")
    assert command(["run", str(project), "--report-to", "tensorbord", "--plain"]) == 2
    said = capsys.readouterr().err
    assert "C088 --report-to: " in said and "--report-to tensorboard" in said


class Book:
    """A tracker that has some points already and keeps what it is given."""

    show = ""

    def __init__(self, **known):
        self.known, self.points, self.ended = known, [], []

    def begin(self, run):
        return dict(self.known)

    def log(self, run, points):
        assert points, "a call without a point"
        self.points += [(step, values) for step, _, values in points]

    def end(self, run):
        self.ended.append(run.id)


def test_a_tracker_is_given_each_point_once_and_none_that_it_has(project):
    (run,) = read_runs(project)
    book = Book()
    Sender(book).send(run)
    given = {step: v["train/loss"] for step, v in book.points if "train/loss" in v}
    assert given == {1: 2.0, 2: 1.25, 3: 1.0} and book.ended == [run.id]
    assert {"test/accuracy": 0.7412} in [values for _, values in book.points]
    # One that was killed after the second step has its loss; only the third is new.
    later = Book(**{"train/loss": (2, 1.25)})
    Sender(later).send(run)
    assert [step for step, v in later.points if "train/loss" in v] == [3]


def test_a_run_that_goes_on_gives_what_is_new_and_ends_once(project):
    (run,) = read_runs(project)
    run.state = "running"
    sender = Sender(book := Book())
    sender.send(run)
    count = len(book.points)
    sender.send(run, run.by_step())  # told again
    assert len(book.points) == count and not book.ended
    sender.send(run, [(4, run.begun, {"train/loss": 0.5})])
    assert book.points[count:] == [(4, {"train/loss": 0.5})]
    sender.close([run])
    sender.close([run])
    assert book.ended == [run.id] and run.state == "interrupted"
