import os
import re
import signal
from pathlib import Path
from typing import ClassVar, Literal

import pytest

from assay.core.errors import DataError
from assay.core.types import Changed, Dropped, Example, Means, RowStep
from assay.data.parallel.executor import PAYS, Scale, StepExecutor, passes
from assay.data.steps.dedupe import Dedupe
from assay.data.steps.length import Length
from assay.data.steps.repair import Repair
from helpers.curation_processes import own_step_processes
from helpers.nights import nightly_but
from helpers.problems import problem


class Counted(RowStep):
    """A step that is not one of assay's own: it stays in this process, so its calls can be
    counted."""

    kind: Literal["counted"] = "counted"
    seen: ClassVar[list[str]] = []

    def one(self, example: Example, means: Means) -> Example | Changed | Dropped:
        self.seen.append(example.id)
        number = len(example.text)
        return (
            Dropped(example, "seventh")
            if number % 7 == 0
            else Changed(example.with_text(example.text + "."), "dot")
        )


class Asking(Repair):
    kind: Literal["asking"] = "asking"  # type: ignore[assignment]
    needs: ClassVar[tuple[str, ...]] = ("embed",)


def test_row_steps_that_follow_each_other_are_one_pass():
    steps = (Repair(), Length(), Dedupe(), Length(min_chars=2), Counted(), Asking(), Repair())
    assert [[step.kind for step in part] for part in passes(steps)] == [
        ["repair", "length"],
        ["dedupe"],
        ["length"],
        ["counted", "asking"],
        ["repair"],
    ]
    assert passes(()) == []


@pytest.mark.slow
@pytest.mark.parametrize("official", nightly_but([True], [False, True]))
def test_two_processes_give_the_same_bytes_as_one(rows_of, result_of, official):
    rows, test = rows_of(250), rows_of(130, seed=9) if official else []
    test = [Example(f"test-{e.id}", e.messages, e.target, source=f"test{e.source}") for e in test]
    alone = result_of(rows, test=test)
    assert result_of(rows, test=test, scale=Scale(processes=2, pays=0)) == alone
    assert result_of(rows, test=test, scale=Scale(processes=2, pays=0, chunk=37)) == alone
    assert result_of(rows, test=test, scale=Scale(processes=1, chunk=1)) == alone
    for action in (b"changed", b"dropped", *([b"kept"] if official else [])):
        assert b'"action": "' + action + b'"' in alone


@pytest.mark.slow
def test_few_rows_start_no_process_and_leave_nothing(rows_of, result_of, tmp_path):
    events = []
    result_of(rows_of(300), scale=Scale(folder=tmp_path), tell=events.append)
    assert not list(tmp_path.iterdir())
    assert [event["step"] for event in events if event["event"] == "curate"] == [
        "repair",
        "length",
        "dedupe",
        "repair",
        "length",
        "near",
    ]


def interrupted(rows, folder, result_of, after):
    """Stop when `after` chunks are done, as Ctrl-C would."""

    def tell(event):
        if event["event"] == "progress" and event["done"] >= after * 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        result_of(
            rows,
            steps=(Counted(), Dedupe()),
            scale=Scale(folder=folder, pays=0, chunk=20),
            tell=tell,
        )


@pytest.mark.slow
def test_what_is_done_is_not_done_again(rows_of, result_of, tmp_path, monkeypatch):
    monkeypatch.setattr("assay.data.parallel.executor.TELL_EVERY", 0.0)
    rows = rows_of(300)
    whole = result_of(rows, steps=(Counted(), Dedupe()))
    Counted.seen.clear()
    interrupted(rows, tmp_path, result_of, after=7)
    assert len(Counted.seen) == 7 * 20
    Counted.seen.clear()
    events = []
    scale = Scale(folder=tmp_path, pays=0, chunk=20)
    assert result_of(rows, steps=(Counted(), Dedupe()), scale=scale, tell=events.append) == whole
    assert Counted.seen == [row.id for row in rows[7 * 20 :]]
    moved = [
        event
        for event in events
        if event["event"] == "progress" and event["values"]["step"] == "counted"
    ]
    assert moved[0]["done"] == 7 * 20 and moved[-1]["done"] == moved[-1]["total"] == 300
    # And once more, after a kill between the last step and the end of the stage: every step has
    # been done.
    Counted.seen.clear()
    assert result_of(rows, steps=(Counted(), Dedupe()), scale=scale) == whole
    assert not Counted.seen


@pytest.mark.slow
def test_a_set_step_that_is_done_is_not_done_again(rows_of, result_of, tmp_path):
    class Often(Dedupe):
        calls: ClassVar[list[int]] = []

        def apply(self, examples, means):
            self.calls.append(len(examples))
            return super().apply(examples, means)

    rows, scale = rows_of(200), Scale(folder=tmp_path, pays=0)
    first = result_of(rows, steps=(Often(),), scale=scale)
    assert (
        result_of(rows, steps=(Often(),), scale=scale)
        == first
        == result_of(rows, steps=(Dedupe(),))
    )
    assert Often.calls == [200]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks the processes up in /proc")
def test_a_process_that_ends_is_named_with_its_rows_and_the_rest_goes_on_from_there(
    rows_of, result_of, tmp_path
):
    rows = rows_of(240)
    scale = Scale(processes=2, folder=tmp_path, pays=0, chunk=10)

    def tell(event):
        for process in own_step_processes():
            os.kill(process, signal.SIGKILL)

    spread = StepExecutor(scale, Means(seed=3), tell)
    with (
        problem(DataError, "D067", None, "repair", "was killed", "data.processes: 1") as caught,
        spread,
    ):
        for _ in spread.fates((Repair(),), rows):
            tell({})
    assert re.fullmatch(r"rows\.csv:\d+ to rows\.csv:\d+", caught.value.problems[0].place)
    assert not own_step_processes()
    assert list(tmp_path.glob("pass-*.part"))
    fresh = StepExecutor(Scale(pays=PAYS), Means(seed=3), lambda event: None)
    with StepExecutor(scale, Means(seed=3), lambda event: None) as again:
        assert list(again.fates((Repair(),), rows)) == list(fresh.fates((Repair(),), rows))


def test_settings_of_scale_change_no_result_and_no_key(tmp_path, sentences):
    from assay.config import load
    from assay.runtime.data_stage.prepare import prepare

    (tmp_path / "rows.csv").write_text(
        "text,label\n" + "".join(f"{t},{'ab'[n % 2]}\n" for n, t in enumerate(sentences(60)))
    )
    (tmp_path / "project.yaml").write_text(
        "data: {files: {data: rows.csv}}\nprepare: [{kind: repair}]\n"
    )
    first = prepare(load(tmp_path / "project.yaml"), lambda event: None)
    again = prepare(load(tmp_path / "project.yaml", ["data.processes=2"]), lambda event: None)
    assert again.cached and again.folder == first.folder
    assert not list(first.folder.glob("*.part"))
