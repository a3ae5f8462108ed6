"""What an update costs: which changes the data allows, and a run that measures them."""

import random
import time

import pytest

import assay
from assay.core.store import read_json, to_json, write_lines, write_text
from assay.web.web_project import WebProject
from web.conftest import send_form

WAIT = 120.0  # seconds


@pytest.fixture(scope="module")
def three_labels(tmp_path_factory):
    """A project with three labels that was run; nothing but a run changes it."""
    folder, draw = tmp_path_factory.mktemp("three"), random.Random(0)
    words = {name: [f"{name}{i}" for i in range(30)] for name in ("red", "blue", "green")}
    rows = [
        {"text": " ".join(draw.choices(words[label], k=8)), "label": label}
        for label in [*words] * 70
    ]
    write_lines(folder / "rows.jsonl", rows)
    value = {"version": 2, "task": {"kind": "classify"}}
    value["data"] = {"files": {"data": "rows.jsonl"}, "columns": {"text": "text", "label": "label"}}
    value["compare"] = [{"kind": "majority"}, {"kind": "tfidf"}]
    write_text(folder / "project.yaml", to_json(value))
    assay.run(folder, offline=True, tell=lambda event: None)
    return WebProject(folder)


@pytest.mark.slow
def test_a_drill_is_chosen_run_and_read(open_page, three_labels):
    own, client = three_labels, open_page(three_labels)
    text = client.get(f"/p/{own.id}/updates").text
    assert text.count("checked") == 2 and text.count("disabled") == 2
    assert "would come with 20 examples" in text and "the answers are labels" in text
    chosen = {"change:label": "1", "minutes": "2"}
    answer = send_form(client, own, "updates/measure", page="updates", **chosen)
    assert answer.status_code == 200 and answer.url.path.endswith("/run")
    until, found = time.monotonic() + WAIT, None
    while found is None and time.monotonic() < until:  # a busy machine may not have begun yet
        time.sleep(0.2)
        found = read_json(own.folder / "report.json").get("update_drill")
    assert found, (own.run.work / "page-run.log").read_text("utf-8")
    while own.run.goes_on and time.monotonic() < until:
        time.sleep(0.2)
    assert [one["kind"] for one in found["changes"]] == ["label"]
    text = client.get(f"/p/{own.id}/updates").text
    assert "tfidf (fitted anew) took it in" in text and "Measure again" in text


@pytest.mark.parametrize(
    "fields", [{}, {"change:facts": ""}, {"change:label": "1", "minutes": "-1"}]
)
def test_what_cannot_be_measured_is_said(client, project, sample_project, fields):
    mark = client.get(f"/p/{project.id}/run").text.split('name="mark" value="')[1].split('"')[0]
    answer = client.post(
        f"/p/{project.id}/updates/measure",
        data={"mark": mark, **fields},
        headers={"origin": "http://127.0.0.1"},
    )
    assert answer.status_code == 400 and "C060" in answer.text
    assert not (sample_project / "work" / "page-run.log").exists()


def test_without_a_report_there_is_nothing_to_update(open_page, small_folder):
    own = WebProject(small_folder)
    answer = open_page(own).get(f"/p/{own.id}/updates")
    assert answer.status_code == 200 and "updates/measure" not in answer.text


def test_rows_that_have_changed_since_are_said(open_page, own):
    write_lines(own.target / "rows.jsonl", [{"text": "no label", "label": ""}] * 40)
    text = open_page(own).get(f"/p/{own.id}/updates").text
    assert "Which changes the data allows is not known" in text and "C062" in text
