"""A project with the sample report, and a client that has the key."""

import random
import re
import shutil

import pytest

from assay.core.store import append, read_json, read_lines, to_json, write_lines, write_text
from assay.data.annotation.votes import Vote, mark
from assay.reporting.report_files import write_report
from assay.runtime.data_stage.annotation import Annotation
from helpers.browser import browser, missing
from helpers.local_page import TOKEN, served
from helpers.sample_report import report

ORIGIN = "http://127.0.0.1"
__all__ = ["TOKEN", "report"]


@pytest.fixture(scope="session")
def sample_project(report, tmp_path_factory):
    """Its folder; nothing is to be changed in it."""
    folder = tmp_path_factory.mktemp("desk") / "tickets"
    folder.mkdir()
    (folder / "project.yaml").write_text("version: 2\n", encoding="utf-8")
    write_report(report, folder / "report")
    return folder


@pytest.fixture
def open_page():
    """(projects) -> a client that has come in with the key."""
    pytest.importorskip("starlette")
    from starlette.testclient import TestClient

    from assay.web.app import app

    def opened(*projects):
        client = TestClient(app(projects, TOKEN, ("127.0.0.1",)), base_url=ORIGIN)
        assert client.get(f"/?token={TOKEN}", follow_redirects=False).status_code == 303
        return client

    return opened


@pytest.fixture
def project(sample_project):
    from assay.web.web_project import WebProject

    return WebProject(sample_project)


@pytest.fixture
def client(open_page, project):
    return open_page(project)


def send_form(client, project, path, *, page, **fields):
    """What a button of the page sends."""
    text = client.get(f"/p/{project.id}/{page}").text
    mark = re.search(r'name="mark" value="(\w+)"', text)[1]
    data, headers = {"mark": mark, **fields}, {"origin": ORIGIN}
    return client.post(f"/p/{project.id}/{path}", data=data, headers=headers)


def small_project(folder):
    """A project of 160 rows that takes seconds; its folder."""
    draw = random.Random(0)
    words = {name: [f"{name}{i}" for i in range(30)] for name in ("red", "blue")}
    rows = [
        {"text": " ".join(draw.choices(words[label], k=8)), "label": label}
        for label in ("red", "blue") * 80
    ]
    write_lines(folder / "rows.jsonl", rows)
    value = {
        "version": 2,
        "task": {"kind": "classify"},
        "data": {"files": {"data": "rows.jsonl"}, "columns": {"text": "text", "label": "label"}},
        "compare": [{"kind": "majority"}, {"kind": "tfidf"}],
    }
    write_text(folder / "project.yaml", to_json(value))
    return folder


@pytest.fixture
def small_folder(tmp_path):
    return small_project(tmp_path)


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory):
    """The folder of a small project that was run; who changes it copies it."""
    import assay

    folder = small_project(tmp_path_factory.mktemp("small"))
    assay.run(folder, offline=True, tell=lambda event: None)
    return folder


@pytest.fixture
def own(finished_run, tmp_path):
    """A copy of that project, to be changed."""
    from assay.web.web_project import WebProject

    folder = tmp_path / "small"
    shutil.copytree(finished_run, folder)
    return WebProject(folder)


@pytest.fixture
def client_of(open_page, own):
    return open_page(own)


@pytest.fixture(scope="module")
def chromium():
    yield from _browser("chromium")


@pytest.fixture(
    scope="module", params=["chromium", pytest.param("firefox", marks=pytest.mark.nightly)]
)
def window(request):
    """Each browser in turn."""
    yield from _browser(request.param)


def _browser(kind):
    if why := missing(kind):
        pytest.skip(why)
    pytest.importorskip("playwright")
    with browser(kind) as opened:
        yield opened


def write_votes(folder):
    """On 20 rows anna and ben say the same, half of them red, and eve says always red."""
    votes = [
        Vote(row.id, mark(row), who, "red" if who == "eve" else ("red", "blue")[at % 2])
        for at, row in enumerate(Annotation.of(folder).rows[60:80])
        for who in ("anna", "ben", "eve")
    ]
    append(folder / "annotations.jsonl", *(vote.to_json() for vote in votes))


@pytest.fixture(scope="module")
def desk(report, tmp_path_factory):
    """A project with the sample report, and rows of which some have no label and some have votes
    of three people."""
    folder = small_project(tmp_path_factory.mktemp("browser"))
    rows = list(read_lines(folder / "rows.jsonl"))
    for row in rows[:60]:
        row["label"] = ""
    write_lines(folder / "rows.jsonl", rows)
    value = read_json(folder / "project.yaml")
    value["task"]["labels"] = ["red", "blue"]
    write_text(folder / "project.yaml", to_json(value))
    write_votes(folder)
    write_text(folder / "guidelines.md", "# Red\n\nWhat is red, and *nothing* else.\n")
    write_report(report, folder / "report")
    with served(folder) as (address, id):
        yield address, id, folder
