"""What was done to rows, and what people decide about them, from the page to the next run."""

import re

import pytest

import assay
from assay.core.store import read_lines
from assay.web.web_project import WebProject
from web.conftest import ORIGIN

pytestmark = pytest.mark.slow


def decide(client, own, query, id, action):
    text = client.get(f"/p/{own.id}/data/rows{query}").text
    form = next(part for part in text.split("<form") if f'name="id" value="{id}"' in part)
    data = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    data |= {"action": action}
    return client.post(f"/p/{own.id}/data/decide", data=data, headers={"origin": ORIGIN})


def test_every_reason_leads_to_its_rows(client_of, own):
    text = client_of.get(f"/p/{own.id}/data").text
    assert "160 rows read" in text
    for label in ("red", "blue"):
        assert re.search(rf'scope="row">{label}</th><td class="n">80', text)
    assert "How many rows are so many characters long." in text
    assert "tokens are learnt from" in text and "<mark>" in text
    everything = client_of.get(f"/p/{own.id}/data/rows").text
    assert "160 rows, page 1 of 4" in everything
    found = client_of.get(f"/p/{own.id}/data/rows?q=red7").text
    assert 0 < found.count('<th scope="row">') < 160


def test_a_dropped_row_is_in_no_split_of_the_next_run(client_of, own):
    first = next(iter(read_lines(own.target / "report" / "predictions" / "tfidf.jsonl")))["id"]
    text = client_of.get(f"/p/{own.id}/data/rows").text
    id = re.search(r'name="id" value="([^"]+)"', text)[1]
    answer = decide(client_of, own, "", id, "drop")
    assert "dropped by" in answer.text
    decided = client_of.get(f"/p/{own.id}/data/rows?only=decided").text
    assert decided.count('<th scope="row">') == 1
    assert "1 dropped, 0 kept" in client_of.get(f"/p/{own.id}/data").text
    report = assay.run(own.target, offline=True, tell=lambda event: None)
    rows = report.data["rows"]
    assert rows["train"] + rows["val"] + rows["test"] == 159 and first
    page = client_of.get(f"/p/{own.id}/data/rows?step=decide").text
    assert "dropped by decide" in page and id in page
    answer = decide(client_of, own, "?only=decided", id, "undo")
    assert "0 rows" in answer.text


@pytest.mark.parametrize(("id", "action", "code"), [("no", "drop", "D087"), ("", "burn", "C060")])
def test_what_is_wrong_is_named(client_of, own, id, action, code):
    text = client_of.get(f"/p/{own.id}/data/rows").text
    mark = re.search(r'name="mark" value="(\w+)"', text)[1]
    data = {"mark": mark, "id": id, "action": action}
    answer = client_of.post(f"/p/{own.id}/data/decide", data=data, headers={"origin": ORIGIN})
    assert answer.status_code == 400 and code in answer.text
    assert not (own.target / "decisions.jsonl").exists()


def test_before_the_first_run_there_is_nothing_to_account_for(open_page, small_folder):
    one = WebProject(small_folder)
    text = open_page(one).get(f"/p/{one.id}/data").text
    assert "No run has prepared the rows yet" in text and "160 rows read" in text
