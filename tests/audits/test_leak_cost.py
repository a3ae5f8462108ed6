"""What leaks cost, on data made so that the answer is known: labels that only memory can tell."""

import hashlib
import random
from collections import Counter
from types import SimpleNamespace

import pytest

import assay
from assay.audits.leak_cost import downsample
from assay.core.errors import UsageError
from assay.core.types import Example, Message
from assay.data.leak_audit import audit
from helpers.lines import named
from helpers.problems import problem
from helpers.toy import write_rows

LETTERS = "bcdfghklmnprstvw"


def row(n, draw):
    """A text of random words; its label is a coin, so nothing but memory can tell it."""
    text = " ".join("".join(draw.choices(LETTERS, k=6)) for _ in range(6))
    return {"text": text, "label": "ab"[hashlib.sha256(f"{n}".encode()).digest()[0] % 2]}


@pytest.fixture
def project(tmp_path):
    """300 training rows, 100 test rows; `leaks` of them stand in train too."""

    def build(leaks):
        draw = random.Random(4)
        train, test = [row(n, draw) for n in range(300)], [row(1000 + n, draw) for n in range(100)]
        copies = [{**one, "text": one["text"].upper() + "!"} for one in test[:leaks]]
        write_rows(tmp_path / "train.jsonl", train + copies)
        write_rows(tmp_path / "test.jsonl", test)
        (tmp_path / "project.yaml").write_text(
            "data: {files: {train: train.jsonl, test: test.jsonl}, columns: {text: "
            "text, label: label}}\nsplit: {leaks: repair, train: 0.9, val: 0.05, test: 0.05}\n"
            "compare: [{kind: majority}]\n"
        )
        return tmp_path

    return build


@pytest.mark.slow
def test_a_planted_leak_costs_what_was_planted(project):
    folder = project(40)
    found = assay.check(folder, doubts=["leak_cost"]).to_json()["leak_cost"]
    assert found["rows"] == {"train": 284, "leaked": 40, "test": 100, "test_leaked": 40}
    # On the 40 rows that were trained on the label is known, without them it is a coin: half of 40
    # rows, 20 points of 100, give or take three standard deviations of 40 coins (9.5).
    assert found["all"]["difference"] == pytest.approx(0.20, abs=0.095)
    assert found["all"]["low"] > 0 and found["leaked"]["low"] > 0
    assert found["with"] - found["without"] == pytest.approx(found["all"]["difference"], abs=1e-6)
    assert found["same_size_gain"]["difference"] == pytest.approx(
        found["all"]["difference"], abs=0.1
    )
    # A run asks it too, and says so in the report; nothing is computed twice.
    seen = []
    report = assay.run(folder, tell=seen.append)
    assert report.data["leak_cost"] == found
    text = (folder / "report" / "report.md").read_text()
    assert named(text, "40", "leaked", "tfidf", "accuracy")
    assert named((folder / "report" / "report.html").read_text(), "40", "leaked")
    # two looks at the test rows, both counted
    assert len((folder / "exam.jsonl").read_text().splitlines()) == 2


def test_without_leaks_there_is_nothing_to_ask(project):
    checked = assay.check(project(0), doubts=["leak_cost"])
    assert "leak_cost" not in checked.to_json() and not checked.prepared.note["audit"]["repaired"]
    assert not audit(*(checked.prepared.examples(name) for name in ("train", "val", "test"))).pairs


def test_an_arm_that_is_not_there(project):
    with problem(UsageError, "C083", "evaluate.leak_cost", "'tfdif'", "'tfidf'"):
        assay.check(project(3), sets=["evaluate.leak_cost=tfdif"], doubts=["leak_cost"])


def labelled(prefix, labels):
    return [
        Example(f"{prefix}{i}", (Message("user", f"{prefix} {i}"),), label)
        for i, label in enumerate(labels)
    ]


def test_as_many_rows_as_have_leaked_are_taken_out_of_each_label():
    train, leaked = labelled("t", "aaaaaabbb"), labelled("x", "aabbbbb")

    def left(kind, seed):
        task, project = SimpleNamespace(kind=kind), SimpleNamespace(seed=seed)
        bench = SimpleNamespace(prepared=SimpleNamespace(task=task), project=project)
        return downsample(train, leaked, bench)

    # Two of six a; of b there are three to take, and no a goes for the others.
    assert Counter(row.target for row in left("classify", 1)) == {"a": 4}
    assert len(left("answer", 1)) == 9 - 7  # without labels, seven of any
    assert left("answer", 1) == left("answer", 1)
    assert len({tuple(row.id for row in left("answer", seed)) for seed in range(9)}) > 1
    kept = left("classify", 1)
    assert kept == [row for row in train if row in kept]  # in their order
