"""setfit and encoder from a project file to answers for new rows, on an encoder of a folder."""

import json

import pytest

import assay
from helpers.bert import build

WORDS = {
    "card": ("plastic", "chip", "wallet"),
    "refund": ("return", "money", "shop"),
    "taxi": ("ride", "driver", "road"),
}
FRAMES = (
    "about the {} number {}",
    "help with {} page {}",
    "my {} is the matter of {}",
    "so the {} then {}",
)


@pytest.mark.nightly
def test_a_project_with_both_runs_and_answers_new_rows(tmp_path):
    encoder = build(tmp_path / "encoder", [word for words in WORDS.values() for word in words])
    rows = [
        {"text": frame.format(word, 37 * i + n), "label": label}
        for n, frame in enumerate(FRAMES)
        for i, (label, words) in enumerate(WORDS.items())
        for word in words
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    quick = f"model: {encoder}, epochs: 2, batch_size: 12"
    (tmp_path / "project.yaml").write_text(
        "data: {files: {data: rows.jsonl}}\nsplit: {train: 0.6, val: 0.2, test: 0.2, near: 1.0}\n"
        f"compare:\n  - {{kind: setfit, name: tuned, {quick}}}\n"
        f"  - {{kind: encoder, name: headed, class_weight: balanced, {quick}}}\n"
    )
    report = assay.run(tmp_path)
    assert {arm["name"]: arm["status"] for arm in report.data["strategies"]} == {
        "tuned": "done",
        "headed": "done",
    }
    (tmp_path / "new.jsonl").write_text(json.dumps({"text": "about the chip number 3"}) + "\n")
    for name in ("tuned", "headed"):
        assay.answer(tmp_path / "new.jsonl", tmp_path, name, tmp_path / "out.jsonl")
        assert json.loads((tmp_path / "out.jsonl").read_text())["answer"] in WORDS
