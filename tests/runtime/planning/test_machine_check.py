"""`assay doctor`: what is said of a machine is true of it, and what is missing comes with a
command."""

import os
import shutil
import sys

import pytest

from assay.runtime.planning import machine_check
from assay.runtime.planning.machine_check import Health, examine, lacking
from assay.runtime.planning.machine_speed import MachineSpeed

GIB = 1 << 30


@pytest.fixture(autouse=True)
def _nothing_is_cached(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))


def test_the_machine_is_this_one(tmp_path):
    found = examine(probe=False, offline=True)
    assert found.machine["cores"] == len(os.sched_getaffinity(0))
    assert 0 < found.machine["memory"] <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert abs(found.machine["disk"] - shutil.disk_usage(".").free) < GIB
    assert found.machine["python"] == sys.version.split()[0]
    assert found.machine["network"].startswith("not tried")
    assert found.machine["cache"] == str(tmp_path / "cache")
    assert found.pace is None
    assert str(found) == "\n".join(found.lines())


def test_what_is_missing_has_a_command():
    machine = examine(probe=False, offline=True).machine
    lines = Health(
        machine, {"serve": ["fastapi"], "onnx": []}, {"minilm-l6": "", "smollm2-135m": "/here"}
    ).to_json()
    assert lines["extras"] == {"serve": ["fastapi"], "onnx": []}
    one = Health(
        machine, {"serve": ["fastapi"], "onnx": []}, {"minilm-l6": "", "smollm2-135m": "/here"}
    )
    commands = {missing.command for missing in machine_check._missing(one)} - {
        "apt-get install bubblewrap"
    }
    assert commands == {"assay doctor --fetch", "pip install 'assay[serve]'"}


def test_a_small_machine_is_told_so():
    machine = examine(probe=False, offline=True).machine | {
        "memory": GIB,
        "disk": GIB,
        "gpu": "none",
    }
    said = " ".join(machine_check._notes(Health(machine, {}, {})))
    assert "1.0 GiB of memory" in said and "1.0 GiB free" in said


def test_extras_are_those_of_the_package():
    assert {"serve", "documents", "gguf"} <= set(lacking()) and "dev" not in lacking()
    assert set(machine_check.FOR) == set(lacking())


def test_a_pace_is_told_in_tokens():
    machine = examine(probe=False, offline=True).machine
    text = str(Health(machine, {}, {}, MachineSpeed("smollm2-135m", 401.4, 2000.0, 50.0)))
    assert "trains 401 tokens/s" in text and "reads 2,000, writes 50" in text
