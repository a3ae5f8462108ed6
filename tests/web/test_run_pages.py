"""A run from the page: started, watched, stopped, gone on with; and what is refused."""

import re
import time
from datetime import UTC, datetime
from functools import partial

import pytest

from assay.core.store import append, write_lines
from assay.runtime.events.log import NAME, line
from assay.web.live_run import LiveRun
from assay.web.run_pages import state_html
from assay.web.web_project import WebProject
from web.conftest import send_form, small_project

send = partial(send_form, page="run")


@pytest.mark.parametrize("minutes", ["x", "-1", "0", "1e9", "٣", "1; rm -rf /", "9" * 30])
def test_minutes_are_a_number_above_nothing(client, project, minutes):
    answer = send(client, project, "run/start", minutes=minutes)
    assert answer.status_code == 400 and "C060" in answer.text


def test_nothing_is_stopped_where_nothing_runs(client, project):
    answer = send(client, project, "run/stop")
    assert answer.status_code == 400 and "C109" in answer.text


def test_a_project_that_never_ran_says_so(client, project):
    text = client.get(f"/p/{project.id}/run").text
    assert "Nothing has run yet" in text and "Start, or go on" in text


def test_heats_are_folded_once_a_strategy_has_begun(tmp_path):
    (tmp_path / "work").mkdir()

    def told(**event):
        append(tmp_path / "work" / NAME, line(event, datetime.now(UTC)))

    told(event="run", state="start")
    told(event="plan", arms=["tfidf", "lora"], expected={}, lines=[])
    for name in ("race, tfidf", "race, lora"):
        told(event="stage", name=name, state="start")
        told(event="stage", name=name, state="done", seconds=1.0)
    live = LiveRun(tmp_path)
    assert "<details>" not in state_html(live, live.goes_on) and "race, tfidf" in state_html(
        live, live.goes_on
    )
    told(event="stage", name="tfidf", state="start")
    rows, _, heats = state_html(live, live.goes_on).partition("<details>")
    assert "race" not in rows and 'scope="row">tfidf' in rows
    assert "2 heats" in heats and "race, lora" in heats


@pytest.mark.slow
def test_a_run_is_started_watched_and_seen_in_the_overview(open_page, tmp_path):
    small = WebProject(small_project(tmp_path))
    client = open_page(small)
    assert "There is no report yet" in client.get("/").text
    answer = send(client, small, "run/start", minutes="5")
    assert answer.status_code == 200 and answer.url.path.endswith("/run")
    until = time.monotonic() + 120
    while time.monotonic() < until and (small.run.goes_on or small.data is None):
        time.sleep(0.2)
    text = client.get(f"/p/{small.id}/run").text
    assert "The run has ended" in text and re.search(r'scope="row">tfidf</th><td>done', text)
    assert small.data["verdict"]["headline"] in client.get("/").text
    # the plan of what is cached now
    assert "cached" in client.get(f"/p/{small.id}/run/plan").text
    again = send(client, small, "run/start")
    assert again.status_code == 200


@pytest.mark.slow
def test_why_a_run_failed_is_shown(open_page, tmp_path):
    small = WebProject(small_project(tmp_path))
    write_lines(small.target / "rows.jsonl", [{"text": "a", "label": "b"}])
    client = open_page(small)
    send(client, small, "run/start")
    until = time.monotonic() + 60
    while time.monotonic() < until:
        text = client.get(f"/p/{small.id}/run").text
        if "What it said last" in text and not small.run.goes_on:
            break
        time.sleep(0.2)
    assert re.search(r"D0\d\d", text) and "Start, or go on" in text
