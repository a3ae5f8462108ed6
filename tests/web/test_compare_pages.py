"""The rows as a page: what stands in it, what an address brings back, and hostile texts."""

import re
import shutil

import pytest
from markupsafe import Markup

from assay.core.store import read_lines, write_lines
from assay.reporting.report_files import write_report
from assay.web.compare_pages import mark_differences
from assay.web.web_project import WebProject
from helpers.hostile import PAYLOADS, poisoned


def test_a_page_of_rows_and_its_next(client, project):
    first = client.get(f"/p/{project.id}/compare?show=all").text
    assert "264 rows, page 1 of 6" in first and first.count('<th scope="row">') == 50
    last = client.get(f"/p/{project.id}/compare?show=all&page=6").text
    assert last.count('<th scope="row">') == 14
    beyond = client.get(f"/p/{project.id}/compare?show=all&page=99").text
    assert "page 6 of 6" in beyond


def test_an_address_brings_the_same_view_back(client, project):
    asked = "compare?arms=zero,majority&against=majority&show=failed&q=card&sort=split"
    text = client.get(f"/p/{project.id}/{asked}").text
    assert 'value="card"' in text and "<option selected>majority</option>" in text
    link = re.search(r'href="(/p/[^"]*/row/\d+[^"]*)"', text)
    assert link
    row = client.get(link[1].replace("&amp;", "&")).text
    back = re.search(r'href="([^"]*)">Back to the rows', row)
    assert back and client.get(back[1].replace("&amp;", "&")).text == text


def test_csv_of_a_view(client, project):
    answer = client.get(f"/p/{project.id}/compare/rows.csv?show=failed")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.text.splitlines()[0].startswith('\ufeff"id","question","target"')


@pytest.mark.parametrize(
    ("answer", "target", "shown"),
    [
        ("the cat sat", "the dog sat", "the <u>cat</u> sat"),
        ("same words", "same words", "same words"),
        ("label", "other", "label"),
        ("a <b> c", "a c", "a <u>&lt;b&gt;</u> c"),
    ],
)
def test_words_that_the_target_lacks_are_marked(answer, target, shown):
    assert mark_differences(answer, target, 100) == Markup(shown)


def test_hostile_texts_are_texts(open_page, report, tmp_path):
    bad = poisoned(report)
    (tmp_path / "report" / "predictions").mkdir(parents=True)
    names = {arm.name: f"arm{index}" for index, arm in enumerate(bad.arms)}
    fouled = write_report(report, tmp_path / "report")
    assert fouled.folder and names
    attack = " ".join(PAYLOADS[:6])
    for file in (tmp_path / "report" / "predictions").iterdir():
        lines = file.read_text(encoding="utf-8").splitlines()
        file.write_text("\n".join(_foul(line, attack) for line in lines) + "\n", encoding="utf-8")
    one = WebProject(tmp_path)
    client = open_page(one)
    for path in ("compare?show=all", "row/1", "compare?show=all&q=%3Cscript%3E"):
        text = client.get(f"/p/{one.id}/{path}").text
        assert "<script>alert" not in text and "<img" not in text and "</style><style>" not in text
        assert "&lt;script&gt;" in text and "{{ 7 * 7 }}" in text


def _foul(line, attack):
    import json

    row = json.loads(line)
    changed = {name: attack for name in ("question", "target", "raw")}
    answer = None if row["answer"] is None else attack
    slices = {name: attack for name in row["slices"]}
    whole = {**row, **changed, "answer": answer, "slices": slices, "id": row["id"] + attack}
    return json.dumps(whole)


@pytest.fixture
def two_runs(sample_project, tmp_path):
    """With an earlier run: of other rows in part, and of wrong answers of one strategy."""
    folder = tmp_path / "tickets"
    shutil.copytree(sample_project, folder)
    past = folder / "report" / "past" / "1"
    shutil.copytree(sample_project / "report", past)
    for file in (past / "predictions").iterdir():
        rows = list(read_lines(file))[10:]  # the first ones were not there yet
        for row in rows[:30]:
            if file.stem == "lora-r8":
                row |= {"answer": "never", "scores": {"accuracy": 0.0}}
        write_lines(file, reversed(rows))
    return WebProject(folder)


def test_an_earlier_run_stands_beside_on_the_rows_of_both(open_page, two_runs):
    client = open_page(two_runs)
    plain = client.get(f"/p/{two_runs.id}/compare?show=all").text
    assert '<option value="1">1</option>' in plain and "264 rows" in plain
    asked = "show=fixed&arms=lora-r8,lora-r8+(run+1)&against=lora-r8+(run+1)&run=1"
    text = client.get(f"/p/{two_runs.id}/compare?{asked}").text
    matrix = two_runs.matrix(60)
    column = matrix.names.index("lora-r8")
    wanted = int(matrix.right[10:40, column].sum())
    assert f"{wanted} rows" in text and "lora-r8 right, lora-r8 (run 1) wrong" in text
    assert "never" in text
    every = client.get(f"/p/{two_runs.id}/compare?show=all&run=1").text
    assert "254 rows" in every
    told = client.get(f"/p/{two_runs.id}/compare/rows.csv?{asked}").text
    assert len(told.splitlines()) == wanted + 1 and '"never"' in told


@pytest.mark.parametrize("number", ["7", "-1", "x", "٣", "../1", "1/../1", "9" * 400])
def test_a_run_that_is_not_there_is_left_out(open_page, two_runs, number):
    text = open_page(two_runs).get(f"/p/{two_runs.id}/compare?show=all&run={number}").text
    assert "264 rows" in text


def test_without_a_run_there_are_no_rows_to_download(open_page, sample_project, tmp_path):
    folder = shutil.copytree(sample_project, tmp_path / "own")
    shutil.rmtree(folder / "report")
    own = WebProject(folder)
    assert open_page(own).get(f"/p/{own.id}/compare/rows.csv").status_code == 404
