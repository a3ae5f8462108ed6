"""The routes: one project or several, what is not there, and what a page may load."""

import re
import shutil

import pytest

from assay.web.web_project import WebProject


def test_one_project_is_opened_at_once(client, project):
    answer = client.get("/")
    assert answer.url.path == f"/p/{project.id}/" and "tickets" in answer.text


def test_several_projects_are_listed_with_their_verdicts(open_page, project, tmp_path):
    bare = tmp_path / "bare"
    bare.mkdir()
    client = open_page(project, WebProject(bare))
    text = client.get("/").text
    assert project.data["verdict"]["headline"] in text and "no report yet" in text
    assert len({project.id, WebProject(bare).id}) == 2
    assert "There is no report yet" in client.get(f"/p/{WebProject(bare).id}/").text
    assert "assay run" in client.get(f"/p/{WebProject(bare).id}/compare").text


@pytest.mark.parametrize(
    "path",
    [
        "/p/0000000000/",
        "/p/..%2f..%2fetc%2fpasswd/",
        "/static/../pages.py",
        "/static/%2e%2e%2fpages.py",
        "/static/base.html",
        "/static/page.css/..",
        "/nothing",
        "/p/{id}/past/1",
        "/p/{id}/past/..%2f..%2f",
        "/p/{id}/row/264",
        "/p/{id}/row/-1",
        "/p/{id}/row/1e3",
        "/p/{id}/row/99999999999999999999",
        "/p/{id}/row/%E0%A5%A7",
    ],
)
def test_what_is_not_there_is_said_so(client, project, path):
    answer = client.get(path.format(id=project.id))
    assert answer.status_code == 404 and "root:" not in answer.text


def test_a_page_loads_nothing_from_elsewhere(client, project):
    for path in ("", "compare", "row/0"):
        text = client.get(f"/p/{project.id}/{path}").text
        assert set(re.findall(r'(?:src|href)="(?:https?:)?//[^"]*', text)) == set()
        assert not re.search(r"<script(?![^>]* src=)", text) and " style=" not in text
        assert not re.search(r"\son\w+=", text)
    for name in ("page.css", "keys.js", "page.js", "report.css"):
        answer = client.get(f"/static/{name}")
        assert answer.status_code == 200 and "://" not in answer.text.replace("http://www.w3", "")


def test_a_damaged_report_is_named(open_page, sample_project, tmp_path):
    folder = tmp_path / "tickets"
    shutil.copytree(sample_project, folder)
    (folder / "report" / "report.json").write_text("{", encoding="utf-8")
    one = WebProject(folder)
    assert "C186" in open_page(one).get("/").text
