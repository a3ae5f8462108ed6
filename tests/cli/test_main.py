"""The commands: help with an example, messages on stderr, results on stdout, exit codes that mean
something."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assay.cli.main import command, exit_code
from assay.cli.usage_errors import VERBS
from assay.decision.finished_arm import Arm
from assay.decision.settings import ArmLimits
from assay.reporting.build import Report
from helpers.weighings import FAIR, FLOOR, GOOD, TASK, TWIN, arm, weighed

FIXTURES = Path(__file__).parents[1] / "config" / "fixtures"


def subprocess_of(code: str, **more) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, **more
    )


@pytest.mark.parametrize(
    "arguments", [(), *((verb,) for verb in VERBS)], ids=lambda a: a[0] if a else "assay"
)
def test_every_help_page_ends_with_an_example(arguments, capsys):
    assert command([*arguments, "--help"]) == 0
    last = capsys.readouterr().out.rstrip().splitlines()[-1].strip()
    assert last.startswith("Example: assay ")
    if arguments:
        assert last.startswith(f"Example: assay {arguments[0]} ")
    # The example is a command that is understood: parsing it must not fail, so ask for help on top
    # of it.
    assert command([*last.removeprefix("Example: assay ").split(), "--help"]) == 0


def test_nothing_at_all_shows_the_help(capsys):
    assert command([]) == 0
    assert "Commands:" in capsys.readouterr().out


def test_help_loads_no_heavy_library():
    code = (
        "import sys; from assay.cli.main import command;"
        " command(['run', '--help']);print([m for m in ('torch', 'transformers', 'sklearn',"
        " 'numpy', 'rich', 'ruamel.yaml', 'pyarrow', 'ftfy') if m in sys.modules], file=sys.stderr)"
    )
    assert subprocess_of(code).stderr.strip() == "[]"


def test_the_surroundings_are_set_unless_they_are_set(monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    monkeypatch.delenv("HF_HUB_DISABLE_TELEMETRY")
    command(["--help"])
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"
    assert os.environ["HF_HUB_DISABLE_TELEMETRY"] == "1"


def test_version(capsys):
    assert command(["--version"]) == 0
    assert capsys.readouterr().out.startswith("assay ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rnu"], "C060 no such command 'rnu'; did you mean 'run'?\n   help: assay run\n"),
        (["run", "--zzz"], "C060 no such option: --zzz\n   help: assay run --help\n"),
        (["run", "--minutes", "x"], "C060 invalid value for '--minutes': "),
        (["export", "tickets"], "C060 missing option '--to'\n   help: assay export --help\n"),
        (["run", "a", "b"], "C060 got unexpected extra argument"),
        (["explain", "X999"], "C061 there is no code 'X999'\n"),
    ],
)
def test_a_wrong_command_line_is_exit_2(arguments, message, capsys):
    assert command(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(message)
    assert "pydantic" not in err


def test_a_bad_project_file_has_a_header_and_is_exit_2(capsys):
    assert command(["check", str(FIXTURES / "many.yaml")]) == 2
    header, *problems = capsys.readouterr().err.splitlines()
    assert header.startswith("many.yaml ") and " 3 " in header
    assert [line.split()[:3] for line in problems[:3]] == [
        ["C076", "many.yaml:7", "prepare.0:"],
        ["C072", "many.yaml:12", "compare.1.inner.rank:"],
        ["C071", "many.yaml:13", "compare.1.topp:"],
    ]
    assert problems[3:] == ["   next: assay explain C076"]


def test_problems_as_json(capsys):
    assert command(["check", str(FIXTURES / "many.yaml"), "--json"]) == 2
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert err == ""
    assert told["exit"] == 2
    assert [problem["code"] for problem in told["problems"]] == ["C076", "C072", "C071"]


def test_a_file_or_a_folder_without_a_project_is_exit_3(capsys, tmp_path):
    (tmp_path / "empty").mkdir()
    assert command(["check", "empty"]) == 3
    assert capsys.readouterr().err.startswith("D002 empty: has no project.yaml; it is empty\n")
    assert command(["run", "tickets.csv"]) == 3
    assert capsys.readouterr().err.startswith("D001 tickets.csv: no such file\n")


def test_explain(capsys):
    assert command(["explain", "C076"]) == 0
    assert capsys.readouterr().out.startswith("C076 There is no such kind\n\n")


def ended(data, *arms):
    return exit_code(Report(data, TASK, arms))


@pytest.mark.slow
def test_a_run_ends_with_the_code_of_the_gate_or_the_arm_that_failed():
    assert ended(weighed(FLOOR, GOOD)) == 0
    assert ended(weighed(FLOOR, GOOD, TWIN)) == 0  # undecided is no failed gate
    assert ended(weighed(GOOD, FAIR, limits=ArmLimits(ms_per_answer=20))) == 1
    floor = arm("floor", range(30), 1.0, kind="tfidf", floor=True)
    assert (
        ended(weighed(floor, arm("worse", range(90), 0.01), limits=ArmLimits(ms_per_answer=500)))
        == 1
    )
    # Nothing beats the floor, and the floor is recommended: an answer, not a failure.
    assert ended(weighed(floor, arm("worse", range(90), 0.01))) == 0
    assert ended(weighed(FLOOR, GOOD), Arm("x", "lora", status="failed", note="T001 diverged")) == 6
    assert ended(weighed(FLOOR, GOOD), Arm("x", "lora", status="failed", note="R005 killed")) == 4
