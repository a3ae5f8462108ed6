"""Personal data on the page of the data: hidden as the project hides it, and shown on request."""

import pytest

from assay.core.store import read_json, read_lines, to_json, write_lines, write_text
from assay.runtime.data_stage.annotation import Annotation
from assay.runtime.data_stage.prepare import prepare
from assay.web.veiled_rows import VeiledRows
from assay.web.web_project import WebProject
from web.conftest import send_form

SECRET = "anna.berg@postbox.de"


@pytest.fixture
def own(small_folder):
    """Its first row has an address; one row has it for an id."""
    rows = list(read_lines(small_folder / "rows.jsonl"))
    for number, row in enumerate(rows):
        row["id"] = f"r{number}"
    rows[0]["text"] += f" write to {SECRET}"
    rows[1]["id"] = "carl.berg@postbox.de"
    rows[2]["text"] = rows[4]["text"]  # one of the two is dropped
    write_lines(small_folder / "rows.jsonl", rows)
    value = read_json(small_folder / "project.yaml")
    value["data"]["columns"]["id"] = "id"
    steps = [{"kind": "anonymise", "key_file": "key.txt", "names": "none"}, {"kind": "dedupe"}]
    write_text(small_folder / "project.yaml", to_json({**value, "prepare": steps}))
    return WebProject(small_folder)


@pytest.mark.slow
def test_personal_data_is_hidden_until_it_is_asked_for(open_page, own):
    from assay.config import load

    prepare(load(own.target / "project.yaml"), tell=lambda event: None)
    client = open_page(own)
    hidden = client.get(f"/p/{own.id}/data/rows?q=write+to").text
    assert SECRET not in hidden and "Show it" in hidden and "1 row of" in hidden
    assert SECRET in client.get(f"/p/{own.id}/data/rows?q=write+to&plain=1").text
    dropped = client.get(f"/p/{own.id}/data/rows?action=dropped").text
    assert "dropped by dedupe" in dropped and "berg" not in dropped
    every = client.get(f"/p/{own.id}/data/rows").text + client.get(f"/p/{own.id}/data").text
    assert SECRET not in every and "carl.berg" not in every.split('name="id"')[0]
    name = VeiledRows.of(Annotation.of(own.target)).names["carl.berg@postbox.de"]
    assert name.startswith("row-") and name in every
    answer = send_form(
        client, own, "data/decide", page="data/rows", id="carl.berg@postbox.de", action="drop"
    )
    assert answer.status_code == 200 and "dropped by" in answer.text


def test_without_such_a_step_all_is_as_it_is(small_folder):
    work = Annotation.of(small_folder)
    found = VeiledRows.of(work)
    assert not found.hides and found.shown(work.rows[0]) is work.rows[0]
    assert set(found.by_name) == {row.id for row in work.rows} == set(found.names.values())


def test_before_the_first_run_there_is_no_key_and_it_is_hidden_all_the_same(own):
    found = VeiledRows.of(Annotation.of(own.target))
    assert found.hides and SECRET not in found.shown(found.by_name["r0"]).text
    assert not (own.target / "key.txt").exists()
