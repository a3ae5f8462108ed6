"""The whole round: rows without labels, sheets out, filled in, back, disputes settled, a project
that runs on them."""

import csv
import json

import pytest

import assay
from assay.cli.main import command
from assay.core.errors import DataError, UsageError
from assay.runtime.data_stage.annotation import Annotation
from helpers.lines import named
from helpers.problems import problem

LABELS = ("refund", "delivery", "login")
TEXTS = {
    "refund": "money back for order {}, please",
    "delivery": "the parcel {} is late",
    "login": "password {} does not work",
}
PROJECT = """
version: 2
task: {{kind: classify, labels: [refund, delivery, login]}}
data:
  files: {{data: rows.csv}}
  columns: {{text: text{label}}}
{more}
split: {{near: 1}}
compare: [{{kind: majority}}, {{kind: tfidf}}]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A project of 60 rows without labels; the text says what each is about."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "tickets"
    folder.mkdir()
    (folder / "project.yaml").write_text(PROJECT.format(label="", more=""))
    with (folder / "rows.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["text"])
        out.writerows([TEXTS[LABELS[i % 3]].format(i * i)] for i in range(60))
    return folder


def truth(text):
    return next(label for label, frame in TEXTS.items() if frame.split("{}")[0] in text)


def fill(path, label=truth, only=lambda at: True, who=None):
    with path.open(encoding="utf-8-sig", newline="") as file:
        mark = ";" if ";" in file.readline() else ","
        file.seek(0)
        lines = list(csv.DictReader(file, delimiter=mark))
    for at, line in enumerate(lines):
        line["label"] = label(line["text"]) if only(at) else ""
        line["annotator"] = who or line["annotator"]
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, lines[0].keys(), delimiter=";")
        out.writeheader()
        out.writerows(lines)
    return lines


@pytest.mark.slow
def test_the_whole_round(folder, tmp_path, capsys):
    assert (
        command(
            [
                "annotate",
                "tickets",
                "--out",
                "t.csv",
                "--annotators",
                "anna,ben",
                "--overlap",
                "0.5",
            ]
        )
        == 0
    )
    told = capsys.readouterr().out
    assert "t.anna.csv  45 rows" in told and "30 of them in every sheet" in told
    assert (tmp_path / "t.labels.txt").read_text().split() == list(LABELS)
    fill(tmp_path / "t.anna.csv")
    # ben takes every refund for a delivery.
    fill(tmp_path / "t.ben.csv", lambda text: truth(text).replace("refund", "delivery"))
    assert (
        command(["annotate", "tickets", "--in", "t.anna.csv", "--in", "t.ben.csv", "--json"]) == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert (told["new"], told["state"]["voted"]) == (90, 60)
    shared = [row for row in Annotation.of("tickets").agreement().pairs]
    disputed = told["state"]["disputed"]
    assert (
        shared[0].rows == 30
        and shared[0].percent.value == pytest.approx(1 - disputed / 30)
        and disputed > 0
    )
    assert told["state"]["agreement"]["confused"] == [["delivery", "refund", disputed]]

    assert command(["annotate", "tickets", "--adjudicate", "d.csv"]) == 0
    lines = fill(tmp_path / "d.csv", who="carl")
    assert len(lines) == disputed and {line["votes"] for line in lines} == {
        "anna: refund | ben: delivery"
    }
    capsys.readouterr()
    assert command(["annotate", "tickets", "--in", "d.csv"]) == 0
    told = capsys.readouterr().out
    assert "60 settled, 0 in dispute" in told and "data: {annotations: annotations.jsonl}" in told

    (folder / "project.yaml").write_text(
        PROJECT.format(label="", more="  annotations: annotations.jsonl")
    )
    report = assay.run("tickets")
    assert sum(report.data["rows"][name] for name in ("train", "val", "test")) == 60
    assert command(["report", "tickets", "--ledger"]) == 0
    told = capsys.readouterr().out
    assert named(told, "annotate", "refund", "carl")
    assert named(told, "annotate", "login", "2 of 2")


def test_partial_sheets_are_taken_and_the_rest_later(folder, tmp_path, capsys):
    work = Annotation.of("tickets")
    work.write("t.csv", annotators=("anna",))
    fill(tmp_path / "t.anna.csv", only=lambda at: at < 20)
    assert command(["annotate", "tickets", "--in", "t.anna.csv"]) == 0
    told = capsys.readouterr()
    assert named(told.err, "D090", "t.anna.csv", "40") and named(told.out, "20")
    fill(tmp_path / "t.anna.csv")
    taken = Annotation.of("tickets").take(["t.anna.csv"])
    assert (taken.new, taken.changed, taken.known) == (40, 0, 20)
    before = (folder / "annotations.jsonl").read_bytes()
    assert Annotation.of("tickets").take(["t.anna.csv"]).new == 0
    assert (folder / "annotations.jsonl").read_bytes() == before


def test_a_sheet_with_a_mistake_changes_nothing_unless_it_is_left_out(folder, tmp_path, capsys):
    work = Annotation.of("tickets")
    work.write("t.csv", rows=10)
    fill(tmp_path / "t.csv", lambda text: "refnd" if truth(text) == "refund" else truth(text))
    assert command(["annotate", "tickets", "--in", "t.csv"]) == 3
    told = capsys.readouterr().err
    assert "D030 t.csv:" in told and named(told, "'refund'")
    assert not (folder / "annotations.jsonl").exists()
    assert command(["annotate", "tickets", "--in", "t.csv", "--leave-out"]) == 0
    assert "left out: D030 t.csv:" in capsys.readouterr().err
    assert 0 < len((folder / "annotations.jsonl").read_text().splitlines()) < 10


def test_a_line_torn_by_a_kill_is_mended_by_the_next_sheet(folder, tmp_path):
    work = Annotation.of("tickets")
    work.write("t.csv", rows=6)
    fill(tmp_path / "t.csv")
    work.take(["t.csv"])
    whole = (folder / "annotations.jsonl").read_bytes()
    (folder / "annotations.jsonl").write_bytes(whole[:-20])
    taken = Annotation.of("tickets").take(["t.csv"])
    assert taken.new == 1 and (folder / "annotations.jsonl").read_bytes() == whole
    # A whole line that somebody's editor left without its end is no torn one.
    (folder / "annotations.jsonl").write_bytes(whole[:-1])
    assert (
        len(Annotation.of("tickets").votes) == 6
        and (folder / "annotations.jsonl").read_bytes() == whole
    )


def test_a_sheet_is_not_written_over(folder, tmp_path, capsys):
    assert command(["annotate", "tickets", "--out", "t.csv"]) == 0
    before = (tmp_path / "t.csv").read_bytes()
    assert command(["annotate", "tickets", "--out", "t.csv"]) == 3
    assert "D091 t.csv" in capsys.readouterr().err and (tmp_path / "t.csv").read_bytes() == before


def test_which_rows_a_sheet_has(folder, tmp_path):
    work = Annotation.of("tickets")
    assert len(work.rows_to_label()) == 60 and len(work.rows_to_label(rows=7)) == 7
    assert (
        work.rows_to_label(rows=7)
        == Annotation.of("tickets").rows_to_label(rows=7)
        != work.rows_to_label()[:7]
    )
    first = work.rows_to_label("next", 6)
    work.write("t.csv", rows=6, pick="next")
    assert [line["id"] for line in fill(tmp_path / "t.csv")] == [row.id for row in first]
    work.take(["t.csv"])
    again = work.rows_to_label("next", 54)
    assert len(again) == 54 and not {row.id for row in again} & {row.id for row in first}
    assert work.rows_to_label() == [row for row in work.rows if row.id not in {r.id for r in first}]


@pytest.mark.slow
def test_errors_of_labelled_data_come_first_in_the_sheet(folder, capsys):
    (folder / "project.yaml").write_text(PROJECT.format(label=", label: label", more=""))
    with (folder / "rows.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["text", "label"])
        for i in range(90):
            label = LABELS[i % 3]
            out.writerow(
                [TEXTS[label].format(i * i), LABELS[i % 3 - 1] if i in (10, 50) else label]
            )
    found = Annotation.of("tickets").rows_to_label("errors")
    assert {row.id for row in found} == {"rows-12", "rows-52"}  # the line of the file
    assert command(["annotate", "tickets", "--errors"]) == 0
    told = capsys.readouterr().out
    assert named(told, "2 of 90") and named(told, "rows.csv:12", "refund", "delivery")
    assert len(Annotation.of("tickets").rows_to_label(split="test")) == 9
    # The same rows by the step, as a line of `assay check`.
    text = PROJECT.format(label=", label: label", more="prepare: [{kind: label_errors}]")
    (folder / "project.yaml").write_text(text)
    assert command(["check", "tickets"]) == 0
    assert named(capsys.readouterr().out, "2", "label_errors")


def test_what_cannot_be_asked(folder, capsys):
    assert command(["annotate", "tickets", "--errors"]) == 3
    assert named(capsys.readouterr().err, "D090", "--errors", "0")
    assert command(["annotate", "tickets", "--out", "a.csv", "--in", "b.csv"]) == 2
    assert named(capsys.readouterr().err, "C060", "--out", "--in")
    with problem(UsageError, "C073", "--annotators"):
        Annotation.of("tickets").write("t.csv", annotators=("anna", "../ben"))
    with problem(UsageError, "C073", "--split"):
        Annotation.of("tickets").rows_to_label(split="tset")
    (folder / "project.yaml").write_text(
        PROJECT.format(label="", more="  annotations: votes.jsonl")
    )
    with problem(DataError, "D001", "votes.jsonl"):
        assay.check("tickets")


def test_a_label_that_was_taken_from_the_project_is_an_error_of_the_data(folder, tmp_path):
    work = Annotation.of("tickets")
    work.write("t.csv")
    fill(tmp_path / "t.csv")
    work.take(["t.csv"])
    text = PROJECT.format(label="", more="  annotations: annotations.jsonl").replace(
        ", login]", "]"
    )
    (folder / "project.yaml").write_text(text)
    with problem(DataError, "D030", None, "'login'", "2"):
        assay.check("tickets")


def test_the_same_votes_give_the_same_bytes(folder, tmp_path):
    work = Annotation.of("tickets")
    work.write("t.csv")
    fill(tmp_path / "t.csv")
    work.take(["t.csv"])
    (folder / "project.yaml").write_text(
        PROJECT.format(label="", more="  annotations: annotations.jsonl")
    )
    one = {p.name: p.read_bytes() for p in _curated(folder)}
    for path in _curated(folder):
        path.unlink()
    two = {p.name: p.read_bytes() for p in _curated(folder)}
    assert one == two


def _curated(folder):
    assay.check("tickets")
    places = (folder / "work" / "curate", folder / "exam" / "rows")
    return sorted(p for place in places for p in place.rglob("*.jsonl") if "damaged" not in str(p))
