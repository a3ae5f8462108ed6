"""`assay doctor`: what is said of a machine is true of it, and what is missing comes with a
command."""

import json
import os
import shutil
import sys

import pytest

from assay.cli.main import command
from assay.runtime.planning import machine_check as health
from assay.runtime.planning.machine_check import Health, examine, lacking
from assay.runtime.planning.machine_speed import MachineSpeed, products

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
    commands = {missing.command for missing in health._missing(one)} - {
        "apt-get install bubblewrap"
    }
    assert commands == {"assay doctor --fetch", "pip install 'assay[serve]'"}


def test_a_small_machine_is_told_so():
    machine = examine(probe=False, offline=True).machine | {
        "memory": GIB,
        "disk": GIB,
        "gpu": "none",
    }
    said = " ".join(health._notes(Health(machine, {}, {})))
    assert "1.0 GiB of memory" in said and "1.0 GiB free" in said


def test_extras_are_those_of_the_package():
    assert {"serve", "documents", "gguf"} <= set(lacking()) and "dev" not in lacking()
    assert set(health.FOR) == set(lacking())


def test_products_are_counted():
    found = products(seconds=0.01)
    assert found.gflops and found.gflops > 0.1 and found.training is None


def test_as_json(capsys):
    assert command(["doctor", "--no-probe", "--offline", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"machine", "extras", "models", "pace", "missing", "notes"}
    assert told["pace"] is None
    assert command(["doctor", "--no-probe", "--offline"]) == 0
    assert "cores" in capsys.readouterr().out


def test_a_pace_is_told_in_tokens():
    machine = examine(probe=False, offline=True).machine
    text = str(Health(machine, {}, {}, MachineSpeed("smollm2-135m", 401.4, 2000.0, 50.0)))
    assert "trains 401 tokens/s" in text and "reads 2,000, writes 50" in text


@pytest.mark.real
@pytest.mark.nightly
def test_the_small_base_is_measured(monkeypatch):
    from assay.runtime.planning.machine_speed import measure

    monkeypatch.delenv("ASSAY_CACHE")
    if not examine(probe=False, offline=True).models["smollm2-135m"]:
        pytest.skip("the small base is not on this machine")
    found = measure("smollm2-135m", seconds=3)
    assert found.training and found.reading and found.writing
    # a prompt is read in one pass, an answer is written token by token
    assert found.reading > found.writing > 0
