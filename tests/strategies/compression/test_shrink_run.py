"""Smaller arms in a whole run: they stand in the plan and in the table, with the arm inside as a
part."""

import pytest

import assay
from assay.core.types import Example, Message
from assay.deployment.server.run import load_server_arms
from helpers.toy import build

pytestmark = pytest.mark.slow

INNER = "{kind: lora, rank: 2, epochs: 1}"
ARMS = f"""
compare:
  - {{kind: quantise, name: small, inner: {INNER}}}
  - {{kind: distil, name: student, layers: 1, epochs: 1, level: sequence, inner: {INNER}}}
"""


@pytest.mark.nightly
def test_a_plan_and_a_run_of_smaller_arms(tmp_path, tiny_model):
    folder = build(tmp_path / "project", tiny_model, ARMS)
    planned = {row["name"]: row for row in assay.plan(folder).rows}
    assert not any(row["refused"] for row in planned.values())
    # The training inside is rehearsed; of a student also its own, and the answers of its teacher.
    assert planned["small"]["parts"]["steps"][0] > 0
    assert planned["student"]["parts"]["teacher"][0] > 0 and planned["student"]["seconds"] > 0
    report = assay.run(folder)
    found = {strategy["name"]: strategy for strategy in report.data["strategies"]}
    assert {one["status"] for one in found.values()} == {"done"}
    for one in found.values():
        assert "lora" in [part["name"] for part in one["cost"]["parts"]]
    # 30,000 embeddings in fp32 and 74,000 codes; one of two layers in fp32.
    assert found["small"]["cost"]["kept_bytes"] < 250_000
    assert found["student"]["cost"]["kept_bytes"] < 330_000
    said = {one.name: one.note for one in report.arms}
    assert "14 linear layers in 8 bits" in said["small"]
    assert "A student with 1 of its teacher's 2 decoder layers: 0." in said["student"]
    question = "a book about a shelf"
    own = {name: assay.load(folder, name).answer([question])[0].text for name in found}
    assert set(own.values()) <= {"pay", "lend", "meet"}
    # Served beside each other, each with a network of its own.
    asked = [Example("q", (Message("user", question),))]
    assert {
        one.name: one.adapted.answer(asked)[0].text
        for one in load_server_arms(folder, list(found)).arms
    } == own
