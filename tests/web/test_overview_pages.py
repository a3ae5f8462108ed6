"""The first page says what the report says, and no more numbers than four columns."""

import shutil

from assay.presentation.number_format import score
from assay.web.web_project import WebProject


def test_the_verdict_its_doubt_and_every_score_are_there(client, project):
    text, data = client.get("/").text, project.data
    assert data["verdict"]["headline"] in text and data["verdict"]["doubt"] in text
    metric = data["task"]["metric"]
    for one in data["strategies"]:
        assert one["name"] in text
        if one["status"] == "done":
            assert score(one["metrics"][metric]["value"]) in text
        else:
            assert one["status"] in text
    assert text.count('class="plot-box"') == 1


def test_the_whole_report_is_shown_as_it_was_written(client, project):
    answer = client.get(f"/p/{project.id}/report")
    assert answer.content == (project.folder / "report.html").read_bytes()
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_names_lead_to_their_cards_in_the_whole_report(client, project):
    text = client.get("/").text
    assert f'href="/p/{project.id}/report#arm-' in text and 'href="#arm-' not in text


def test_earlier_reports_are_kept_and_shown(open_page, sample_project, tmp_path):
    folder = tmp_path / "tickets"
    shutil.copytree(sample_project, folder)
    for number in ("2", "10"):
        shutil.copytree(sample_project / "report", folder / "report" / "past" / number)
    one = WebProject(folder)
    client = open_page(one)
    text = client.get("/").text
    assert text.index("past/10") < text.index("past/2")
    assert client.get(f"/p/{one.id}/past/10").status_code == 200


def test_a_new_report_is_seen_without_a_restart(open_page, sample_project, tmp_path):
    folder = tmp_path / "tickets"
    shutil.copytree(sample_project, folder)
    one = WebProject(folder)
    client = open_page(one)
    before = one.data["verdict"]["headline"]
    file = folder / "report" / "report.json"
    file.write_text(file.read_text().replace(before, "Use another"), encoding="utf-8")
    assert "Use another" in client.get("/").text
