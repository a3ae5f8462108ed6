"""A run is killed at moments drawn over the whole of it, while rewards, remedies against
forgetting, searches and several tasks at once are trained: it ends in the same report."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import assay
from helpers.toy import build, comparable, rows, write_rows
from helpers.workers import none_left
from test_rewards_run import project as colours

pytestmark = [pytest.mark.nightly, pytest.mark.apart]

COMMAND = [sys.executable, "-m", "assay.cli", "run", "--plain"]
KILLS = 15
LORA = "{kind: lora, rank: 2, epochs: 2, batch_size: 6, val_rows: 6, max_length: 24}"
REWARDS = f"""
compare:
  - {{kind: majority}}
  - {{kind: grpo, inner: {LORA}, reward: exact, rounds: 3, prompts: 4, samples: 4, batch_size: 4}}
"""
RETENTION = f"""
race: false
compare:
  - {{kind: existing, project: ../old, strategy: lora, name: old}}
  - {LORA[:-1]}, name: on-ewc, after: {{project: ../old, strategy: lora}}, retain: ewc}}
  - {LORA[:-1]}, name: on-replay, after: {{project: ../old, strategy: lora}}, retain: rehearsal}}
"""
SEARCH = f"""
race: false
search: {{trials: 4, pruner: none}}
compare:
  - {{kind: majority}}
  - {LORA[:-1].replace("rank: 2", "rank: [2, 4]")}, name: searched, dropout: [0.0, 0.1]}}
"""
TOGETHER = f"""
race: false
compare:
  - {LORA[:-1]}, name: alone}}
  - {LORA[:-1]}, name: all, together: [{{project: ../old, strategy: lora}}]}}
"""
PROJECTS = {"grpo": REWARDS, "ewc": RETENTION, "search": SEARCH, "together": TOGETHER}


def older(folder: Path, model: Path) -> Path:
    """A finished project of other rows, for those that learn after it or with it."""
    folder = build(
        folder,
        model,
        f"race: false\ncompare:\n  - {{kind: majority}}\n  - {LORA[:-1]}, name: lora}}\n",
    )
    write_rows(folder / "train.jsonl", rows(48, 5000))
    assay.run(folder)
    return folder


def project(place: Path, what: str, model: Path, old: Path | None) -> Path:
    place.mkdir()
    if old is not None:
        shutil.copytree(old, place / "old")
    make = colours if what == "grpo" else build  # rewards are for written answers
    return make(place / "new", model, PROJECTS[what])


def started(folder: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [*COMMAND, str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def without_seconds(report: dict) -> dict:
    """What must be the same: scores, warnings, other tasks; of a search's trials all but how long
    they took. Between equal scores the verdict follows the time that each took."""
    report = comparable(report)
    for key in ("verdict", "certainty"):
        report.pop(key)
    for strategy in report["strategies"]:
        for trial in (strategy.get("search") or {}).get("trials", ()):
            trial.pop("seconds")
    return report


def read(folder: Path) -> tuple[dict, dict[str, bytes]]:
    """The report, and the answers of each strategy."""
    answers = (folder / "report" / "predictions").iterdir()
    report = json.loads((folder / "report" / "report.json").read_text())
    return without_seconds(report), {path.name: path.read_bytes() for path in answers}


@pytest.mark.parametrize("what", PROJECTS)
def test_kills_over_the_whole_of_a_run_end_in_the_same_report(tmp_path, tiny_model, what):
    old = None
    if what in ("ewc", "together"):
        (tmp_path / "first").mkdir()
        old = older(tmp_path / "first" / "old", tiny_model)
    whole = project(tmp_path / "whole", what, tiny_model, old)
    begun = time.monotonic()
    with started(whole) as process:
        _, said = process.communicate(timeout=600)
    length = time.monotonic() - begun
    assert process.returncode == 0, said
    expected = read(whole)

    folder = project(tmp_path / "killed", what, tiny_model, old)
    draw, kills = random.Random(f"{what} {os.environ.get('ASSAY_KILL_SEED', 1)}"), 0
    while kills < KILLS:
        with started(folder) as process:
            try:  # a moment of the whole: starts that find stages done are over sooner
                process.communicate(timeout=draw.uniform(0.1, length))
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
                kills += 1
            _, said = process.communicate()
        assert process.returncode in (0, -signal.SIGKILL), said
        assert none_left(folder), "a worker outlived its parent"
        if process.returncode == 0:
            assert read(folder) == expected, f"after {kills} kills"
            shutil.rmtree(folder / "work")
            shutil.rmtree(folder / "report")
    with started(folder) as process:
        _, said = process.communicate(timeout=600)
    assert process.returncode == 0, said
    assert read(folder) == expected
    assert not [*(folder / "work").rglob("*.part")]
