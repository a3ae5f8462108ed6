"""`assay answer` on a long file: killed three times, nothing is lost and nothing that was kept is
asked again."""

import csv
import json
import random
import signal
import subprocess
import sys
import time

import pytest

import assay
from assay.deployment.answer_file import PIECE
from helpers.nights import nightly_but
from helpers.toy import rows, write_rows
from helpers.workers import none_left

ROWS = 10_000
ANSWER = ("question", "answer", "confidence", "note")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("answering") / "tickets"
    folder.mkdir()
    write_rows(folder / "train.jsonl", rows(66))
    write_rows(folder / "test.jsonl", rows(30, 1000))
    (folder / "project.yaml").write_text(
        "seed: 3\ndata: {files: {train: train.jsonl, test: test.jsonl}, columns: {text: "
        "text, label: label}}\nsplit: {near: 1}\ncompare: [{kind: tfidf}, {kind: majority}]\n"
    )
    assay.run(folder)
    return folder


def command(ran, file, out):
    options = ["--with", "tfidf", "-o", str(out), "--json"]
    return [sys.executable, "-m", "assay.cli", "answer", str(ran), str(file), *options]


def kept(ran):
    """Answers on the disk by now, of the file that is being answered."""
    files = [
        path
        for path in (ran / "work/answers").glob("*/answers.jsonl")
        if (path.parent / "asked.jsonl").exists()
    ]
    return max((path.read_bytes().count(b"\n") for path in files), default=0)


@pytest.mark.nightly
def test_ten_thousand_rows_survive_three_kills(ran, tmp_path):
    questions = [row["text"] for row in rows(ROWS, 5000)]
    file, out = tmp_path / "new.jsonl", tmp_path / "out.jsonl"
    write_rows(file, [{"text": text} for text in questions])
    draw, seen = random.Random(7), []
    for _ in range(3):
        process = subprocess.Popen(
            command(ran, file, out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        before, deadline = kept(ran), time.monotonic() + 240
        while kept(ran) <= before and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(draw.uniform(0, 0.1))  # at any moment of a piece
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert none_left(ran), "a worker outlived its parent"
        assert not out.exists()
        seen.append(kept(ran))
    assert 0 < seen[0] <= seen[1] <= seen[2] < ROWS, (
        "a kill came too late, or took back what was kept"
    )
    done = subprocess.run(command(ran, file, out), capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    answers = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["question"] for row in answers] == questions
    assert len({row["id"] for row in answers}) == ROWS == told["rows"]
    assert all(0 < row["confidence"] <= 1 for row in answers)
    # Every call is counted: more than one a row came only from the piece that a kill took.
    assert 0 <= told["again"] <= 3 * PIECE
    straight = assay.load(ran, "tfidf").answer(questions[:300])
    assert [row["answer"] for row in answers[:300]] == [answer.text for answer in straight]


@pytest.mark.nightly
def test_another_file_or_arm_begins_anew_and_says_so(ran, tmp_path):
    file, out, heard = tmp_path / "new.jsonl", tmp_path / "out.jsonl", []
    from assay.deployment.answer_file import answer_file

    def notes():
        found = [event["text"] for event in heard if event["event"] == "note"]
        heard.clear()
        return found

    write_rows(file, [{"text": row["text"]} for row in rows(9, 2000)])
    answer_file(ran, "tfidf", file, out, tell=heard.append)
    answer_file(ran, "tfidf", file, out, tell=heard.append)
    assert notes() == []
    write_rows(file, [{"text": row["text"]} for row in rows(8, 3000)])
    answer_file(ran, "tfidf", file, out, tell=heard.append)
    assert any("all are answered anew" in text for text in notes())
    assert len(out.read_text().splitlines()) == 8
    answer_file(ran, "majority", file, out, tell=heard.append)
    assert any("begun by another strategy" in text for text in notes())


@pytest.mark.slow
@pytest.mark.parametrize("end", nightly_but(["jsonl"], ["csv", "jsonl"]))
def test_the_columns_of_the_file_stand_behind_the_answers(ran, tmp_path, end):
    from assay.deployment.answer_file import answer_file

    asked, out = [row["text"] for row in rows(3, 4000)], tmp_path / f"out.{end}"
    if end == "csv":
        lines = [
            "ticket,text,answer",
            *(f"{n:03},{text},by hand {n}" for n, text in enumerate(asked)),
        ]
        (tmp_path / "new.csv").write_text("\n".join(lines) + "\n")
        wanted = [
            {"ticket": f"{n:03}", "text": text, "given_answer": f"by hand {n}"}
            for n, text in enumerate(asked)
        ]
    else:
        wanted = [{"text": text, "from": {"name": f"c{n}"}} for n, text in enumerate(asked)]
        write_rows(tmp_path / "new.jsonl", wanted)
    answer_file(ran, "tfidf", tmp_path / f"new.{end}", out)
    lines = out.read_text().splitlines()
    said = list(csv.DictReader(lines)) if end == "csv" else [json.loads(line) for line in lines]
    assert [
        {name: row[name] for name in own} for row, own in zip(said, wanted, strict=True)
    ] == wanted
    assert [row["question"] for row in said] == asked and list(said[0])[:5] == ["id", *ANSWER]
