"""Other rows, documents or labels for one more fit: only what changes has another hash, and the
test rows stay."""

from dataclasses import replace

import pytest

from assay.core.store import write_lines
from assay.core.types import Document
from assay.runtime.arms.data_variants import bench_with_data
from assay.runtime.data_stage.split_files import read_unwanted, write_folds, write_unwanted
from assay.runtime.data_stage.summary import train_hash
from helpers.small_projects import bench_of_project, load_project


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    arms = "compare: [{kind: majority}, {kind: tfidf}]"
    project = load_project(tmp_path_factory.mktemp("variants") / "project", arms=arms)
    return bench_of_project(project)[0]


def arms(bench):
    return bench.project.arms.values()


def test_arms_that_read_what_changes_are_fitted_again_and_others_are_not(bench):
    train = bench.prepared.examples("train")
    other = bench_with_data(bench, "half", train=train[::2])
    assert other.prepared.examples("train") == train[::2]
    assert other.prepared.examples("val") == bench.prepared.examples("val")
    before, after = bench.prepared.hashes, other.prepared.hashes
    assert {name for name in before if after[name] != before[name]} == {"train"}
    assert all(other.fit_key(arm) != bench.fit_key(arm) for arm in arms(bench))
    pages = bench_with_data(bench, "pages", documents=[Document("a", "a page")])
    assert [page.id for page in pages.prepared.documents()] == ["a"]
    assert all(pages.fit_key(arm) == bench.fit_key(arm) for arm in arms(bench))


def test_the_same_rows_are_the_same_stage(bench):
    train = bench.prepared.examples("train")
    first, again = (bench_with_data(bench, "some", train=train[:9]) for _ in range(2))
    assert first.prepared.folder == again.prepared.folder != bench.prepared.folder
    assert bench_with_data(bench, "other", train=train[:9]).prepared.folder != first.prepared.folder


def test_test_rows_stay_and_no_worker_is_handed_them(bench):
    other = bench_with_data(bench, "one", train=bench.prepared.examples("train")[:5])
    assert other.prepared.place("test") == bench.prepared.place("test")
    assert not (other.prepared.folder / "test.jsonl").exists()


def test_rows_that_quote_test_rows_lie_where_these_do(bench):
    train = bench.prepared.examples("train")
    leaked = [replace(row, id=f"copy-{row.id}") for row in bench.prepared.examples("test")[:3]]
    other = bench_with_data(bench, "leaks", train=[*train, *leaked], apart=True)
    assert other.prepared.folder.is_relative_to(bench.project.exam)


def test_labels_are_those_that_are_given(bench):
    assert bench_with_data(bench, "two", labels=["pay", "lend"]).prepared.task.labels == (
        "pay",
        "lend",
    )
    assert bench.prepared.task.labels == ("lend", "meet", "pay")


def test_of_fewer_rows_there_are_fewer_unwanted_answers(bench, tmp_path):
    train = bench.prepared.examples("train")
    bad = [replace(row, id=f"bad-{row.id}", target=None, rejected="no") for row in train[:8]]
    (folder := tmp_path / "own").mkdir()
    for name in ("train", "val"):
        write_lines(
            folder / f"{name}.jsonl", (row.to_json() for row in bench.prepared.examples(name))
        )
    write_lines(folder / "documents.jsonl", ())
    write_unwanted(folder, bad)
    own = replace(bench, prepared=replace(bench.prepared, folder=folder))
    some = train[: len(train) // 2]
    half = bench_with_data(own, "half", train=some)
    left = read_unwanted(half.prepared.folder)
    assert left == tuple(bad[:4])
    assert half.prepared.hashes["train"] == train_hash(some, {}, left)
    assert half.prepared.hashes["train"] != train_hash(some, {})


def test_folds_stay_unless_all_rows_are_learnt_from(bench, tmp_path):
    train = bench.prepared.examples("train")
    (folder := tmp_path / "own").mkdir()
    for name in ("train", "val"):
        write_lines(
            folder / f"{name}.jsonl", (row.to_json() for row in bench.prepared.examples(name))
        )
    write_lines(folder / "documents.jsonl", ())
    folds = {row.id: at % 3 for at, row in enumerate(train)}
    write_folds(folder, folds)
    own = replace(bench, prepared=replace(bench.prepared, folder=folder))
    assert bench_with_data(own, "folds", train=train).prepared.folds == folds
    assert bench_with_data(own, "whole", train=train, folds=False).prepared.folds == {}
