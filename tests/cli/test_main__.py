"""`python -m assay.cli` is the command `assay`."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import assay.cli.main


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_error():
    source = str(Path(assay.cli.main.__file__).parents[2])
    line = f"{sys.executable} -m assay.cli list strategies --json | true"
    done = subprocess.run(
        ["bash", "-c", line],
        env={**os.environ, "PYTHONPATH": source},
        capture_output=True,
        check=False,
    )
    assert done.stderr == b""


def test_it_ends_with_the_commands_exit_code(monkeypatch, capsys):
    for words, code in ((["--version"], 0), (["rnu"], 2)):
        monkeypatch.setattr(sys, "argv", ["assay", *words])
        with pytest.raises(SystemExit) as ended:
            runpy.run_module("assay.cli", run_name="__main__")
        assert ended.value.code == code
    assert capsys.readouterr().out.startswith("assay ")
