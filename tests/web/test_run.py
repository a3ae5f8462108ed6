"""`assay ui` as a process: its address opens it, and Ctrl-C ends it."""

import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from urllib.parse import urlencode

import pytest

from assay.core.errors import UsageError
from assay.core.store import read_lines, write_text
from assay.web.run import projects_at, refuse_missing
from web.conftest import small_project

pytestmark = pytest.mark.slow


def test_a_folder_of_projects_is_all_of_them(tmp_path):
    for name in ("b", "a"):
        write_text(tmp_path / name / "project.yaml", "version: 2\n")
    (tmp_path / "c").mkdir()
    assert projects_at(tmp_path) == [tmp_path / "a", tmp_path / "b"]
    assert projects_at(tmp_path / "a") == [tmp_path / "a"]
    assert projects_at(tmp_path / "c") == []


def test_the_address_opens_it_and_ctrl_c_ends_it(sample_project):
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


def test_a_label_that_was_given_outlives_a_kill(tmp_path):
    """The server is killed between two labels: the first one stands, the next server goes on."""
    folder = small_project(tmp_path)
    command = [sys.executable, "-m", "assay.cli", "ui", str(folder), "--json"]
    for number in (1, 2):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                address = json.loads(process.stdout.readline())["address"]
                opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
                base = opener.open(address, timeout=20).url
                text = opener.open(f"{base}annotate?who=anna", timeout=20).read().decode()
                assert f"anna: {number - 1} labelled" in text
                form = text[text.index("annotate/vote") :]
                found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
                data = urlencode({**dict(found), "label": "red"}).encode()
                origin = {"Origin": address.partition("/?")[0]}
                request = urllib.request.Request(f"{base}annotate/vote", data, origin)
                assert opener.open(request, timeout=20).status == 200
            finally:
                process.kill()
    assert len(list(read_lines(folder / "annotations.jsonl"))) == 2


def test_what_is_not_installed_is_named_with_its_extra(monkeypatch):
    monkeypatch.setattr("assay.web.run.find_spec", lambda name: None if name == "jinja2" else name)
    with pytest.raises(UsageError, match=r"C152 the page needs jinja2"):
        refuse_missing()
