import os
import signal
import subprocess
import sys

import pytest

from assay.core.errors import DataError, ModelError, Problem, ResourceError
from assay.core.processes import (
    UNTIL_INPUT_ENDS,
    end_process,
    error_from_json,
    error_to_json,
    exit_error,
    how_ended,
    last_line,
    run_process,
)


class OfItsOwn(ModelError):
    """An error that the parent may not know."""


def test_an_error_comes_back_as_it_was_raised():
    problem = Problem("D001", "text", "place", "help", "excerpt")
    back = error_from_json(error_to_json(DataError(problem, problem)))
    assert type(back) is DataError and back.problems == (problem, problem)
    assert type(error_from_json(error_to_json(OfItsOwn(problem)))) is ModelError


def test_how_a_process_ended_is_said():
    assert how_ended(-9) == "was killed, probably for want of memory"
    assert how_ended(-15) == "was ended by signal 15"
    assert how_ended(3) == "ended with exit code 3"
    assert (last_line("a\nb \n\n"), last_line("")) == ("b", "no message")


def test_a_process_that_sent_no_error_is_told_by_its_log(tmp_path):
    log = tmp_path / "worker.log"
    log.write_text("first\nKeyError: 'a'\n")
    assert str(exit_error("it", 1, log, "")) == "it ended with exit code 1: KeyError: 'a'"
    killed = exit_error("it", -signal.SIGKILL, log, "close others")
    assert isinstance(killed, ResourceError) and killed.problems[0].help == "close others"


def test_a_module_is_run_and_what_it_says_is_given(tmp_path, monkeypatch):
    (tmp_path / "told.py").write_text(
        "import os, sys\n"
        "def main(place):\n"
        "    print(place, os.environ['A'], os.getppid(), file=sys.stderr)\n"
        "    return 3\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    code, said = run_process("told", tmp_path, A="b")
    assert (code, last_line(said)) == (3, f"{tmp_path} b {os.getpid()}")


def test_a_process_ends_with_all_that_it_began_and_leaves_its_objects_to_the_system(
    tmp_path, monkeypatch
):
    (tmp_path / "leaving.py").write_text(
        "import atexit, sys, threading, time\n"
        "class Said:\n"
        "    def __del__(self):\n"
        "        print('taken down', file=sys.stderr)\n"
        "said = Said()\n"
        "def late():\n"
        "    time.sleep(0.3)\n"
        "    print('thread', file=sys.stderr)\n"
        "def main(place):\n"
        "    atexit.register(print, 'handler', file=sys.stderr)\n"
        "    threading.Thread(target=late).start()\n"
        "    (place / 'said').open('w').close()\n"
        "    sys.stderr.write('unflushed, ')\n"
        "    if place.name == 'wrong':\n"
        "        raise KeyError(3)\n"
        "    return 0 if place.name == 'none' else 7\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    for name, wanted in (("none", 0), ("some", 7)):
        (tmp_path / name).mkdir()
        assert run_process("leaving", tmp_path / name) == (wanted, "unflushed, thread\nhandler\n")
    (tmp_path / "wrong").mkdir()
    code, said = run_process("leaving", tmp_path / "wrong")  # of an error all is told
    assert code == 1 and "KeyError: 3" in said and "handler" in said


def test_the_end_of_its_input_ends_a_program():
    sleeping = [sys.executable, "-c", "import time; time.sleep(60)"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    waited = subprocess.Popen([sys.executable, "-c", UNTIL_INPUT_ENDS, *sleeping], **pipes)
    end_process(waited, 30.0)
    killed = subprocess.Popen(sleeping, **pipes)
    end_process(killed)
    assert (waited.returncode, killed.returncode) == (-15 % 256, -signal.SIGKILL)


OTHER = """
import os, signal, subprocess, sys
from assay.core.processes import other_process_group
own = os.getpgrp()
signal.signal(signal.SIGTERM, signal.SIG_IGN)
with other_process_group():
    command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    child = subprocess.Popen(command, stdin=subprocess.PIPE)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(os.getpgrp() == own, os.getpgid(child.pid) == own)
os.killpg(own, signal.SIGTERM)  # as a terminal does with Ctrl-C
print(child.poll())
child.communicate()
print(child.returncode)
"""


@pytest.mark.parametrize("leads", [True, False], ids=["leads its group", "in another one's"])
def test_what_starts_in_another_group_is_not_signalled_with_this_one(leads):
    # Its own session at least: the signal is for the group of this program alone.
    shell = f"{sys.executable} -c '{OTHER}' && true"
    command = [sys.executable, "-c", OTHER] if leads else ["sh", "-c", f"trap : TERM; {shell}"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        process_group=0,
        stdin=subprocess.DEVNULL,
    )
    assert done.stdout.split() == ["True", "False", "None", "0"]


def test_a_leader_of_a_session_keeps_its_group():
    script = "from assay.core.processes import other_process_group as other\nimport os\n"
    script += "with other():\n    print(os.getpgrp() == os.getpid() == os.getsid(0))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        start_new_session=True,
    )
    assert done.stdout.split() == ["True"]
