"""A log held against the test set on the page, and what is to be labelled next as a sheet."""

import csv
import random
import shutil

import pytest

from assay.core.store import read_lines, write_lines
from assay.web.watch_pages import logs
from assay.web.web_project import WebProject
from web.conftest import send_form

pytestmark = pytest.mark.slow


@pytest.fixture
def own(finished_run, tmp_path):
    """With a log of other questions than the project's, and one of its own rows."""
    folder = tmp_path / "small"
    shutil.copytree(finished_run, folder)
    draw = random.Random(1)
    words = [f"green{i}" for i in range(30)]
    other = [{"text": " ".join(draw.choices(words, k=8))} for _ in range(150)]
    write_lines(folder / "other.jsonl", other)
    pools = [[f"{name}{i}" for i in range(30)] for name in ("red", "blue")]
    same = [{"text": " ".join(draw.choices(pools[i % 2], k=8))} for i in range(150)]
    write_lines(folder / "same.jsonl", same)
    return WebProject(folder)


@pytest.fixture
def client_of(open_page, own):
    return open_page(own)


def test_logs_are_files_that_the_project_does_not_name(own):
    assert logs(own) == ["other.jsonl", "same.jsonl"]


def test_a_log_of_other_questions_raises_an_alarm_and_makes_a_sheet(client_of, own):
    answer = send_form(client_of, own, "watch/run", page="watch", log="other.jsonl")
    assert answer.status_code == 200 and "Something has changed" in answer.text
    assert "the questions are other ones</th><td>alarm" in answer.text
    sheet = send_form(client_of, own, "watch/sheet", page="watch")
    assert "next.csv is written" in sheet.text
    with (own.target / "next.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    texts = {row["text"] for row in read_lines(own.target / "other.jsonl")}
    assert rows and all(row["text"] in texts and row["label"] == "" for row in rows)
    again = send_form(client_of, own, "watch/sheet", page="watch")
    assert again.status_code == 400 and "D091" in again.text  # it may have been filled in


def test_parts_of_time_are_drawn_and_a_new_group_becomes_a_sheet(client_of, own):
    draw = random.Random(2)
    pools = [[f"{name}{i}" for i in range(30)] for name in ("red", "blue")]
    begun, day = 1_790_000_000, 86_400
    lines = [
        {"question": " ".join(draw.choices(pools[i % 2], k=8)), "at": begun + i * day // 20}
        for i in range(150)
    ]
    green = [f"green{i}" for i in range(12)]
    lines += [
        {"question": " ".join(draw.choices(green, k=8)), "at": begun + (150 + i) * day // 20}
        for i in range(50)
    ]
    write_lines(own.target / "timed.jsonl", lines)
    text = send_form(client_of, own, "watch/run", page="watch", log="timed.jsonl").text
    assert "Questions far from training, over time" in text and "09-21 to 09-24" in text
    assert "unlike the held-back rows by accident" in text and "New groups" in text
    assert "Something has changed since 2026-09-29" in text
    sheet = send_form(client_of, own, "watch/sheet", page="watch", group="1")
    assert "group-1.csv is written" in sheet.text
    with (own.target / "group-1.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 10 and all(row["text"].startswith("green") for row in rows)
    assert "group-1.csv" not in logs(own)
    none = send_form(client_of, own, "watch/sheet", page="watch", group="9")
    assert none.status_code == 400 and "there is no new group 9" in none.text


def test_a_log_of_the_same_kind_is_quiet(client_of, own):
    answer = send_form(client_of, own, "watch/run", page="watch", log="same.jsonl")
    assert "Nothing has changed that chance could not explain" in answer.text


@pytest.mark.parametrize("log", ["", "rows.jsonl", "../rows.jsonl", "/etc/passwd", "nothing.jsonl"])
def test_only_logs_beside_the_project_are_read(client_of, own, log):
    assert send_form(client_of, own, "watch/run", page="watch", log=log).status_code == 404
