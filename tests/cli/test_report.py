"""`assay report`: the newest report, what moved, and the ledger."""

import copy
import json
import re
import subprocess
import sys
import time

import pytest

from assay.cli.main import command
from assay.core.store import write_json
from assay.reporting.model_card import model_card
from assay.runtime.events.run_follower import last_start
from helpers.lines import named
from helpers.toy import build


def test_a_report_that_is_not_there(capsys, tmp_path):
    (tmp_path / "project.yaml").write_text("data: {files: {data: a.csv}}\n")
    for option in ([], ["--ledger"]):
        assert command(["report", *option]) == 2
        assert capsys.readouterr().err.startswith("C062 .: there is no ")


def test_the_ledger_is_counted_and_listed(capsys, tmp_path):
    (tmp_path / "project.yaml").write_text("data: {files: {data: a.csv}}\n")
    folder = tmp_path / "exam" / "rows" / "k1"
    folder.mkdir(parents=True)
    row = {
        "file": "a.csv",
        "line": 3,
        "id": "a-3",
        "step": "dedupe",
        "action": "dropped",
        "reason": "same text",
    }
    rows = [{**row, "kept": "a-1"}, {**row, "line": 4, "kept": ""}]
    (folder / "ledger.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    assert command(["report", "--ledger"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "      2 dropped by dedupe: same text",
        "a.csv:3  dropped by dedupe: same text (kept a-1)",
        "a.csv:4  dropped by dedupe: same text",
    ]
    assert command(["report", "--ledger", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == rows


def test_two_reports_are_compared_by_their_places(report, tmp_path, capsys):
    new = copy.deepcopy(report.data)
    new["rows"]["train"] = 1600
    write_json(tmp_path / "old" / "report" / "report.json", report.data)
    write_json(tmp_path / "new" / "report.json", new)
    assert command(["report", str(tmp_path / "old"), str(tmp_path / "new"), "--diff"]) == 0
    assert named(capsys.readouterr().out, "train", "1595", "1600")
    assert command(["report", str(tmp_path / "old"), str(tmp_path / "no"), "--diff"]) == 2
    assert "C062" in capsys.readouterr().err
    assert command(["report", str(tmp_path / "old"), str(tmp_path / "new")]) == 2


def test_a_model_card_is_of_the_recommended_arm_or_of_the_one_named(report, tmp_path, capsys):
    (tmp_path / "project.yaml").write_text("version: 2\n")
    write_json(tmp_path / "report" / "report.json", report.data)
    card = tmp_path / "card.md"
    assert command(["report", str(tmp_path), "--card", str(card)]) == 0
    assert (
        card.read_text() == model_card(report, "lora-r8") and "card    " in capsys.readouterr().out
    )
    assert command(["report", str(tmp_path), "--card", str(card), "--with", "zero"]) == 0
    assert card.read_text().startswith("# Model card: zero")
    assert command(["report", str(tmp_path), "--card", str(card), "--with", "full"]) == 2
    assert "C083" in capsys.readouterr().err


def test_what_moved_since_the_report_before_is_said(report, tmp_path, capsys):
    (tmp_path / "project.yaml").write_text("version: 2\n")
    write_json(tmp_path / "report" / "report.json", report.data)
    assert command(["report", "--diff"]) == 2  # there is none before
    assert "C062" in capsys.readouterr().err
    write_json(tmp_path / "report" / "past" / "1" / "report.json", report.data)
    assert command(["report", "--diff"]) == 0
    assert capsys.readouterr().out == "Nothing moved beyond noise.\n"


def test_the_newest_report_is_shown_with_its_page_or_as_one_document(report, tmp_path, capsys):
    (tmp_path / "project.yaml").write_text("version: 2\n")
    write_json(tmp_path / "report" / "report.json", report.data)
    assert command(["report"]) == 0
    shown = capsys.readouterr().out
    assert "lora-r8" in shown and shown.endswith("report  report/report.html\n")
    assert command(["report", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == report.data


def bare(text: str) -> list[str]:
    """Its lines without the time of day and what took how long."""
    return [re.sub(r"^\d\d:\d\d:\d\d | in [\d.]+ s$", "", line) for line in text.splitlines()]


@pytest.mark.slow
def test_a_run_is_followed_until_it_ends_and_then_its_report_is_shown(tmp_path, capsys):
    # `{kind: majority}` needs no model.
    folder = build(tmp_path / "tickets", tmp_path, "compare: [{kind: majority}, {kind: tfidf}]\n")
    words = [sys.executable, "-m", "assay.cli", "run", str(folder), "--offline", "--plain"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        while last_start(folder / "work" / "events.jsonl") is None:
            assert run.poll() is None
            time.sleep(0.02)
        assert command(["report", str(folder), "--follow", "--plain"]) == 0
        shown, told = run.communicate()
    followed = capsys.readouterr()
    assert bare(followed.err) == bare(told)
    assert followed.out.splitlines()[:3] == shown.splitlines()[:3]  # the verdict
    assert command(["report", str(folder), "--follow"]) == 2
    assert "C109" in capsys.readouterr().err
