"""Who labelled, how far they agree, and whose votes count."""

import html
import re

import pytest

from assay.core.store import read_json, read_lines, to_json, write_text
from assay.runtime.data_stage.annotation import Annotation
from assay.web.web_project import WebProject
from web.conftest import ORIGIN, send_form, write_votes


@pytest.fixture
def own(small_folder):
    value = read_json(small_folder / "project.yaml")
    value["task"]["labels"] = ["red", "blue"]
    write_text(small_folder / "project.yaml", to_json(value))
    write_votes(small_folder)
    return WebProject(small_folder)


@pytest.fixture
def client_of(open_page, own):
    return open_page(own)


def test_each_stands_with_the_share_that_says_the_same(client_of, own):
    text = client_of.get(f"/p/{own.id}/annotators").text
    # of anna's rows half have two of two others with her, half one of two
    assert text.count("0.75 (") == 2 and "0.50 (" in text
    assert text.count("10 rows</a>") == 3 and "Krippendorff" in text and "anna ~ ben" in text
    assert text.index(">eve</th>") < text.index(">anna</th>")  # who agrees least
    assert "<code>data: {annotations: annotations.jsonl}</code>" in text


def test_rows_on_which_somebody_says_otherwise_lead_to_a_decision(client_of, own):
    text = client_of.get(f"/p/{own.id}/annotators/eve").text
    assert text.count('name="label" value="blue"') == 10 and "anna: blue" in text
    assert text.count("2 of 3 annotators") == 10
    form = dict(re.findall(r'name="(id|seen|annotator)" value="([^"]*)"', text))
    answer = send_form(
        client_of, own, "annotators/settle", page="annotators/eve", **form, label="red"
    )
    assert answer.status_code == 200 and "decided by" in answer.text
    assert answer.text.count("2 of 3 annotators") == 9
    wrong = send_form(
        client_of, own, "annotators/settle", page="annotators/eve", **form, label="green"
    )
    assert wrong.status_code == 400 and "D030" in wrong.text
    assert client_of.get(f"/p/{own.id}/annotators/nobody").status_code == 404


def test_many_labels_are_chosen_on_the_page_of_the_row(client_of, own):
    value = read_json(own.target / "project.yaml")
    value["task"]["labels"] = ["red", "blue", *map(str, range(20))]
    write_text(own.target / "project.yaml", to_json(value))
    text = client_of.get(f"/p/{own.id}/annotators/eve").text
    link = html.unescape(re.search(r'href="([^"]*)"[^>]*>decide</a>', text)[1])
    begun = client_of.get(link)
    assert begun.status_code == 200 and 'type="hidden" name="row"' in begun.text


def test_votes_that_do_not_count_are_out_of_labels_and_agreement_until_undone(client_of, own):
    fields = {"annotator": "eve", "action": "drop", "why": "always <red>"}
    answer = send_form(client_of, own, "annotators/decide", page="annotators", **fields)
    assert "always &lt;red&gt;" in answer.text and "1.00" in answer.text
    work = Annotation.of(own.target)
    assert set(work.agreement().annotators) == {"anna", "ben"}
    assert work.agreement().percent.value == 1.0 and len(work.votes) == 60
    (line,) = read_lines(own.target / "decisions.jsonl")
    assert (line["annotator"], line["action"], line["why"]) == ("eve", "drop", "always <red>")
    send_form(
        client_of, own, "annotators/decide", page="annotators", annotator="eve", action="undo"
    )
    assert set(Annotation.of(own.target).agreement().annotators) == {"anna", "ben", "eve"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"annotator": "nobody", "action": "drop"}, "D087"),
        ({"annotator": "eve", "action": "keep"}, "C060"),
    ],
)
def test_what_cannot_be_decided_is_said(client_of, own, fields, said):
    answer = send_form(client_of, own, "annotators/decide", page="annotators", **fields)
    assert answer.status_code == 400 and said in answer.text
    assert not (own.target / "decisions.jsonl").exists()


def test_only_the_page_s_own_form_decides(client_of, own):
    data = {"annotator": "eve", "action": "drop"}
    answer = client_of.post(f"/p/{own.id}/annotators/decide", data=data, headers={"origin": ORIGIN})
    assert answer.status_code == 403 and not (own.target / "decisions.jsonl").exists()


def test_guidelines_stand_beside_the_row_and_run_nothing(client_of, own):
    told = "# Red\n\n*All* that is red. <script>bad()</script> [x](javascript:bad()) ![y](z.png)"
    write_text(own.target / "guidelines.md", told)
    for who in ("", "?who=carl"):
        text = client_of.get(f"/p/{own.id}/annotate{who}").text
        assert "<h3>Red</h3>" in text and "<em>All</em>" in text
        assert "<script>bad" not in text and 'href="javascript' not in text and "<img" not in text
    (own.target / "guidelines.md").write_bytes(b"\xff\xfe\x00")
    assert "D008" in client_of.get(f"/p/{own.id}/annotate").text
