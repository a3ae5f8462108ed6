"""Which rules answers keep, by rule and arm, beside the base; and that a run says so."""

import json

import pytest

import assay
from assay.audits.context import Seen
from assay.audits.policy_rules.run import ask, is_enabled
from assay.core.types import Answer, Example, Message, Record
from assay.decision.finished_arm import Arm
from helpers.small_projects import bench_of_project, load_project

POLICY = """task:
  kind: rewrite
  policy: |
    ## Short
    Short.
    ```yaml check
    max_words: 1
    ```
    ## Calm
    No exclamation mark.
    ```yaml check
    lacks: "!"
    ```
    ## Kind
    Be kind.
"""
COLUMNS = (
    "data: {files: {train: train.jsonl, test: test.jsonl}, columns: {text: text, answer: a}}\n"
)


def arm(name, texts, kind="lora", **settings):
    records = [
        Record(Example(f"t{at}", (Message("user", f"Row {at}?"),)), "", (), Answer(text))
        for at, text in enumerate(texts)
    ]
    return Arm(name, kind, settings, records=records)


@pytest.fixture
def seen(tmp_path):
    bench, exam = bench_of_project(load_project(tmp_path))
    task = bench.prepared.task.model_copy(
        update={"kind": "rewrite", "policy": _inline(POLICY), "labels": ()}
    )
    bench.prepared.note["task"] = task.model_dump(mode="json")

    def build(*arms):
        return Seen(bench, exam, arms, lambda: {"verdict": {"recommended": "lora"}})

    return build


def _inline(text):
    lines = text.partition("policy: |\n")[2].splitlines()
    return "\n".join(line.strip() for line in lines)


BASE = ("asked", ["two words"] * 5 + ["one"] * 5, "shots")


def test_shares_are_counted_by_rule_and_held_against_the_base(seen):
    found = ask(
        seen(
            arm("told", ["one!"] * 10, "shots", k=0, policy=True),
            arm(*BASE, k=0),
            arm("lora", ["one"] * 9 + [None]),
        )
    )
    assert [rule["name"] for rule in found["rules"]] == ["Short", "Calm"]
    assert found["unchecked"] == ["Kind"] and found["base"] == "asked" and found["n"] == 10
    short, calm = (rule["arms"] for rule in found["rules"])
    assert [short[name]["value"] for name in found["arms"]] == [1.0, 0.5, 0.9]
    assert [calm[name]["value"] for name in found["arms"]] == [0.0, 1.0, 0.9]
    assert found["all"]["lora"]["value"] == 0.9 and found["all"]["told"]["value"] == 0
    # Wilson's interval of 5 of 10 is .237 to .763 (Newcombe 1998, Statistics in Medicine 17).
    assert (short["asked"]["low"], short["asked"]["high"]) == pytest.approx(
        (0.2366, 0.7634), abs=1e-4
    )
    assert short["asked"]["against"] is None
    # The same rows: 4 gained and none lost of 10.
    assert short["lora"]["against"]["value"] == pytest.approx(0.4)
    assert calm["told"]["against"]["value"] == -1
    assert [one["broken"] for one in found["examples"]] == [["Short", "Calm"]]


def test_rows_of_a_group_are_one_observation(seen):
    arms = [arm(*BASE, k=0), arm("lora", ["one"] * 10)]
    alone = ask(seen(*arms))["rules"][0]["arms"]["asked"]
    for one in arms:
        one.records[:] = [
            Record(
                Example(r.question.id, r.question.messages, group=f"g{at // 5}"), "", (), r.answer
            )
            for at, r in enumerate(one.records)
        ]
    grouped = ask(seen(*arms))["rules"][0]["arms"]["asked"]
    assert grouped["high"] - grouped["low"] > alone["high"] - alone["low"]


def test_without_the_base_there_are_shares_alone(seen):
    found = ask(seen(arm("lora", ["one", "one two"]), arm("few", ["a", "b"], "shots", k=4)))
    assert found["base"] is None
    assert found["rules"][0]["arms"]["lora"]["against"] is None
    assert ask(seen()) is None


def test_it_is_asked_where_rules_can_be_checked(seen):
    bench = seen().bench
    assert is_enabled(bench.project, bench.prepared)
    bench.prepared.note["task"]["policy"] = "## Kind\nBe kind.\n"
    assert not is_enabled(bench.project, bench.prepared)


def test_a_run_says_it_in_its_report(tmp_path):
    words = (
        "cat dog cow hen fox owl ant bee eel elk bat rat ram ewe sow cub pup hog doe jay".split()
    )
    rows = [{"text": f"{a} {b}!", "a": f"{a}"} for a in words for b in words[:3] if a != b]
    for name, part in (("train", rows[:40]), ("test", rows[40:])):
        text = "".join(json.dumps(row) + "\n" for row in part)
        (tmp_path / f"{name}.jsonl").write_text(text)
    (tmp_path / "project.yaml").write_text(
        f"{POLICY}{COLUMNS}split: {{leaks: repair}}\n"
        "compare: [{kind: copy}, {kind: majority}]\nmodel: nowhere\n"
    )
    data = assay.run(tmp_path).data
    kept = {rule["name"]: rule["arms"] for rule in data["rules"]["rules"]}
    assert kept["Calm"]["copy"]["value"] == 0 and kept["Calm"]["majority"]["value"] == 1
    strategies = {one["name"]: one["metrics"] for one in data["strategies"]}
    assert strategies["copy"]["policy"]["value"] == 0
    assert strategies["majority"]["policy"]["value"] == 1
    for name in ("report.html", "report.md"):
        assert "Rules of the policy" in (tmp_path / "report" / name).read_text()
