"""The pages in a real browser: journeys by hand and by keyboard, what a screen reader finds, what
hostile text does, and that nothing is asked of other places."""

import csv
import io
import shutil
import socket
import threading
import time
from collections import Counter
from contextlib import contextmanager

import pytest

from assay.core.store import read_json, read_lines, to_json, write_lines, write_text
from assay.reporting.report_files import write_report
from assay.runtime.data_stage.annotation import Annotation
from assay.web.web_project import WebProject
from helpers.browser import browser, missing
from helpers.hostile_texts import HOSTILE
from web.conftest import TOKEN, small_project

pytestmark = pytest.mark.slow
VIEWS = (
    "",
    "compare?show=all",
    "row/3",
    "data",
    "data/rows",
    "ask",
    "annotate",
    "annotate?who=anna",
    "review",
    "watch",
    "run",
)


@pytest.fixture(scope="module")
def chromium():
    if why := missing():
        pytest.skip(why)
    pytest.importorskip("playwright")
    with browser() as opened:
        yield opened


@contextmanager
def served(*folders):
    """The address of a page of these projects, with its key."""
    import uvicorn

    from assay.web.app import app

    projects = [WebProject(folder) for folder in folders]
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app(projects, TOKEN), log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [found]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        try:
            id = projects[0].id if projects else ""
            yield f"http://127.0.0.1:{found.getsockname()[1]}/", id
        finally:
            server.should_exit = True
            thread.join(10)


@pytest.fixture(scope="module")
def desk(report, tmp_path_factory):
    """A project with the sample report, and rows of which some have no label."""
    folder = small_project(tmp_path_factory.mktemp("browser"))
    rows = list(read_lines(folder / "rows.jsonl"))
    for row in rows[:60]:
        row["label"] = ""
    write_lines(folder / "rows.jsonl", rows)
    value = read_json(folder / "project.yaml")
    value["task"]["labels"] = ["red", "blue"]
    write_text(folder / "project.yaml", to_json(value))
    write_report(report, folder / "report")
    with served(folder) as (address, id):
        yield address, id, folder


