"""Rows that people drop or keep: what a run makes of it, and what is refused."""

import pytest

from assay.cli.main import command
from assay.config import load
from assay.core.errors import DataError, UsageError
from assay.core.store import read_json, read_lines, to_json, write_lines, write_text
from assay.data.annotation.votes import Vote, mark
from assay.runtime.data_stage.annotation import Annotation
from assay.runtime.data_stage.prepare import prepare
from assay.runtime.data_stage.row_decisions import RowDecisions


@pytest.fixture
def folder(tmp_path):
    rows = []
    for number in range(60):
        text = f"words of row {'abcdefghij'[number % 10] * 9}{number} here"
        rows.append({"id": f"r{number}", "text": text, "label": "ab"[number % 2]})
    rows.append({"id": "copy", "text": rows[0]["text"], "label": "a"})
    write_lines(tmp_path / "rows.jsonl", rows)
    value = {"version": 2, "task": {"kind": "classify"}, "data": {"files": {"data": "rows.jsonl"}}}
    value["data"]["columns"] = {"text": "text", "label": "label", "id": "id"}
    value |= {"prepare": [{"kind": "dedupe"}], "compare": [{"kind": "majority"}]}
    write_text(tmp_path / "project.yaml", to_json(value))
    return tmp_path


def decisions(folder):
    return RowDecisions(Annotation.of(folder))


def prepared(folder):
    """(ids in the splits, lines of the ledger by id)."""
    found = prepare(load(folder / "project.yaml"), tell=lambda event: None)
    ids = [row.id for split in ("train", "val", "test") for row in found.examples(split)]
    ledger = {row["id"]: row for row in read_lines(found.held / "ledger.jsonl")}
    return ids, ledger


def test_rows_are_dropped_and_kept_by_a_run_and_the_ledger_says_so(folder):
    ids, ledger = prepared(folder)
    assert "copy" not in ids and "r5" in ids and ledger["copy"]["action"] == "dropped"
    assert decisions(folder).decide(["r5", "rows.jsonl:8"], "drop", "anna", "spam") == 2
    assert decisions(folder).decide(["copy"], "keep", "anna") == 1
    ids, ledger = prepared(folder)
    assert "copy" in ids and not {"r5", "r7"} & set(ids)
    assert ledger["r5"]["reason"] == "by anna: spam" and ledger["r5"]["step"] == "decide"
    assert (ledger["copy"]["action"], ledger["copy"]["reason"]) == ("kept", "by anna")
    decisions(folder).decide(["copy", "r5", "r7"], "undo", "ben")
    assert prepared(folder)[0].count("r5") == 1 and "copy" not in prepared(folder)[0]


def test_what_is_decided_already_is_not_written_again(folder):
    assert decisions(folder).decide(["r1", "r1"], "drop", "anna") == 1
    assert decisions(folder).decide(["r1"], "drop", "ben") == 0
    assert decisions(folder).decide(["r2"], "undo", "ben") == 0
    assert len(list(read_lines(folder / "decisions.jsonl"))) == 1


def test_what_is_wrong_is_named_and_nothing_is_written(folder):
    with pytest.raises(DataError, match="D087 nothing"):
        decisions(folder).decide(["r1", "nothing"], "drop", "anna")
    with pytest.raises(UsageError, match="C073"):
        decisions(folder).decide(["r1"], "drop", "a b")
    assert not (folder / "decisions.jsonl").exists()


def test_from_the_command_line(folder, capsys):
    asked = ["annotate", str(folder), "--annotators", "anna"]
    assert command([*asked, "--drop", "r1", "--drop", "r2", "--why", "spam"]) == 0
    assert "2 new; 2 rows are dropped, 0 kept" in capsys.readouterr().out
    assert command([*asked, "--undo", "r1"]) == 0
    assert "1 rows are dropped" in capsys.readouterr().out
    assert command([*asked, "--drop", "r1", "--keep", "r2"]) == 2
    assert "C060" in capsys.readouterr().err


def test_a_line_that_a_kill_has_cut_off_is_none(folder):
    decisions(folder).decide(["r1"], "drop", "anna")
    with (folder / "decisions.jsonl").open("a") as file:
        file.write('{"id": "r2", "te')
    assert list(decisions(folder).now) == ["r1"]


def test_a_project_that_names_another_file_or_none(folder):
    decisions(folder).decide(["r1"], "drop", "anna")
    value = read_json(folder / "project.yaml")
    value["data"]["decisions"] = None
    write_text(folder / "project.yaml", to_json(value))
    assert "r1" in prepared(folder)[0]
    value["data"]["decisions"] = "other.jsonl"
    write_text(folder / "project.yaml", to_json(value))
    with pytest.raises(DataError, match=r"D001 other\.jsonl"):
        prepared(folder)


@pytest.fixture
def voted(folder):
    """anna labels four rows 'a'; the project uses the votes."""
    work = Annotation.of(folder)
    rows = [row for row in work.rows if row.target == "b"][:4]
    work.add([Vote(row.id, mark(row), "anna", "a") for row in rows])
    value = read_json(folder / "project.yaml")
    value["data"]["annotations"] = "annotations.jsonl"
    write_text(folder / "project.yaml", to_json(value))
    return folder


def changed(folder):
    return sum(line["action"] == "changed" for line in prepared(folder)[1].values())


def test_no_vote_counts_of_an_annotator_who_was_dropped(voted, capsys):
    assert changed(voted) == 4
    asked = ["annotate", str(voted), "--annotators", "lead"]
    assert command([*asked, "--drop-annotator", "anna", "--why", "careless"]) == 0
    assert "no vote counts of anna" in capsys.readouterr().out
    assert changed(voted) == 0
    assert command(["annotate", str(voted)]) == 0
    assert "no vote of anna counts: careless (lead)" in capsys.readouterr().out
    assert command([*asked, "--undo-annotator", "anna"]) == 0
    assert changed(voted) == 4
    assert decisions(voted).decide_annotators(["anna"], "undo", "lead") == 0


def test_an_annotator_whom_nobody_knows_cannot_be_dropped(voted):
    with pytest.raises(DataError, match="D087 ben: nobody of that name"):
        decisions(voted).decide_annotators(["ben"], "drop", "lead")
    with pytest.raises(UsageError, match="C073"):
        decisions(voted).decide_annotators(["anna"], "drop", "a b")
    assert not (voted / "decisions.jsonl").exists()


def test_a_line_about_an_annotator_keeps_nothing(voted):
    line = {"annotator": "anna", "by": "lead", "action": "keep"}
    write_text(voted / "decisions.jsonl", to_json(line) + "\n")
    with pytest.raises(DataError, match="D025"):
        decisions(voted)
