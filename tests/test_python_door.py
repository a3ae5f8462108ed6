"""assay from Python: what `import assay` brings, an arm without a name, the strategies of a report,
a notebook."""

import importlib.resources
import json
import subprocess
import sys

import pytest

import assay
from helpers.problems import problem
from helpers.toy import build

FLOORS = "compare:\n  - {kind: majority}\n  - {kind: tfidf}\n"
TEXTS = ["the bill and the fee", "borrow a book", "book the room"]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The folder of a project with two floors, after a run."""
    folder = build(tmp_path_factory.mktemp("door") / "tickets", "smollm2-135m", FLOORS)
    assay.run(folder)
    return folder


# --- what is in the package -----------------------------------------------------------------------


def test_only_what_is_meant_for_others_is_listed():
    assert dir(assay) == sorted(assay.__all__)
    assert {"run", "load", "Classifier", "AssayError", "errors", "__version__"} <= set(dir(assay))
    assert assay.DataError is assay.core.errors.DataError
    assert importlib.resources.files(assay).joinpath("py.typed").is_file()
    with pytest.raises(AttributeError):
        _ = assay.nothing_of_the_kind


@pytest.mark.slow
def test_import_is_light_and_every_name_is_there():
    code = (
        "import sys, assay;"
        "print([m for m in ('torch', 'sklearn', 'pandas', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert all(getattr(assay, name) for name in dir(assay))


def test_arguments_come_in_one_order():
    """What is asked, the project, the arm: `project` stands before `arm`, and both before `out` and
    `to`."""
    import inspect

    order = ["question", "file", "log", "project", "arm", "to", "out"]
    for name in (
        "ask",
        "answer",
        "load",
        "export",
        "watch",
        "serve",
        "report",
        "review",
        "annotation",
    ):
        given = [
            one
            for one in inspect.signature(getattr(assay, name)).parameters.values()
            if one.kind.value == 1
        ]
        names = [one.name for one in given]
        assert names in (
            [one for one in order if one in names],
            ["file", "project", "arm", "out"],
        ), name
        assert "project" in names


# --- a project ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_without_a_name_the_recommended_arm_answers(ran, tmp_path):
    best = assay.report(ran).verdict["recommended"]
    assert [one.text for one in assay.load(ran).answer(TEXTS)] == assay.load(ran, best).predict(
        TEXTS
    )
    (tmp_path / "new.jsonl").write_text(
        "".join(json.dumps({"text": text}) + "\n" for text in TEXTS)
    )
    told = assay.answer(tmp_path / "new.jsonl", ran)
    assert told["rows"] == 3 and (tmp_path / "new.answers.jsonl").is_file()


@pytest.mark.slow
def test_a_report_has_its_strategies(ran):
    report = assay.report(ran)
    assert list(report.strategies) == ["majority", "tfidf"]
    assert report.strategies["tfidf"]["metrics"]["accuracy"]["value"] > 0.9
    answers = report.predictions("tfidf")
    assert len(answers) == 30 and {"id", "question", "target", "answer"} <= set(answers[0])
    with problem(assay.UsageError, "C083", None, "tfidf"):
        report.predictions("nobody")
