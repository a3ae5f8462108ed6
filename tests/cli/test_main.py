"""The commands: help with an example, messages on stderr, results on stdout, exit codes that mean
something."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import assay.cli.main
from assay.cli.main import command
from assay.cli.outcome import CommandOutcome, problem_lines
from assay.cli.usage_errors import VERBS
from assay.core.errors import (
    DataError,
    LeakError,
    ModelError,
    Problem,
    ResourceError,
    Stopped,
    TrainError,
    UsageError,
)
from assay.core.plain_text import columns
from helpers.lines import named

FIXTURES = Path(__file__).parents[1] / "config" / "fixtures"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for name in (
        "OMP_WAIT_POLICY",
        "GOMP_SPINCOUNT",
        "HF_HUB_DISABLE_TELEMETRY",
        "TOKENIZERS_PARALLELISM",
    ):
        monkeypatch.setenv(name, os.environ.get(name, "x"))


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
        (["run", "--foo"], "C060 no such option: --foo\n   help: assay run --help\n"),
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


def test_a_report_that_is_not_there(capsys, tmp_path):
    (tmp_path / "project.yaml").write_text("data: {files: {data: a.csv}}\n")
    for option in ([], ["--ledger"]):
        assert command(["report", *option]) == 2
        assert capsys.readouterr().err.startswith("C062 .: there is no ")


def test_the_ledger_is_counted_and_listed(capsys, tmp_path):
    (tmp_path / "project.yaml").write_text("data: {files: {data: a.csv}}\n")
    folder = tmp_path / "exam" / "rows" / "k1"
    folder.mkdir(parents=True)
    row = {
        "file": "a.csv",
        "line": 3,
        "id": "a-3",
        "step": "dedupe",
        "action": "dropped",
        "reason": "same text",
    }
    rows = [{**row, "kept": "a-1"}, {**row, "line": 4, "kept": ""}]
    (folder / "ledger.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    assert command(["report", "--ledger"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "      2 dropped by dedupe: same text",
        "a.csv:3  dropped by dedupe: same text (kept a-1)",
        "a.csv:4  dropped by dedupe: same text",
    ]
    assert command(["report", "--ledger", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == rows


@pytest.mark.parametrize("what", ["steps", "augmentations", "strategies", "metrics", "kinds"])
def test_lists(what, capsys):
    assert command(["list", what, "--json"]) == 0
    names = {
        "steps": "dedupe",
        "augmentations": "noise",
        "strategies": "lora",
        "metrics": "accuracy",
        "kinds": "classify",
    }
    assert names[what] in [next(iter(row.values())) for row in json.loads(capsys.readouterr().out)]
    assert command(["list", what]) == 0
    assert names[what] in capsys.readouterr().out


def test_explain(capsys):
    assert command(["explain", "C076"]) == 0
    assert capsys.readouterr().out.startswith("C076 There is no such kind\n\n")


def test_at_most_five_of_a_code():
    problems = [Problem("D030", f"row {i}", f"a.csv:{i}") for i in range(43)] + [
        Problem("D004", "is empty", "b.csv")
    ]
    lines = list(problem_lines(problems))
    assert lines == [
        *(f"D030 a.csv:{i}: row {i}" for i in range(5)),
        "D030 and 38 more: assay check --all",
        "D004 b.csv: is empty",
    ]
    assert len(list(problem_lines(problems, every=True))) == 44


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError(Problem("C071", "x")), 2),
        (DataError(Problem("D004", "x")), 3),
        (LeakError(Problem("D050", "x")), 1),
        (ResourceError(Problem("R002", "x")), 4),
        (ModelError(Problem("M086", "x")), 5),
        (TrainError(Problem("T001", "x")), 6),
        (Stopped(2), 130),
        (Stopped(15), 143),
        (KeyboardInterrupt(), 130),
    ],
)
def test_exit_codes(error, code, capsys):
    with CommandOutcome(["run", "my tickets"]) as outcome:
        raise error
    assert outcome.code == code
    err = capsys.readouterr().err
    if code >= 130:
        assert named(err, "assay run 'my tickets'")


def test_a_bug_leaves_a_file_and_one_line(capsys, tmp_path):
    (tmp_path / "work").mkdir()
    with CommandOutcome(["run"], tmp_path / "work") as outcome:
        raise RuntimeError("the shape is\n(3, 4) \x1b[2J")
    assert outcome.code == 70
    (path,) = (tmp_path / "work").glob("crash-*.txt")
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        f"This is a bug in assay (RuntimeError: the shape is (3, 4) \ufffd[2J). Details: {path}"
    ]
    text = path.read_text(encoding="utf-8")
    assert text.startswith("assay run\nPython 3.")
    assert "RuntimeError: the shape is" in text


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


def test_data_is_printed_without_control_characters(capsys):
    with CommandOutcome([]):
        raise DataError(Problem("D030", "label '[/]\x1b[2J' is not one", "a.csv:3"))
    first, _ = capsys.readouterr().err.splitlines()
    assert first == "D030 a.csv:3: label '[/]\ufffd[2J' is not one"


def test_columns_are_aligned():
    rows = [["arm", "accuracy"], ["majority", "0.1"], ["lora", "0.745"]]
    assert columns(rows) == ["arm       accuracy", "majority       0.1", "lora         0.745"]
    assert columns([]) == []
