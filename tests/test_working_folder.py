"""A file beside the data never runs: not one that is named as a module of Python or of a library,
in the working folder of any command or of the processes that it starts."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from assay.core.store import read_json
from helpers.small_projects import write_project
from helpers.toy import build

# Named as the modules of libraries that are imported late, in the processes that compute.
OTHERS = (
    *("numpy", "scipy", "sklearn", "torch", "transformers", "tokenizers", "safetensors", "peft"),
    *("joblib", "pyarrow", "yaml", "ruamel", "pydantic", "typer", "rich", "fastapi", "uvicorn"),
    *("starlette", "jinja2", "optuna", "regex", "requests", "httpx", "huggingface_hub", "ray"),
    *("config", "data", "models", "tasks", "worker", "usercustomize"),
)
LORA = "compare: [{kind: lora, name: lora, processes: 2, epochs: 1, rank: 4, batch_size: 4}]\n"
QUIETLY = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning"
)


def before_assay() -> set[str]:
    """What `python -m` itself imports, from the working folder, before it runs anything."""
    script = "import runpy, sys, __future__; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


def trap(folder: Path, spared: set[str] = frozenset()) -> Path:
    """Fill the folder with modules that write a mark; the file of the marks."""
    folder.mkdir(parents=True, exist_ok=True)
    marks = folder / "ran.txt"
    for name in {*sys.stdlib_module_names, *OTHERS} - spared - {"antigravity", "this"}:
        text = f"open({str(marks)!r}, 'a').write(__name__ + '\\n')\n"
        (folder / f"{name}.py").write_text(text)
    return marks


def ran(marks: Path) -> str:
    return marks.read_text() if marks.exists() else ""


def by_script(*arguments: str) -> list[str]:
    """The command as the script that pip writes starts it: its own folder is imported from."""
    script = "import sys; from assay.cli.main import main; main()"
    return [sys.executable, "-P", "-c", script, *arguments]


def metrics(project: Path) -> dict[str, object]:
    strategies = read_json(project / "report" / "report.json")["strategies"]
    return {one["name"]: one["metrics"] for one in strategies}


def call(command: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    variables = {"ASSAY_FORK_SERVERS": "", **variables}
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True
    )


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["", pytest.param("cold", marks=pytest.mark.nightly)])
def test_a_run_imports_nothing_from_its_working_folder(tmp_path, workers):
    arms = "compare: [{kind: majority}, {kind: tfidf, c: [0.1, 10]}]\nsearch: {trials: 2}\n"
    steps = "prepare: [{kind: length, min_chars: 3}]\n"
    project = write_project(tmp_path / "there", steps, arms)
    file = project / "project.yaml"
    file.write_text(file.read_text().replace("columns:", "processes: 2, columns:"))
    marks = trap(tmp_path / "here", before_assay())
    command = [sys.executable, "-m", "assay", "run", str(project)]
    done = call(command, tmp_path / "here", ASSAY_WORKERS=workers)
    assert (done.returncode, ran(marks)) == (0, ""), done.stderr
    first = metrics(project)
    shutil.rmtree(project / "work")
    marks = trap(project)
    done = call([*by_script(), "run"], project, ASSAY_WORKERS=workers)
    assert (done.returncode, ran(marks)) == (0, ""), done.stderr
    assert metrics(project) == first


@pytest.mark.nightly
def test_networks_torchrun_and_the_server_import_nothing_from_it(tmp_path, tiny_model):
    project = build(tmp_path / "toy", tiny_model, LORA)
    marks = trap(project)
    done = call([*by_script(), "run"], project)
    assert (done.returncode, ran(marks)) == (0, ""), done.stderr
    serve = [*by_script(), "serve", ".", "--with", "lora", "--port", "0", "--json"]
    with subprocess.Popen(serve, cwd=project, stdout=subprocess.PIPE, text=True) as server:
        try:
            said = server.stdout.readline()
            assert said.startswith('{"'), said + server.stdout.read()
            address = json.loads(said)["address"]
            assert urllib.request.urlopen(f"{address}/v1/models", timeout=300).status == 200
        finally:
            server.terminate()
    (request,) = [f for f in project.glob("work/answers/*/request.json") if "lora" in f.read_text()]
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [sys.executable, *torchrun, "-m", "assay.worker", str(request.parent)]
    shutil.rmtree(project / "work" / "fit")
    done = call(command, project, PYTHONSAFEPATH="1", GLOO_SOCKET_IFNAME="lo")
    assert (done.returncode, ran(marks)) == (0, ""), done.stderr


@pytest.mark.nightly
@QUIETLY
def test_ray_imports_nothing_from_it(tmp_path):
    pytest.importorskip("ray", reason="needs the extra ray: pip install 'assay[ray]'")
    project = write_project(tmp_path / "there", "", "compare: [{kind: majority}, {kind: tfidf}]\n")
    marks = trap(tmp_path / "here")
    done = call([*by_script(), "run", "--on", "ray", str(project)], tmp_path / "here")
    assert (done.returncode, ran(marks)) == (0, ""), done.stderr


def test_the_page_starts_runs_that_import_nothing_from_it(tmp_path, monkeypatch):
    pytest.importorskip("starlette")
    from assay.web import run_pages

    marks = trap(tmp_path, before_assay())
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "out" / "said"
    run_pages.start_process([sys.executable, "-m", "assay.cli", "--version"], out)
    while not out.read_text():
        time.sleep(0.05)
    assert "assay 0." in out.read_text() and ran(marks) == ""
