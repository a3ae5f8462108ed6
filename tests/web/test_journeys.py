"""Journeys in real browsers, by hand and by keyboard: from a file to a verdict, through the rows,
a run, labels and reviews, to a sheet of what to label next."""

import re
import shutil
import signal
import subprocess
import sys
from collections import Counter

import pytest

import assay
from assay.audits.human_review.review import Review
from assay.core.store import read_lines, to_json, write_lines, write_text
from assay.runtime.data_stage.annotation import Annotation
from helpers.local_page import entered, served
from web.conftest import small_project

pytestmark = pytest.mark.slow


def test_regressions_are_found_from_the_first_page(window, desk):
    address, _, _ = desk
    page, _ = entered(window, address)
    page.get_by_role("link", name="Rows where answers differ").click()
    page.locator(".shows a").nth(1).click()
    assert "show=regressed" in page.url
    link = page.locator("tbody th a").first
    name = link.inner_text()
    link.click()
    assert page.get_by_role("heading", name=name).is_visible()
    page.keyboard.press("u")
    page.wait_for_url("**/compare**")
    assert "show=regressed" in page.url and page.locator("tbody th a").first.inner_text() == name
    page.context.close()


def test_a_search_is_typed_and_its_address_brings_it_back(window, desk):
    address, id, _ = desk
    page, _ = entered(window, address)
    page.goto(f"{address}p/{id}/compare?show=all")
    page.keyboard.press("/")
    page.keyboard.type("card")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=card**")
    count = page.locator(".found").inner_text()
    other = page.context.new_page()
    other.goto(page.url)
    assert other.locator(".found").inner_text() == count != ""
    page.context.close()


def test_thirty_rows_are_labelled_by_keyboard_alone(window, desk):
    address, id, folder = desk
    (folder / "annotations.jsonl").unlink(missing_ok=True)
    page, said = entered(window, address)
    page.goto(f"{address}p/{id}/annotate")
    page.get_by_label("Your name").focus()
    page.keyboard.type("anna")
    page.keyboard.press("Enter")
    for number in range(30):
        page.get_by_text(f"anna: {number} labelled").wait_for()
        page.keyboard.press("12"[number % 2])
    page.get_by_text("anna: 30 labelled").wait_for()
    page.keyboard.press("u")  # one back, and another label
    page.get_by_text("anna: 30 labelled").wait_for()
    page.locator("[aria-pressed]").wait_for()
    page.keyboard.press("1")
    page.get_by_text("anna: 30 labelled").wait_for()
    work = Annotation.of(folder)
    first, second = work.labels
    assert Counter(vote.label for (vote,) in work.on.values()) == {first: 16, second: 14}
    assert said == []
    page.context.close()


def test_a_key_pressed_while_a_label_is_on_its_way_labels_nothing(window, desk):
    address, id, folder = desk
    (folder / "annotations.jsonl").unlink(missing_ok=True)
    page, said = entered(window, address)
    page.goto(f"{address}p/{id}/annotate?who=anna")
    sent = []
    page.route("**/annotate/vote", lambda route: sent.append(route))
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.wait_for_timeout(200)
    assert len(sent) == 1
    sent[0].continue_()
    page.get_by_text("anna: 1 labelled").wait_for()
    page.keyboard.press("2")  # the next row's
    page.wait_for_timeout(200)
    sent[1].continue_()
    page.get_by_text("anna: 2 labelled").wait_for()
    work = Annotation.of(folder)
    assert [vote.label for (vote,) in work.on.values()] == list(work.labels[:2])
    assert said == []
    page.context.close()


def test_labels_and_filters_work_without_a_script(window, desk):
    address, id, folder = desk
    page, _ = entered(window, address, java_script_enabled=False)
    page.goto(f"{address}p/{id}/annotate?who=ben")
    page.get_by_role("button", name="red").click()
    assert "ben: 1 labelled" in page.content()
    page.goto(f"{address}p/{id}/compare?show=all")
    page.get_by_label("Search").fill("card")
    page.get_by_role("button", name="Show").click()
    assert "q=card" in page.url
    assert [v.annotator for vs in Annotation.of(folder).on.values() for v in vs].count("ben") == 1
    page.context.close()


def test_pairs_are_rated_without_a_script(window, finished_run, tmp_path):
    folder = tmp_path / "small"
    shutil.copytree(finished_run, folder)
    with served(folder) as (address, id):
        page, _ = entered(window, address, java_script_enabled=False)
        page.goto(f"{address}p/{id}/review")
        page.get_by_label("Your name").fill("anna")
        page.get_by_role("button", name="Draw pairs from the test rows").click()
        for number, name in enumerate(("A is better", "Equally good", "Both are bad")):
            assert f"anna: {number} of" in page.content()
            page.get_by_role("button", name=name).click()
        assert len(Review.of(folder).ratings) == 3
        page.context.close()


