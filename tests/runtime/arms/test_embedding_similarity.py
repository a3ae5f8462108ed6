"""embedding_similarity in a whole run: the encoder is asked once, and what it said is kept."""

import json
from hashlib import sha256
from textwrap import wrap

import numpy as np
import pytest

import assay
from assay.core.errors import UsageError
from helpers.problems import problem
from helpers.toy import write_rows

ANSWERS = ("The shop is open.", "It is closed today.", "Ask at the desk.")


def build(folder, aim):
    folder.mkdir()
    # no two are alike
    asked = [" ".join(wrap(sha256(str(i).encode()).hexdigest(), 6)) for i in range(61)]
    rows = [{"question": one, "answer": ANSWERS[i % 3]} for i, one in enumerate(asked)]
    write_rows(folder / "train.jsonl", rows[:40] + [{"question": asked[60], "answer": ANSWERS[0]}])
    write_rows(folder / "test.jsonl", rows[40:60])
    (folder / "project.yaml").write_text(
        f"version: 2\nname: alike\ntask: {aim}\n"
        "data: {files: {train: train.jsonl, test: test.jsonl}}\ncompare:\n  - {kind: majority}\n"
    )
    return folder


def test_it_cannot_decide(tmp_path):
    folder = build(tmp_path / "project", "{kind: answer, metric: embedding_similarity}")
    with problem(UsageError, "C092", None, "embedding_similarity"):
        assay.check(folder)


@pytest.mark.real
@pytest.mark.slow
def test_answers_are_held_against_targets_by_the_encoder(tmp_path):
    from assay.models.embeddings import Embedder
    from assay.models.loading.find import find

    folder = build(
        tmp_path / "project", "{kind: answer, metrics: [exact_match, embedding_similarity]}"
    )
    report = assay.run(folder)
    value = report.data["strategies"][0]["metrics"]["embedding_similarity"]["value"]
    lines = (folder / "report" / "predictions" / "majority.jsonl").read_text().splitlines()
    pairs = [(row["answer"], row["target"]) for row in map(json.loads, lines)]
    vectors = Embedder(find("minilm-l6", kind="embedder").folder)(list(ANSWERS))
    expected = np.mean(
        [vectors[ANSWERS.index(said)] @ vectors[ANSWERS.index(target)] for said, target in pairs]
    )
    assert len({target for _, target in pairs}) == 3
    assert value == pytest.approx(expected, abs=1e-5)
    assert sum(1 for _ in (folder / "exam" / "alike").iterdir()) == 1
    # A second run asks nothing anew and says the same.
    done = next((folder / "exam" / "alike").iterdir()) / "done.json"
    written = done.stat().st_mtime_ns
    assert (
        assay.run(folder).data["strategies"][0]["metrics"]["embedding_similarity"]["value"] == value
    )
    assert done.stat().st_mtime_ns == written
