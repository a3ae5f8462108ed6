"""Folders that cannot be written, clocks that jump and files from another time: never another
result, and a message where there is none."""

import ctypes
import os
import random
import shutil
from pathlib import Path

import pytest

from helpers.toy import build
from test_damaged import QUICK, run_with, scores

pytestmark = [pytest.mark.slow, pytest.mark.apart]
JUMPING = Path(__file__).parent / "jumping"
CAPBSET_DROP = 24  # of prctl
RIGHTS = (1, 2, 3)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
SOME_AND_MORE = [0, *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(1, 10))]


def bound_by_permissions() -> None:
    """In a child before it starts: root, too, is held by the permissions of files."""
    for right in RIGHTS:
        ctypes.CDLL(None).prctl(CAPBSET_DROP, right, 0, 0, 0)


def run(folder: Path, **variables: str) -> tuple[int, str]:
    """Exit code and messages of a run that permissions bind, with a clock that may jump."""
    return run_with(JUMPING, folder, variables, bound_by_permissions)


def folders(project: Path) -> list[Path]:
    return sorted(path for path in [project, *project.rglob("*")] if path.is_dir())


def lost(project: Path, draw: random.Random) -> None:
    """Delete one of the folders of `work/` or the report, so that a run has something to write."""
    places = [path for path in folders(project) if path != project]
    shutil.rmtree(draw.choice(places))


@pytest.mark.parametrize("seed", SOME_AND_MORE)
def test_a_folder_that_cannot_be_written_is_said_and_changes_no_result(tmp_path, tiny_model, seed):
    project = build(tmp_path / "p", tiny_model, QUICK)
    assert run(project)[0] == 0
    right, draw = scores(project), random.Random(seed)
    for _ in range(4):
        lost(project, draw)
        place = draw.choice(folders(project))
        below = folders(place) if draw.random() < 0.5 else [place]
        for path in below:
            path.chmod(0o555)
        code, said = run(project)
        for path in below:
            path.chmod(0o755)
        assert code in (0, 2, 3, 4, 5), (place, code, said)
        assert code == 0 or "denied" in said, (place, said)
        assert "Traceback" not in said, (place, said)
        code, said = run(project)
        assert code == 0, (place, said)
        assert scores(project) == right, place


@pytest.mark.parametrize("seed", SOME_AND_MORE)
def test_a_clock_that_jumps_changes_no_result(tmp_path, tiny_model, seed):
    project = build(tmp_path / "p", tiny_model, QUICK)
    assert run(project)[0] == 0
    right, draw = scores(project), random.Random(seed)
    for number in range(4):
        lost(project, draw)
        for file in project.rglob("*"):
            when = file.stat().st_mtime + draw.uniform(-1e8, 1e8)
            os.utime(file, (when, when))
        code, said = run(project, JUMPING=f"{seed}.{number}")
        assert code == 0, said
        assert scores(project) == right, number