def test_a_run_is_seen_to_go_on_without_a_reload(window, tmp_path):
    from datetime import UTC, datetime

    from assay.core.store import append, lock
    from assay.runtime.events.log import NAME, line

    folder = small_project(tmp_path)
    work = folder / "work"

    def log(**event):
        append(work / NAME, line(event, datetime.now(UTC)))

    with served(folder) as (address, id), lock(work / "run.lock", "assay run"):
        log(event="run", state="start")
        log(event="plan", arms=["tfidf", "lora"], expected={}, lines=[])
        log(event="stage", name="tfidf", state="start")
        page, said = entered(window, address)
        page.goto(f"{address}p/{id}/run")
        page.get_by_text("running").wait_for()
        log(event="stage", name="tfidf", state="done", metric="accuracy 0.91")
        page.get_by_text("accuracy 0.91").wait_for()
        assert page.get_by_role("button", name="Stop and keep").is_visible()
        assert said == []
        page.context.close()


def test_from_a_file_to_a_verdict(window, tmp_path, monkeypatch):
    """Sent, guessed, the guess set right, made, run, and its verdict read."""
    folder = small_project(tmp_path / "rows")
    rows = [
        {"words": one["text"], "mood": one["label"], "n": number}
        for number, one in enumerate(read_lines(folder / "rows.jsonl"))
    ]
    write_lines(tmp_path / "sent" / "moods.jsonl", rows)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    with served() as (address, _):
        page, said = entered(window, address)
        page.goto(f"{address}new")
        page.set_input_files("#file", tmp_path / "sent" / "moods.jsonl")
        page.get_by_role("button", name="Look at it").click()
        page.get_by_label("Task").select_option("classify")
        page.get_by_label("label", exact=True).select_option("mood")
        page.get_by_label("text", exact=True).select_option("words")
        page.get_by_role("button", name="Read it so").click()
        page.get_by_text("Labels: red 80, blue 80").wait_for()
        page.get_by_role("button", name="Make it").click()
        page.get_by_text("Nothing has run yet").wait_for()
        text = (work / "moods" / "project.yaml").read_text()
        assert "label: mood" in text
        value = read_yaml(text)
        value["compare"] = [{"kind": "majority"}, {"kind": "tfidf"}]
        write_text(work / "moods" / "project.yaml", to_json(value))
        page.get_by_role("button", name="Start, or go on").click()
        page.get_by_text("The run has ended").wait_for(timeout=120_000)
        page.get_by_role("link", name="Overview").click()
        assert "tfidf" in page.locator(".verdict").inner_text()
        assert said == []
        page.context.close()


def read_yaml(text):
    from ruamel.yaml import YAML

    return YAML(typ="safe").load(text)


def test_a_limit_is_moved_until_the_verdict_turns(window, finished_run):
    with served(finished_run) as (address, id):
        page, said = entered(window, address)
        page.goto(f"{address}p/{id}/decide")
        before = page.locator("#result .verdict").inner_text()
        page.get_by_label("An answer takes at most (ms)", exact=True).fill("0.000001")
        page.get_by_text("No strategy may be recommended").first.wait_for()
        assert "limits.ms_per_answer=0.000001" in page.url
        page.reload()
        assert page.locator("#result .verdict").inner_text() != before
        page.get_by_role("link", name="As measured").click()
        assert page.locator("#result .verdict").inner_text() == before
        slider = page.get_by_label("Answers a month, slider")
        slider.focus()
        page.keyboard.press("End")
        page.wait_for_url("**volume_per_month=10000000**")
        assert said == []
        page.context.close()


def test_three_strategies_are_asked_and_one_is_corrected(window, finished_run, tmp_path):
    folder = tmp_path / "small"
    shutil.copytree(finished_run, folder)
    value = read_yaml((folder / "project.yaml").read_text())
    value["compare"].append({"kind": "tfidf", "characters": 0, "name": "words"})
    write_text(folder / "project.yaml", to_json(value))
    assay.run(folder, offline=True, tell=lambda event: None)
    with served(folder) as (address, id):
        page, said = entered(window, address)
        page.goto(f"{address}p/{id}/ask")
        page.keyboard.press("/")
        page.keyboard.type("red1 red2 red3 blue4")
        for name in ("majority", "tfidf", "words"):
            page.get_by_label(name, exact=True).check()
        page.get_by_role("button", name="Ask").click()
        page.locator(".exchange:visible .reply").nth(2).wait_for()
        page.get_by_role("button", name="Good").first.wait_for()
        page.get_by_text("Correct it").first.click()
        page.get_by_label("What is right").first.fill("blue")
        page.get_by_role("button", name="Keep the correction").first.click()
        page.get_by_text("You said: bad, right is: blue").wait_for()
        kept = list(read_lines(folder / "asked.feedback.jsonl"))
        assert [one["correction"] for one in kept] == ["blue"] and said == []
        page.context.close()


