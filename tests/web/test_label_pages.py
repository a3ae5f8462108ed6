"""Labels from the page: the votes of sheets, one after another, by several people."""

import html
import re
import shutil

import pytest

from assay.core.store import read_json, read_lines, to_json, write_lines, write_text
from assay.runtime.data_stage.annotation import Annotation
from assay.web.web_project import WebProject
from web.conftest import ORIGIN

NAME = "annotations.jsonl"


@pytest.fixture
def own(small_folder):
    """Half of its rows have no label."""
    file = small_folder / "rows.jsonl"
    rows = list(read_lines(file))
    for row in rows[:80]:
        row["label"] = ""
    rows[0]["text"] = "first <b>row</b> \u202e of all"
    write_lines(file, rows)
    value = read_json(small_folder / "project.yaml")
    value["task"]["labels"] = ["red", "blue", "<i>"]
    write_text(small_folder / "project.yaml", to_json(value))
    return WebProject(small_folder)


@pytest.fixture
def client_of(open_page, own):
    return open_page(own)


def fields(text):
    """The hidden fields of the form that votes."""
    form = text[text.index("annotate/vote") :]
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    return {name: html.unescape(value) for name, value in found.items()}


def label(client, own, who, what, order="open"):
    """One row; the page that comes after it."""
    text = client.get(f"/p/{own.id}/annotate?who={who}&order={order}").text
    data = {**fields(text), "label": what}
    return client.post(f"/p/{own.id}/annotate/vote", data=data, headers={"origin": ORIGIN})


def test_thirty_rows_one_after_another_are_thirty_votes(client_of, own):
    first = client_of.get(f"/p/{own.id}/annotate?who=anna").text
    assert "80 to go" in first and "first &lt;b&gt;row&lt;/b&gt; ⟨U+202E⟩ of all" in first
    assert re.findall(r'data-key="(\d)"', first) == ["1", "2", "3"] and "&lt;i&gt;" in first
    for number in range(30):
        answer = label(client_of, own, "anna", ("red", "blue", "<i>")[number % 3])
        assert f"{number + 1} labelled, {79 - number} to go" in answer.text
    votes = list(read_lines(own.target / NAME))
    assert len({vote["id"] for vote in votes}) == 30
    assert {vote["annotator"] for vote in votes} == {"anna"} and votes[0]["from"] == "page"
    work = Annotation.of(own.target)
    assert work.counts()["settled"] == 30 and work.counts()["strays"] == 0


def test_a_second_person_gets_some_of_the_first_one_s_rows(client_of, own):
    for _ in range(10):
        label(client_of, own, "anna", "red")
    for _ in range(4):
        label(client_of, own, "ben", "blue")
    work = Annotation.of(own.target)
    both = [id for id, votes in work.on.items() if len(votes) == 2]
    assert len(both) == 2 and work.agreement().rows == 2
    text = client_of.get(f"/p/{own.id}/annotate?who=eve&order=disputes").text
    assert "anna: red; ben: blue" in text
    assert label(client_of, own, "eve", "blue", "disputes").status_code == 200
    assert Annotation.of(own.target).counts()["disputed"] == 1


def test_one_goes_back_and_says_something_else(client_of, own):
    after = label(client_of, own, "anna", "red").text
    before = html.unescape(re.search(r'data-key="u" href="([^"]+)"', after)[1])
    again = client_of.get(before).text
    assert 'value="red" aria-pressed="true"' in again
    data = {**fields(again), "label": "blue"}
    client_of.post(f"/p/{own.id}/annotate/vote", data=data, headers={"origin": ORIGIN})
    work = Annotation.of(own.target)
    assert [[v.label for v in votes] for votes in work.on.values()] == [["blue"]]


def test_two_tabs_label_one_row_and_the_later_label_stands(client_of, own):
    text = client_of.get(f"/p/{own.id}/annotate?who=anna").text
    for what in ("red", "blue"):
        data = {**fields(text), "label": what}
        client_of.post(f"/p/{own.id}/annotate/vote", data=data, headers={"origin": ORIGIN})
    assert [vote["label"] for vote in read_lines(own.target / NAME)] == ["red", "blue"]
    (votes,) = Annotation.of(own.target).on.values()
    assert [vote.label for vote in votes] == ["blue"]


def test_a_row_that_was_changed_meanwhile_is_not_labelled(client_of, own):
    text = client_of.get(f"/p/{own.id}/annotate?who=anna").text
    rows = list(read_lines(own.target / "rows.jsonl"))
    rows[0]["text"] = "quite another one"
    write_lines(own.target / "rows.jsonl", rows)
    data = {**fields(text), "label": "red"}
    answer = client_of.post(f"/p/{own.id}/annotate/vote", data=data, headers={"origin": ORIGIN})
    assert answer.status_code == 400 and "D08" in answer.text
    assert not (own.target / NAME).exists()
    assert "quite another one" in client_of.get(f"/p/{own.id}/annotate?who=anna").text


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"label": "green"}, "D030"),
        ({"label": ""}, "C060"),
        ({"id": "no-such-row"}, "D087"),
        ({"seen": "0" * 16}, "D088"),
        ({"who": ""}, "C073"),
        ({"who": "../../etc"}, "C073"),
        ({"who": "x" * 41}, "C073"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(client_of, own, changed, code):
    text = client_of.get(f"/p/{own.id}/annotate?who=anna").text
    data = {**fields(text), "label": "red", **changed}
    answer = client_of.post(f"/p/{own.id}/annotate/vote", data=data, headers={"origin": ORIGIN})
    assert answer.status_code == 400 and code in answer.text
    assert not (own.target / NAME).exists()


def test_the_first_page_asks_who_one_is(client_of, own):
    text = client_of.get(f"/p/{own.id}/annotate").text
    assert "80 of them without a label" in text and 'name="who"' in text
    label(client_of, own, "anna", "red")
    assert "<option>anna</option>" in client_of.get(f"/p/{own.id}/annotate").text


def test_when_all_is_labelled_the_page_says_so(client_of, own, small_folder):
    shutil.rmtree(small_folder / "work", ignore_errors=True)
    rows = list(read_lines(small_folder / "rows.jsonl"))[:24]
    write_lines(small_folder / "rows.jsonl", rows)
    for _ in range(24):
        answer = label(client_of, own, "anna", "red")
    assert "Nothing is left to label" in answer.text
