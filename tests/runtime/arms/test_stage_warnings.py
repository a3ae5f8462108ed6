"""Warnings of a stage outlive a kill and are told again when the stage is found finished."""

from assay.core import checksummed_lines
from assay.runtime.arms.stage_warnings import FILE, StageWarnings, repeat

CUT = {"event": "warning", "code": "D048", "count": 3, "text": "rows were cut"}
SKIPPED = {"event": "warning", "code": "T014", "count": 1, "text": "steps were skipped"}


def row(event):
    return {key: value for key, value in event.items() if key != "event"}


def test_a_stage_that_starts_again_has_what_it_warned_of_before_the_kill(tmp_path):
    killed = StageWarnings()
    with killed.stage(tmp_path / "fit"):
        killed.hear(CUT)
    resumed = StageWarnings()
    with resumed.stage(tmp_path / "fit") as warnings:
        resumed.hear(CUT)  # once more, as each start says it
        resumed.hear({"event": "progress", "done": 1, "total": 2})
        resumed.hear(SKIPPED)
    assert warnings == [row(CUT), row(SKIPPED)]
    assert checksummed_lines.read(tmp_path / "fit" / FILE) == warnings


def test_a_stage_has_the_warnings_of_the_stages_inside_it(tmp_path):
    heard = StageWarnings()
    with heard.stage(tmp_path / "outer") as outer:
        with heard.stage(tmp_path / "inner") as inner:
            heard.hear(CUT)
        heard.hear(SKIPPED)
    heard.hear({**SKIPPED, "count": 9})  # of no stage
    assert inner == [row(CUT)] and outer == [row(CUT), row(SKIPPED)]


def test_a_line_that_was_cut_by_a_kill_is_dropped(tmp_path):
    heard = StageWarnings()
    with heard.stage(tmp_path):
        heard.hear(CUT)
        heard.hear(SKIPPED)
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole[:-9])
    with heard.stage(tmp_path) as warnings:
        assert warnings == [row(CUT)]
        heard.hear(SKIPPED)
    assert checksummed_lines.read(tmp_path / FILE) == [row(CUT), row(SKIPPED)]


def test_the_note_of_a_finished_stage_tells_them_again():
    told = []
    repeat({"warnings": [row(CUT)]}, told.append)
    repeat({}, told.append)
    repeat(None, told.append)
    assert told == [CUT]
