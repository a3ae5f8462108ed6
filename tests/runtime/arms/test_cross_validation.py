"""Rows that are trained on are tested by fits that have not learnt from them."""

import random
from dataclasses import replace

import pytest

import assay
from assay.config import load
from assay.core.corrupt_files import silent
from assay.core.errors import Stopped
from assay.evaluation.held_out_test import Exam
from assay.runtime.arms.cross_validation import fold_bench, run_by_fold
from assay.runtime.arms.measured import newest
from assay.runtime.arms.process import Servers
from assay.runtime.arms.runner import Bench, answers_in
from assay.runtime.data_stage.prepare import prepare
from helpers.toy import rows, write_rows

COUNT = 60


def by_chance(folder, folds="folds: 4", more=""):
    """A project whose labels say nothing of the texts: only who has seen a row knows its label."""
    folder.mkdir()
    made, draw = rows(COUNT), random.Random(0)
    write_rows(folder / "rows.jsonl", [row | {"label": draw.choice("xyz")} for row in made])
    (folder / "project.yaml").write_text(
        "version: 2\ntask: {kind: classify}\ndata: {files: {data: rows.jsonl}, columns: {text:"
        f" text, label: label}}}}\nsplit: {{{folds}}}\nmodel: nowhere\n{more}"
        "compare: [{kind: majority}, {kind: tfidf}]\n"
    )
    return folder


@pytest.fixture(scope="module")
def tested(tmp_path_factory):
    folder = by_chance(tmp_path_factory.mktemp("folds") / "p")
    return folder, assay.run(folder)


def accuracy_of(report, name):
    found = next(one for one in report.data["strategies"] if one["name"] == name)
    assert found["n"] == report.data["rows"]["test"]
    return found["metrics"]["accuracy"]["value"]


@pytest.mark.slow
def test_no_row_is_answered_by_who_has_learnt_from_it(tested):
    folder, report = tested
    assert (
        report.data["rows"] | {"train": 54, "val": 6, "test": 54, "folds": 4}
        == (report.data["rows"])
    )
    assert accuracy_of(report, "tfidf") < 0.6  # of three labels that are drawn
    kept = assay.load(folder, "tfidf")
    train = prepare(load(folder / "project.yaml"), silent).examples("train")
    learnt = [kept.answer(row.question).text == row.target for row in train]
    assert sum(learnt) > 0.7 * len(learnt)  # what is kept has learnt from all of them


@pytest.mark.slow
def test_each_answer_is_that_of_a_fit_of_the_other_folds(tested):
    folder, _ = tested
    project = load(folder / "project.yaml")
    prepared = prepare(project, silent)
    exam, strategy = Exam(prepared.examples("test")), project.arms["tfidf"]
    bench = Bench(project, prepared, {}, silent)
    given = dict(
        zip(
            [question.id for question in exam.questions_in_order],
            answers_in(bench, strategy, exam.hash),
            strict=True,
        )
    )
    for fold in range(4):
        one = fold_bench(bench, fold)
        left = one.prepared.examples("train")
        tested = [row for row in exam.questions if prepared.folds[row.id] == fold]
        assert len(left) + len(tested) == 54 and not {e.id for e in left} & {e.id for e in tested}
        with Servers() as servers:
            run_by_fold(replace(one, servers=servers), "own", strategy, tested, "own")
        own = answers_in(one, strategy, "own")
        assert [answer.text for answer in own] == [given[row.id].text for row in tested]


@pytest.mark.slow
def test_the_same_again_fits_nothing_and_the_report_says_how(tested):
    folder, report = tested
    before = {path.name for path in (folder / "work" / "fit").iterdir()}
    assert len(before) == 2 * 5
    again = assay.run(folder)
    assert {path.name for path in (folder / "work" / "fit").iterdir()} == before
    assert again.data["strategies"] == report.data["strategies"]
    page = (folder / "report" / "report.html").read_text(encoding="utf-8")
    assert "rows, each tested in one of" in page and "by a fit of the other folds" in page


@pytest.mark.slow
def test_a_run_that_is_stopped_between_folds_goes_on(tmp_path):
    project = load(by_chance(tmp_path / "p") / "project.yaml")
    prepared = prepare(project, silent)
    exam, strategy = Exam(prepared.examples("test")), project.arms["tfidf"]
    heard, shares = [], []

    def stop(answers, share):
        shares.append((len(answers), share))
        if len(shares) == 2:
            raise Stopped(15)

    with Servers() as servers:
        bench = Bench(project, prepared, {}, heard.append, servers, hear_fold=stop)
        asked = ("tfidf", strategy, exam.questions_in_order, exam.hash)
        with pytest.raises(Stopped):
            run_by_fold(bench, *asked)
        assert bench.state(strategy, exam.hash) == "to do"
        fitted = {path.name for path in (project.work / "fit").iterdir()}
        run_by_fold(replace(bench, hear_fold=None), *asked)
        assert bench.state(strategy, exam.hash) == "cached"
        with pytest.raises(Stopped):  # no time for a fit
            run_by_fold(
                replace(bench, hear_fold=None), "t", project.arms["majority"], *asked[2:], 0.0
            )
    assert [share for _, share in shares] == [1 / 5, 2 / 5]
    assert len(fitted) == 2 and len(list((project.work / "fit").iterdir())) == 5
    assert len(answers_in(bench, strategy, exam.hash)) == 54


def test_what_a_report_has_noted_is_no_fold_of_it(tested):
    folder, _ = tested
    project = load(folder / "project.yaml")
    bench = newest(project, "tfidf").bench([project.arms["tfidf"]], offline=True, tell=silent)
    keys = {fold_bench(bench, fold).fit_key(project.arms["tfidf"]) for fold in range(4)}
    assert len(keys) == 4 and bench.fit_key(project.arms["tfidf"]) not in keys


def test_rows_of_no_fold_are_asked_of_the_fit_of_all(tmp_path):
    project = load(by_chance(tmp_path / "p", more="seed: 1\n") / "project.yaml")
    prepared = prepare(project, silent)
    exam = Exam(prepared.examples("val"))  # val rows are in no fold
    strategy = project.arms["tfidf"]
    with Servers() as servers:
        bench = Bench(project, prepared, {}, silent, servers)
        run_by_fold(bench, "tfidf", strategy, exam.questions_in_order, exam.hash)
    assert len(list((project.work / "fit").iterdir())) == 1
