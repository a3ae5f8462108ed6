"""Base models ranked on rows of a project: no test row is read, what fails is said, nothing is
asked twice."""

import json
from pathlib import Path

import pytest

import assay
from assay.cli.main import command
from assay.config import load
from assay.core.corrupt_files import silent
from assay.core.errors import DataError, UsageError
from assay.deployment.rank_models import rank, split_sample
from assay.models.loading.safetensors_header import tensors_of
from assay.runtime.data_stage.prepare import prepare
from helpers.problems import problem
from helpers.services import Service, serving
from helpers.toy import build, rows, write_rows
from test_remote_run import KEY, label_of


@pytest.fixture
def service():
    with serving(Service(answer=label_of)) as running:
        yield running


@pytest.fixture
def project(tmp_path, tiny_model, service, monkeypatch):
    monkeypatch.setenv("ASSAY_PLANTED_KEY", KEY)
    folder = build(tmp_path / "project", tiny_model, "compare: [{kind: majority}]\n")
    with (folder / "project.yaml").open("a") as file:
        file.write(
            f"remote: {{there: {{url: '{service.url}', model: m, key: ASSAY_PLANTED_KEY}}}}\n"
        )
    return folder


@pytest.mark.slow
def test_candidates_are_ranked_on_rows_that_are_not_test_rows(
    project, service, tiny_model, tmp_path
):
    (tmp_path / "no-model").mkdir()
    names = [str(tiny_model), "there", str(tmp_path / "no-model")]
    found = assay.rank_models(project, names, rows=20, shots=2)
    best, other, refused = found.rows
    assert (best["model"], best["value"], best["parameters"]) == ("there", 1.0, None)
    assert best["difference"] is None and best["low"] <= 1.0 <= best["high"]
    # A random model among three labels: far below, and the difference is paired over the same 20
    # rows.
    assert other["value"] < 0.8 and other["difference"] == pytest.approx(other["value"] - 1.0)
    assert other["difference_low"] <= other["difference"] <= other["difference_high"] <= 0
    weights = tensors_of(tiny_model / "model.safetensors").values()
    assert other["parameters"] == sum(_product(tensor.shape) for tensor in weights)
    assert (
        other["disk_bytes"] > (tiny_model / "model.safetensors").stat().st_size
        and other["peak_bytes"] > 1e7
    )
    assert refused["problem"].startswith("M086") and "value" not in refused
    assert found.n == 20 == len(service.asked)
    tests = {json.loads(line)["text"] for line in (project / "test.jsonl").read_text().splitlines()}
    said = {message["content"] for body in service.asked for message in body["messages"]}
    assert said and not said & tests
    assert not (project / "exam.jsonl").exists()
    text = "\n".join(found.lines())
    assert "there" in text and "M086" in text and "no test row was read" in text
    again = assay.rank_models(project, names[:2], rows=20, shots=2)
    assert [row["value"] for row in again.rows] == [best["value"], other["value"]] and len(
        service.asked
    ) == 20


def _product(shape) -> int:
    out = 1
    for side in shape:
        out *= side
    return out


@pytest.mark.slow
@pytest.mark.nightly
def test_the_command_prints_a_table_or_json(project, capsys):
    arguments = [
        "list",
        str(project),
        "models",
        "--model",
        "there",
        "--rows",
        "12",
        "--shots",
        "0",
        "-q",
    ]
    assert command(arguments) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("there")
    assert command([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"] == 12 and told["models"][0]["model"] == "there"


def test_rows_that_are_asked_are_not_shown(project):
    loaded = load(project / "project.yaml")
    held, others = split_sample(prepare(loaded, silent), 20, loaded.seed)
    assert len(held) == 20 and not {e.id for e in held} & {e.id for e in others}
    assert split_sample(prepare(loaded, silent), 20, loaded.seed)[0] == held
    assert len(held) + len(others) == 66


def test_val_rows_are_asked_first(tmp_path, tiny_model):
    folder = build(tmp_path / "project", tiny_model, "compare: [{kind: majority}]\n")
    write_rows(folder / "val.jsonl", rows(12, 500))
    path = folder / "project.yaml"
    path.write_text(
        path.read_text().replace("test: test.jsonl", "val: val.jsonl, test: test.jsonl")
    )
    loaded = load(path)
    prepared = prepare(loaded, silent)
    val = {example.id for example in prepared.examples("val")}
    assert {example.id for example in split_sample(prepared, 8, 0)[0]} < val
    assert val < {example.id for example in split_sample(prepared, 30, 0)[0]}


def test_what_cannot_be_ranked(project, tmp_path):
    loaded = load(project / "project.yaml")
    with problem(UsageError, "C060", "--model"):
        rank(loaded, ["there", "there"])
    with pytest.raises(DataError, match="D060 data: 66 rows of val and train are too few"):
        rank(loaded, ["there"], rows=9)
    assert command(["list", "steps", "--probe", str(project)]) == 2


def test_the_catalogue_is_listed(capsys):
    assert command(["list", "models"]) == 0
    assert "smollm2-135m" in capsys.readouterr().out
    assert Path("models").exists() is False