def entered(chromium, address, **how):
    """A page that has come in, and all that it asked for or said."""
    page = chromium.new_context(**how).new_page()
    said: list[str] = []
    page.on("request", lambda one: None if one.url.startswith(address) else said.append(one.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(f"{address}?token={TOKEN}")
    return page, said


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_screen_reader_finds_no_fault(chromium, desk, scheme):
    from axe_playwright_python.sync_playwright import Axe

    address, id, _ = desk
    page, _ = entered(chromium, address, color_scheme=scheme, bypass_csp=True)
    for view in VIEWS:
        page.goto(f"{address}p/{id}/{view}")
        found = Axe().run(page).response["violations"]
        assert not found, (view, [(one["id"], one["nodes"][0]["html"]) for one in found])
    page.context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_pages_ask_nothing_of_others_and_nothing_is_cut_off(chromium, desk, width):
    address, id, _ = desk
    page, said = entered(chromium, address, viewport={"width": width, "height": 800})
    for view in VIEWS:
        page.goto(f"{address}p/{id}/{view}")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (view, wide)
        if width == 390 and view == "":
            for mark in page.locator(".narrow-plot .mark").all():
                box = mark.bounding_box()
                assert box["x"] >= 0 and box["x"] + box["width"] <= width
    assert said == []
    page.context.close()


def test_regressions_are_found_from_the_first_page(chromium, desk):
    address, _, _ = desk
    page, _ = entered(chromium, address)
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


def test_a_search_is_typed_and_its_address_brings_it_back(chromium, desk):
    address, id, _ = desk
    page, _ = entered(chromium, address)
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


def test_thirty_rows_are_labelled_by_keyboard_alone(chromium, desk):
    address, id, folder = desk
    (folder / "annotations.jsonl").unlink(missing_ok=True)
    page, said = entered(chromium, address)
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


def test_labels_and_filters_work_without_a_script(chromium, desk):
    address, id, folder = desk
    page, _ = entered(chromium, address, java_script_enabled=False)
    page.goto(f"{address}p/{id}/annotate?who=ben")
    page.get_by_role("button", name="red").click()
    assert "ben: 1 labelled" in page.content()
    page.goto(f"{address}p/{id}/compare?show=all")
    page.get_by_label("Search").fill("card")
    page.get_by_role("button", name="Show").click()
    assert "q=card" in page.url
    assert [v.annotator for vs in Annotation.of(folder).on.values() for v in vs].count("ben") == 1
    page.context.close()


def test_hostile_texts_do_nothing(chromium, report, tmp_path):
    """Forty of them, in every field of rows, answers, labels and slices that a page shows."""
    folder = small_project(tmp_path)
    rows = [
        {"text": f"{HOSTILE[i % 40]} {i}", "label": f"{HOSTILE[i % 40][:60]} {i % 2}".strip()}
        for i in range(160)
    ]
    write_lines(folder / "rows.jsonl", [{**row, "label": ""} for row in rows[:120]] + rows[120:])
    write_report(report, folder / "report")
    for file in (folder / "report" / "predictions").iterdir():
        lines = []
        for number, row in enumerate(read_lines(file)):
            text = HOSTILE[number % 40]
            row |= dict.fromkeys(("question", "target", "raw"), text) | {"id": f"{number} {text}"}
            row |= {"answer": f"{text} said"} if row["answer"] else {}
            lines.append({**row, "slices": {text[:40]: text}, "outcome_text": text})
        write_lines(file, lines)
    harmless = (
        "document.querySelectorAll('main :is(script, img, iframe, style, object, embed, base,"
        " link, meta, math, foreignObject, animate)').length"
    )
    with served(folder) as (address, id):
        page, said = entered(chromium, address)
        views = ["compare?show=all", *(f"row/{n}" for n in range(0, 40, 7))]
        views += ["data/rows", "data", "annotate", "annotate?who=anna", "new", "decide"]
        for view in views:
            page.goto(f"{address}p/{id}/{view}" if view != "new" else f"{address}new")
            assert page.evaluate(harmless) == 0, view
            assert (
                page.evaluate("document.querySelectorAll('main [onerror], main [onload]').length")
                == 0
            )
        page.goto(f"{address}p/{id}/compare?show=all")
        shown = page.locator("main").inner_text()
        assert all(text[:30].strip() in shown for text in HOSTILE[:26])
        told = page.request.get(f"{address}p/{id}/compare/rows.csv?show=all").text()
        cells = [cell for line in csv.reader(io.StringIO(told)) for cell in line]
        assert not [
            cell for cell in cells if cell[:1] in ("=", "@", "\t") or cell[:2] in ("+1", "-2")
        ]
        assert [one for one in said if "404" not in one and "400" not in one] == []
        page.context.close()


def test_a_run_is_seen_to_go_on_without_a_reload(chromium, tmp_path):
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
        page, said = entered(chromium, address)
        page.goto(f"{address}p/{id}/run")
        page.get_by_text("at work").wait_for()
        log(event="stage", name="tfidf", state="done", metric="accuracy 0.91")
        page.get_by_text("accuracy 0.91").wait_for()
        assert page.get_by_role("button", name="Stop and keep").is_visible()
        assert said == []
        page.context.close()


def test_from_a_file_to_a_verdict(chromium, tmp_path, monkeypatch):
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
        page, said = entered(chromium, address)
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


def test_a_limit_is_moved_until_the_verdict_turns(chromium, finished_run):
    with served(finished_run) as (address, id):
        page, said = entered(chromium, address)
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


def test_two_strategies_are_asked_and_one_is_corrected(chromium, finished_run, tmp_path):
    folder = tmp_path / "small"
    shutil.copytree(finished_run, folder)
    with served(folder) as (address, id):
        page, said = entered(chromium, address)
        page.goto(f"{address}p/{id}/ask")
        page.keyboard.press("/")
        page.keyboard.type("red1 red2 red3 blue4")
        page.get_by_label("majority").check()
        page.get_by_role("button", name="Ask").click()
        page.locator(".exchange:visible .reply").nth(1).wait_for()
        page.get_by_role("button", name="Good").first.wait_for()
        page.get_by_text("Correct it").first.click()
        page.get_by_label("What is right").first.fill("blue")
        page.get_by_role("button", name="Keep the correction").first.click()
        page.get_by_text("You said: bad, right is: blue").wait_for()
        kept = list(read_lines(folder / "asked.feedback.jsonl"))
        assert [one["correction"] for one in kept] == ["blue"] and said == []
        page.context.close()


def test_prints_without_its_controls(chromium, desk):
    address, id, _ = desk
    page, _ = entered(chromium, address)
    page.goto(f"{address}p/{id}/compare?show=all")
    page.emulate_media(media="print")
    assert not page.locator("form.filters").is_visible()
    assert page.locator("table.matrix").is_visible()
    page.context.close()
