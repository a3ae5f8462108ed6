"""assay from Python: a text, lists, frames; the strategies of a report; scikit-learn; what `import
assay` brings."""

import importlib.resources
import json
import subprocess
import sys

import numpy as np
import pytest

import assay
from assay.core.types import Answer
from assay.deployment import data_frames as frames
from helpers.problems import problem
from helpers.toy import build, rows

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
        "import sys, assay; heavy = [m for m in ('torch', 'sklearn', 'pandas',"
        " 'numpy') if m in sys.modules];[getattr(assay, name) for name in dir(assay)]; print(heavy)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


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


# --- a fitted arm ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_one_text_is_one_question(ran):
    arm = assay.load(ran, "tfidf")
    alone = arm.answer(TEXTS[0])
    assert isinstance(alone, Answer) and alone.text == "pay"
    assert [one.text for one in arm.answer(TEXTS)] == ["pay", "lend", "meet"]
    assert arm.answer(iter(TEXTS)) == arm.answer(tuple(TEXTS)) == arm.answer(np.array(TEXTS))
    assert arm.predict(TEXTS) == ["pay", "lend", "meet"]
    assert [one.arm for one in assay.ask(TEXTS[0], ran, "tfidf").replies] == ["tfidf"]


@pytest.mark.slow
def test_shares_are_those_of_the_confidence(ran):
    arm = assay.load(ran, "tfidf")
    found = arm.predict_proba(TEXTS)
    assert found.shape == (3, 3) and found.sum(axis=1) == pytest.approx(np.ones(3))
    assert found.max(axis=1) == pytest.approx(
        [one.confidence for one in arm.answer(TEXTS)], abs=1e-4
    )
    assert [arm.task.labels[i] for i in found.argmax(axis=1)] == arm.predict(TEXTS)
    with problem(assay.UsageError, "C211"):
        assay.load(ran, "majority").predict_proba(TEXTS)


@pytest.mark.slow
def test_a_frame_gives_a_frame(ran):
    pandas = pytest.importorskip("pandas")
    asked = pandas.DataFrame({"text": TEXTS, "extra": [1.5, None, 3]}, index=[7, 3, 9])
    arm = assay.load(ran, "tfidf")
    found = arm.answer(asked)
    assert list(found.index) == [7, 3, 9] and list(found.columns) == [
        "answer",
        "confidence",
        "note",
    ]
    assert list(found["answer"]) == ["pay", "lend", "meet"]
    assert list(found["confidence"]) == [one.confidence for one in arm.answer(TEXTS)]
    assert [one.text for one in arm.answer(asked["text"])] == ["pay", "lend", "meet"]


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


# --- texts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["one text", ["a", 3], ["a", None]])
def test_what_is_no_list_of_texts_is_refused(wrong):
    with problem(assay.UsageError, "C210"):
        frames.texts_of(wrong)


def test_shares_of_scores():
    answers = [Answer("a", scores=(np.log(3.0), 0.0)), Answer("b", scores=(0.0, 0.0))]
    assert frames.shares(answers, ["a", "b"]) == pytest.approx(np.array([[0.75, 0.25], [0.5, 0.5]]))
    assert frames.shares([], ["a", "b"]).shape == (0, 2)


# --- scikit-learn ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("neighbours", "knn"),
        ({"kind": "neighbours", "k": 3}, "knn"),
        ({"kind": "knn", "inner": {"kind": "shots", "k": 0}}, "knn_mix"),
    ],
)
def test_kinds_of_version_1_are_those_of_today(given, kind):
    from assay.deployment.estimator import _strategy

    before = repr(given)
    assert _strategy(given).kind == kind
    assert repr(given) == before  # what was given is not changed


def labelled(n: int) -> tuple[list[str], list[str]]:
    made = rows(n)
    return [row["text"] for row in made], [row["label"] for row in made]


@pytest.mark.slow
def test_it_learns_as_the_strategy_does(ran):
    texts, labels = labelled(66)
    fitted = assay.Classifier("tfidf").fit(texts, labels)
    assert list(fitted.classes_) == ["lend", "meet", "pay"]
    assert list(fitted.predict(TEXTS)) == ["pay", "lend", "meet"]
    assert fitted.predict_proba(TEXTS).argmax(axis=1).tolist() == [2, 0, 1]
    assert fitted.score(texts, labels) == 1.0


@pytest.mark.slow
def test_scikit_learn_takes_it_for_one_of_its_own(tmp_path):
    from sklearn.base import clone
    from sklearn.exceptions import NotFittedError
    from sklearn.model_selection import GridSearchCV, cross_val_score

    texts, labels = labelled(36)
    numbers = [sorted(set(labels)).index(label) for label in labels]
    one = assay.Classifier({"kind": "tfidf", "ngrams": 2}, folder=tmp_path)
    assert clone(one).get_params() == one.get_params()
    assert cross_val_score(one, texts, numbers, cv=2).mean() > 0.8
    grid = GridSearchCV(one, {"strategy": ["majority", "tfidf"]}, cv=2).fit(texts, numbers)
    assert grid.best_params_ == {"strategy": "tfidf"} and grid.predict(TEXTS).dtype.kind == "i"
    with pytest.raises(NotFittedError):
        assay.Classifier("tfidf").predict(TEXTS)


@pytest.mark.slow
def test_what_cannot_be_fitted_is_said():
    with problem(assay.UsageError, "C210"):
        assay.Classifier("majority").fit(["a", "b"], ["x"])
    with problem(assay.UsageError, "C076", "strategy"):
        assay.Classifier("lorra").fit(["a", "b"], ["x", "y"])
    with problem(assay.UsageError, "C071", "strategy.rnak"):
        assay.Classifier({"kind": "lora", "rnak": 3}).fit(["a", "b"], ["x", "y"])
    with problem(assay.UsageError, "C210"):
        assay.Classifier("majority").fit(["a", "b"], np.array([1, "1"], dtype=object))