HOLD = """
import signal, sys, time
from datetime import UTC, datetime
from pathlib import Path
from assay.core.store import append, lock
from assay.runtime.events.log import NAME, line
work = Path(sys.argv[1])
# As a run does: where a shell has begun the tests in the background, SIGINT is ignored at first.
signal.signal(signal.SIGINT, signal.default_int_handler)
with lock(work / "run.lock", "assay run"):
    append(work / NAME, line({"event": "run", "state": "start"}, datetime.now(UTC)))
    time.sleep(120)
"""


def test_a_run_is_stopped_and_gone_on_with(window, tmp_path):
    """What holds the run's lock gets the signal of Ctrl-C; then the run is begun from the page."""
    folder = small_project(tmp_path)
    with served(folder) as (address, id):
        process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder / "work")])
        try:
            page, said = entered(window, address)
            page.goto(f"{address}p/{id}/run")
            page.get_by_role("button", name="Stop and keep").click()  # there once it has begun
            assert process.wait(20) == -signal.SIGINT
        finally:
            process.kill()
            process.wait()
        page.get_by_text("The run was stopped").wait_for()  # the page has looked again by itself
        page.get_by_role("button", name="Start, or go on").click()
        page.get_by_text("The run has ended").wait_for(timeout=120_000)
        assert said == []
        page.context.close()


def wait_for_change(page, file, made):
    """Until the file is a later one than that of the time `made`, two minutes at most."""
    for _ in range(1200):
        if file.exists() and file.stat().st_mtime_ns != made:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{file} has not changed")


def test_a_row_is_mended_and_the_next_run_applies_it(window, finished_run, tmp_path):
    folder = tmp_path / "small"
    shutil.copytree(finished_run, folder)
    made = (folder / "report" / "report.json").stat().st_mtime_ns
    with served(folder) as (address, id):
        page, said = entered(window, address)
        page.goto(f"{address}p/{id}/data")
        page.get_by_role("link", name="All rows").click()
        page.get_by_role("button", name="Drop").first.click()
        page.get_by_text("dropped by").first.wait_for()
        page.get_by_role("link", name="Run", exact=True).click()
        page.get_by_role("button", name="Start, or go on").click()
        page.get_by_text("prepare").wait_for()
        # the page tells of the run before until this one begins
        wait_for_change(page, folder / "report" / "report.json", made)
        page.get_by_text("The run has ended").wait_for(timeout=120_000)
        page.get_by_role("link", name="Data", exact=True).click()
        assert "decide" in page.locator("table").first.inner_text()
        assert said == []
        page.context.close()


def test_pairs_are_rated_blind_by_keyboard(window, finished_run, tmp_path):
    folder = tmp_path / "small"
    shutil.copytree(finished_run, folder)
    with served(folder) as (address, id):
        page, said = entered(window, address)
        page.goto(f"{address}p/{id}/review")
        page.get_by_label("Your name").fill("anna")
        page.get_by_role("button", name="Draw pairs from the test rows").click()
        count = len(Review.of(folder).items)
        for number in range(count):
            page.get_by_text(f"anna: {number} of {count} rated").wait_for()
            assert not re.search(r"tfidf|majority", page.content())
            page.keyboard.press("120x"[number % 4])
        page.get_by_text(f"All {count} pairs are rated").wait_for()
        assert len(Review.of(folder).ratings) == count and said == []
        page.context.close()


def test_from_an_alarm_to_a_sheet(window, finished_run, tmp_path):
    folder = tmp_path / "small"
    shutil.copytree(finished_run, folder)
    write_lines(
        folder / "asked.jsonl",
        [{"text": f"green{i % 30} green{i % 7} moss{i}"} for i in range(150)],
    )
    with served(folder) as (address, id):
        page, said = entered(window, address)
        page.goto(f"{address}p/{id}/watch")
        page.get_by_role("button", name="Look at it").click()
        page.get_by_text("Something has changed").wait_for()
        page.get_by_role("button", name="Write a sheet").click()
        page.get_by_text("next.csv is written").wait_for()
        assert (folder / "next.csv").is_file() and said == []
        page.context.close()
