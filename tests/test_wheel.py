"""The package as people get it: one wheel, in an environment that has nothing else, and no extra of
it."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from helpers.toy import build, rows

ROOT = Path(__file__).parents[1]
FLOORS = "compare: [{kind: majority}, {kind: tfidf}, {kind: probe}]\n"


def run(*command: str | Path, within: Path) -> subprocess.CompletedProcess:
    # What the wheel lacks must not come from elsewhere; the package index is named by PIP_*.
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in ("PATH", "LANG") or name.startswith("PIP_")
    }
    environment = {**kept, "HOME": str(within), "PYTHONNOUSERSITE": "1"}
    done = subprocess.run(
        [*map(str, command)], cwd=within, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


def wheel_of(folder: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT],
        check=True,
        capture_output=True,
    )
    return next(folder.glob("assay-*.whl"))


@pytest.mark.slow
def test_the_wheel_has_every_file_of_the_package(tmp_path):
    listed = subprocess.run(
        ["git", "ls-files", "src", "docs"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    with zipfile.ZipFile(wheel_of(tmp_path)) as wheel:
        packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    there = [name for name in listed.split() if (ROOT / name).is_file()]
    assert "assay/py.typed" in packed  # type checkers read the annotations
    # `assay explain` finds words in the pages.
    assert packed == {
        f"assay/{name}" if name.startswith("docs/") else name.removeprefix("src/") for name in there
    }


@pytest.mark.nightly
def test_the_wheel_alone_helps_checks_and_runs_the_floors(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True)
    assay, python = tmp_path / "env/bin/assay", tmp_path / "env/bin/python"
    run(
        python,
        "-m",
        "pip",
        "install",
        "-q",
        "-c",
        ROOT / "constraints.txt",
        wheel_of(tmp_path),
        within=tmp_path,
    )
    folder = build(tmp_path / "project", tmp_path / "none", FLOORS)
    (folder / "own.csv").write_text(
        "text,label\n" + "".join(f"{row['text']},{row['label']}\n" for row in rows(66))
    )

    assert "check" in run(assay, "--help", within=folder).stdout
    checked = run(assay, "check", ".", within=folder).stdout
    assert "30 test" in checked
    run(assay, "check", "own.csv", within=folder)
    assert "Use " in run(assay, "run", ".", "--only", "majority,tfidf", within=folder).stdout
    report = json.loads((folder / "report/report.json").read_text())
    assert {one["name"] for one in report["strategies"]} == {"majority", "tfidf"}
    assert all(one["status"] == "done" for one in report["strategies"])
