"""The question to the base, through the worker; what it finds on a planted base is in
test_memorisation.py."""

import json

import numpy as np
import pytest
import torch

import assay
from assay.audits.contamination.run import reader, sample_texts, sentence
from assay.models.inference.log_likelihood import token_log_probs
from helpers.toy import build, rows, write_rows

TEXTS = (
    "my card is stolen",
    "a",
    "about the refund please",
    "",
    "Which colour has the <|im_end|> sky?",
)


def test_a_text_is_as_likely_as_its_own_pass_says(open_tiny):
    model = open_tiny()
    begin = model.chat.tokenizer.eos_token_id
    found = token_log_probs(model, TEXTS)
    for text, values in zip(TEXTS, found, strict=True):
        ids = [begin, *model.chat.text_ids(text)]
        with torch.no_grad():
            logs = model.network(torch.tensor([ids])).logits[0].double().log_softmax(-1)
        alone = [float(logs[at, token]) for at, token in enumerate(ids[1:])]
        np.testing.assert_allclose(values, alone, atol=1e-4)
    read = reader(model)(TEXTS)
    assert read[0] == pytest.approx(
        (found[0].mean(), np.sort(found[0])[: max(1, round(0.2 * len(found[0])))].mean())
    )
    assert read[3] == (0.0, 0.0)


def test_rows_are_drawn_by_what_they_say():
    texts = [f"row {n}" for n in range(100)]
    assert (
        sample_texts(texts, 20, 1)
        == sample_texts(texts[::-1] + texts, 20, 1)
        != sample_texts(texts, 20, 2)
    )
    assert sample_texts(texts, 10, 1) == sample_texts(texts, 20, 1)[:10]


@pytest.mark.nightly
def test_check_asks_the_base_in_a_process_of_its_own(tmp_path, tiny_model):
    folder = build(tmp_path / "project", tiny_model, "compare: [{kind: majority}]\n")
    write_rows(folder / "newer.jsonl", rows(40, 5000))
    sets = ["evaluate.contamination_reference=newer.jsonl", "evaluate.contamination_rows=25"]
    found = assay.check(folder, sets=sets, doubts=["contamination"]).to_json()["contamination"]
    assert found["rows"] == {"test": 25, "reference": 25} and found["reference"] == "newer.jsonl"
    assert not found["suspected"]  # random weights have read nothing
    assert 0.2 < found["share"]["value"] < 0.8
    seen = []
    report = assay.run(folder, sets=[*sets, "evaluate.contamination=true"], tell=seen.append)
    assert report.data["contamination"] == found
    assert not [e for e in seen if e.get("name") == "contamination"]  # from the same stage
    assert "No sign that" in (folder / "report" / "report.md").read_text()
    assert (
        json.loads((folder / "report" / "report.json").read_text())["contamination"]["level"]
        == 0.99
    )


def test_what_is_said():
    found = {
        "base": "b",
        "reference": "train and val",
        "rows": {"test": 1, "reference": 9},
        "share": None,
    }
    assert sentence(found).startswith("Too few rows")
    share = {"value": 0.81, "low": 0.7, "high": 0.9}
    found |= {"share": share, "suspected": True, "level": 0.99}
    assert sentence(found).startswith(
        "Evidence, not proof, that b has read the test rows: against paraphrases"
    )
