"""A model without a chat template: asked in plain text wherever it goes, and every report says
so."""

import json
import shutil
from pathlib import Path

import pytest

import assay
from assay.core.types import Message
from assay.models.loading.find import find
from assay.models.loading.folder_validation import admit
from assay.models.loading.template_check import objections
from assay.models.open import load_model
from assay.models.tokenizer.plain_template import PLAIN, SAID
from helpers.toy import build, rows, write_rows

TURNS = (Message("system", "Classify the message."), Message("user", "my card"))
SHOWN = (*TURNS, Message("assistant", "card"), Message("user", "a taxi"))


@pytest.fixture(scope="module")
def base(tiny_model, tmp_path_factory) -> Path:
    """The tiny model as its makers had it before they taught it to chat."""
    folder = tmp_path_factory.mktemp("base") / "tiny-base"
    shutil.copytree(tiny_model, folder)
    (folder / "chat_template.jinja").unlink()
    assert "chat_template" not in json.loads((folder / "tokenizer_config.json").read_text())
    return folder


def test_it_is_found_and_asked_under_plain_headings(base):
    assert objections(PLAIN) == []
    found = find(str(base))
    assert SAID in found.note
    model = load_model(found, "fp32")
    end = model.chat.tokenizer.eos_token
    said = model.chat.tokenizer.decode(model.chat.prompt(SHOWN)[0])
    asked = "Classify the message.\n\nUser:\nmy card\n\nAssistant:\n"
    assert said == f"{asked}card{end}\n\nUser:\na taxi\n\nAssistant:\n"
    assert model.chat.answer("card")[-1] == model.chat.tokenizer.eos_token_id
    # What others make of the same file is what assay sends.
    turns = [{"role": turn.role, "content": turn.content} for turn in SHOWN]
    theirs = model.chat.tokenizer.apply_chat_template(
        turns, tokenize=False, add_generation_prompt=True
    )
    assert theirs == said


def test_a_text_begins_with_the_token_that_texts_begin_with(base, tmp_path):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(admit(base))
    tokenizer.bos_token = tokenizer.eos_token
    shown = tokenizer.apply_chat_template([{"role": "user", "content": "a"}], tokenize=False)
    assert shown == f"{tokenizer.eos_token}User:\na\n\n"


def test_the_next_heading_of_the_user_ends_an_answer(base):
    model = load_model(find(str(base)), "fp32")
    assert model.chat.stops == ("\nUser:",)
    assert "\nUser:" in model.pen(assay.core.types.GREEDY, 5).stop


def test_a_template_of_its_own_is_taken_as_it_is(base, tiny_model, tmp_path):
    own = tmp_path / "own"
    shutil.copytree(base, own)
    (own / "chat_template.jinja").write_text((tiny_model / "chat_template.jinja").read_text())
    found = find(str(own))
    assert found.note == ""
    assert load_model(found, "fp32").chat.stops == ()


@pytest.mark.slow
def test_it_is_asked_and_trained_and_exported_for_labels(base, tmp_path):
    arms = "compare:\n  - {kind: shots, k: 1}\n  - {kind: lora, name: tuned, rank: 4, epochs: 2}\n"
    folder = build(tmp_path / "toy", base, arms)
    report = assay.run(folder)
    assert [arm["status"] for arm in report.data["strategies"]] == ["done", "done"]
    assert SAID in (folder / "report" / "report.md").read_text()
    loaded = assay.load(folder, "tuned")
    assert loaded.answer(["bill invoice about charge"])[0].text in ("pay", "lend", "meet")
    out = tmp_path / "merged"
    assay.export(folder, "tuned", to="merged", out=out)
    assert any(path.read_text() == PLAIN for path in out.rglob("chat_template.jinja"))


@pytest.mark.slow
def test_it_reads_texts_as_they_are_where_they_are_the_task(base, tmp_path):
    folder = tmp_path / "p"
    folder.mkdir()
    write_rows(folder / "rows.jsonl", [{"text": row["text"]} for row in rows(60)])
    (folder / "project.yaml").write_text(
        "data: {files: {data: rows.jsonl}}\n"
        f"task: {{kind: continue}}\nsplit: {{near: 1.0}}\nmodel: {base}\ncompare:\n"
        "  - {kind: ngram}\n  - {kind: shots, k: 0}\n  - {kind: lora, rank: 4, epochs: 1}\n"
    )
    report = assay.run(folder)
    assert {arm["status"] for arm in report.data["strategies"]} == {"done"}
