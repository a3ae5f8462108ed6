"""What a process imports from: `tests/test_working_folder.py` has the commands."""

import os
import sys
from pathlib import Path

import pytest

import assay
from assay.core.module_path import away, import_settings
from assay.core.processes import run_process


def test_ray_is_started_away_from_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = dict(os.environ)
    with pytest.raises(KeyError), away():
        assert Path.cwd() != tmp_path and not [*Path.cwd().glob("statistics.*")]
        assert os.environ["PYTHONSAFEPATH"] == "1"
        raise KeyError
    assert (Path.cwd(), dict(os.environ)) == (tmp_path, before)


def test_a_process_imports_nothing_from_the_working_folder(tmp_path, monkeypatch):
    here, marks = tmp_path / "here", tmp_path / "ran"
    here.mkdir()
    (here / "statistics.py").write_text(f"open({str(marks)!r}, 'w')")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "tool.py").write_text(
        "import statistics, sys\ndef main(place):\n    print(*sys.path, sep='\\n', file=sys.stderr)"
    )
    monkeypatch.chdir(here)
    monkeypatch.setenv("PYTHONPATH", str(tools))
    monkeypatch.syspath_prepend(str(here))  # as `python -m` has it
    code, said = run_process("tool", tmp_path)
    assert (code, marks.exists()) == (0, False)
    assert str(tools) in said.splitlines() and str(here) not in said.splitlines()
    assert import_settings()["PYTHONSAFEPATH"] == "1"


def test_a_process_finds_assay_where_this_one_has_it_though_it_is_on_no_path(monkeypatch):
    home = str(Path(assay.__file__).parents[1])
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path != home])
    assert import_settings()["PYTHONPATH"].split(os.pathsep)[-1] == home
    sys.path.insert(0, home)  # once is enough
    assert import_settings()["PYTHONPATH"].split(os.pathsep).count(home) == 1
