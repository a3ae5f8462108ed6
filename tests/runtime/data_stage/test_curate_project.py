"""What curation reads, does and writes, each part by itself."""

from dataclasses import replace

from assay.config import load
from assay.core.corrupt_files import silent
from assay.core.store import append, read_json, read_lines, write_lines, write_text
from assay.data.annotation.decisions import Decision
from assay.data.annotation.votes import mark
from assay.runtime.data_stage.curate_project import curate_rows, read_raw, write_rows
from assay.runtime.data_stage.model_service import Lender
from assay.runtime.data_stage.prepare import prepare
from assay.runtime.data_stage.redaction import Veil
from assay.runtime.data_stage.summary import train_hash
from helpers.small_projects import load_project


def parts(folder, more=""):
    project = load_project(folder, more)
    return project, Veil(project, b"")


def test_rows_are_read_by_the_split_of_their_file(tmp_path):
    project, veil = parts(tmp_path / "p", "documents: pages\n")
    (tmp_path / "p" / "pages").mkdir()
    (tmp_path / "p" / "pages" / "a.md").write_text("A page about lending.")
    raw = read_raw(project, project.files, veil)
    assert {name: len(rows) for name, rows in raw.came.items()} == {
        "train": 30,
        "val": 0,
        "test": 12,
    }
    assert raw.left_out == [] and len(raw.everything) == 42 and raw.before == []
    assert [document.text for document in raw.documents] == ["A page about lending."]


def test_what_people_decided_stands_in_the_ledger_before_all_else(tmp_path):
    project, veil = parts(tmp_path / "p")
    first = read_raw(project, project.files, veil).everything[0]
    decision = Decision(first.id, mark(first), "anna", "drop", "spam")
    append(project.folder / "decisions.jsonl", decision.to_json())
    raw = read_raw(project, project.files, veil)
    assert len(raw.came["train"]) == 29 and len(raw.everything) == 42
    (line,) = raw.before
    assert (line["id"], line["action"], line["reason"]) == (first.id, "dropped", "by anna: spam")


def test_all_files_are_written_to_their_folders(tmp_path):
    project, veil = parts(tmp_path / "p", "split: {leaks: repair}\n")
    shared, held = tmp_path / "shared", tmp_path / "held"
    shared.mkdir()
    held.mkdir()
    raw = read_raw(project, project.files, veil)
    with Lender({}, project.work, silent) as lender:
        curated = curate_rows(project, raw, held, veil, lender, silent)
    ledger = write_rows(project, raw, curated, (shared, held), veil)
    assert {path.name for path in shared.iterdir()} == {
        "train.jsonl",
        "val.jsonl",
        "documents.jsonl",
    }
    names = {"test.jsonl", "ledger.jsonl", "audit.json", "clusters.json", "splits.csv"}
    assert names <= {path.name for path in held.iterdir()}
    assert len(list(read_lines(held / "test.jsonl"))) == len(curated.test) == 12
    assert list(read_lines(held / "ledger.jsonl")) == list(ledger)
    assert set(read_json(held / "audit.json")) >= {"probes", "given_away", "paraphrases"}
    # A row of train that stands in test too is taken out, and kept for whoever asks what it cost.
    copied = replace(raw, came={**raw.came, "train": [*raw.came["train"], raw.came["test"][0]]})
    with Lender({}, project.work, silent) as lender:
        curated = curate_rows(project, copied, held, veil, lender, silent)
    write_rows(project, copied, curated, (shared, held), veil)
    assert len(list(read_lines(held / "leaked.jsonl"))) == 1


def test_answers_that_are_only_known_to_be_bad_stand_beside_train(tmp_path):
    folder = tmp_path / "p"
    folder.mkdir()
    colours = ("red", "green", "blue", "white", "black", "grey", "brown", "pink")
    rows = [
        {"prompt": f"Which colour is number {at}, {c}ish?", "completion": c, "label": at % 4 != 1}
        for at, c in enumerate(colours * 6)
    ]
    write_lines(folder / "train.jsonl", rows[:40])
    write_lines(folder / "test.jsonl", [row for row in rows[40:] if row["label"]])
    again = {**rows[40], "completion": "no idea", "label": False}  # a question of test
    write_lines(folder / "train.jsonl", [*rows[:40], again])
    write_text(
        folder / "project.yaml",
        "version: 2\ntask: {kind: answer}\nmodel: smollm2-135m\n"
        "data: {files: {train: train.jsonl, test: test.jsonl}}\nsplit: {leaks: repair, near: 1}\n"
        "compare: [{kind: majority}]\n",
    )
    project = load(folder / "project.yaml")
    prepared = prepare(project, silent)
    bad = list(read_lines(prepared.folder / "unwanted.jsonl"))
    assert len(bad) == prepared.note["unwanted"] == 10
    assert not any("target" in row for row in bad)
    assert "D253" in {one["code"] for one in prepared.note["warnings"]}
    assert prepared.hashes["train"] != train_hash(prepared.examples("train"), {})
