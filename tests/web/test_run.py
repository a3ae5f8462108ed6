"""`assay ui` as a process: its address opens it, and Ctrl-C ends it."""

import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from assay.core.store import write_text
from assay.web.run import projects_at

pytestmark = pytest.mark.slow


def test_a_folder_of_projects_is_all_of_them(tmp_path):
    for name in ("b", "a"):
        write_text(tmp_path / name / "project.yaml", "version: 2\n")
    (tmp_path / "c").mkdir()
    assert projects_at(tmp_path) == [tmp_path / "a", tmp_path / "b"]
    assert projects_at(tmp_path / "a") == [tmp_path / "a"]
    assert projects_at(tmp_path / "c") == []


def test_the_address_opens_it_and_ctrl_c_ends_it(sample_project):
    import json

    command = [sys.executable, "-m", "assay.cli", "ui", str(sample_project), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            address = json.loads(process.stdout.readline())["address"]
            opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
            assert "tickets" in opener.open(address, timeout=20).read().decode()
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(address.partition("?")[0], timeout=20)
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
