"""What a run with a time limit does with a training that is too long: it learns on in the time that
is left, so that the same command comes to an end."""

import time

import pytest

import assay
from assay.runtime.arms import learning_on
from assay.runtime.arms.race import Race
from helpers.toy import build, rows, write_rows

LORA = "{kind: lora, rank: 4, epochs: 6, learning_rate: 2e-2}"
ARMS = f"minutes: 10\ncompare: [{{kind: majority}}, {{kind: shots, k: 0}}, {LORA}]\n"


@pytest.mark.slow
def test_what_is_too_long_goes_on_when_the_others_are_done(tmp_path, tiny_model, monkeypatch):
    folder = build(tmp_path / "p", tiny_model, ARMS)
    write_rows(folder / "train.jsonl", rows(400))

    def end_of_heat(race, one):
        """No time for all rows, until it has learnt from them all the same."""
        known = race.bench.state(one.strategy, race.val.hash) == "cached"
        return time.monotonic() + 600 * (known or not one.heats)

    monkeypatch.setattr(Race, "_end_of_heat", end_of_heat)
    monkeypatch.setattr(learning_on, "WORTH", 1.0)
    heard = []
    report = assay.run(folder, tell=heard.append)
    found = {one["name"]: one["status"] for one in report.data["strategies"]}
    whole, part = (name for name in found if name.startswith("lora"))
    assert part == f"{whole}-max-rows119"  # it had a score before
    assert found[whole] == "done" and report.verdict["state"] != "so far"
    stages = [one for one in heard if one["event"] == "stage" and one["state"] == "start"]
    names = [one["name"] for one in stages]
    assert names.index(part) < names.index(f"race, {whole}, going on") < names.index(whole)


@pytest.mark.slow
def test_what_is_still_too_long_begins_there_the_next_time(tmp_path, tiny_model, monkeypatch):
    folder = build(tmp_path / "p", tiny_model, ARMS)
    write_rows(folder / "train.jsonl", rows(400))
    monkeypatch.setattr(
        Race, "_end_of_heat", lambda _, one: time.monotonic() + 600 * (not one.heats)
    )
    monkeypatch.setattr(learning_on, "WORTH", 1.0)
    run = learning_on._train
    cut = []

    def short(bench, one, val, until):
        cut.append(one.name)
        run(bench, one, val, time.monotonic() + 0.3)

    monkeypatch.setattr(learning_on, "_train", short)
    report = assay.run(folder)
    (late,) = [arm for arm in report.arms if arm.name in cut]
    assert late.status == "stopped" and "the same command goes on from there." in late.note
