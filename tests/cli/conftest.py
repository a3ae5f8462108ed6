"""Every command line is typed in a folder of its own, and leaves the surroundings as they were."""

import os
import shutil
from pathlib import Path

import pytest

from helpers.sample_report import report
from helpers.small_projects import answer_here, bench_of_project, load_project, write_project

__all__ = ["report"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "OMP_WAIT_POLICY": "PASSIVE",
        "GOMP_SPINCOUNT": "10000",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }.items():
        monkeypatch.setenv(name, os.environ.get(name, value))


@pytest.fixture
def tickets() -> Path:
    """A project in this folder that has not run yet."""
    return write_project(Path("tickets"))


@pytest.fixture(scope="session")
def _fitted(tmp_path_factory) -> Path:
    bench, exam = bench_of_project(load_project(tmp_path_factory.mktemp("fitted") / "tickets"))
    for arm in bench.project.compare:
        answer_here(bench, arm, exam)
    return bench.project.folder


@pytest.fixture
def fitted(_fitted: Path) -> Path:
    """A project in this folder whose two baselines were fitted and asked; it has no report yet."""
    return Path(shutil.copytree(_fitted, "tickets"))
