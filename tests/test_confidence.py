"""The confidence of every arm of a report is one kind of number: the share of its label among all
labels."""

import csv

import numpy as np
import pytest
import torch

import assay
from assay.core.store import read_lines
from assay.core.types import Example, Message, Record, Task
from assay.evaluation.scoring import judge
from assay.strategies.prompting.few_shot import Shots
from assay.strategies.prompting.prompted_arm import best_label
from assay.strategies.training.lora import Lora
from assay.tasks.prompt_format import ask
from helpers.toy import WORDS, build

ARMS = """
compare:
  - {kind: tfidf}
  - {kind: shots, k: 0, name: asked}
  - {kind: shots, k: 2, name: calibrated, calibrate: temperature}
  - {kind: lora, rank: 4, epochs: 2, name: tuned}
  - {kind: router, name: both, cheap: {kind: tfidf}, strong: {kind: lora, rank: 4, epochs: 2}}
documents: [notes.md]
"""


def plain(model, prompts, options):
    """Natural-log likelihood of each option, each as a sequence by itself through the network's own
    forward."""
    rows = []
    for messages in prompts:
        begin, _ = model.chat.prompt(messages)
        totals = []
        for option in options:
            answer = model.chat.answer(option)
            with torch.no_grad():
                logits = (
                    model.network(torch.tensor([begin + answer]))
                    .logits[0, len(begin) - 1 : -1]
                    .double()
                )
            totals.append(
                float(logits.log_softmax(-1).gather(1, torch.tensor(answer)[:, None]).sum())
            )
        rows.append(totals)
    return np.array(rows)


@pytest.mark.slow
@pytest.mark.parametrize(
    "strategy",
    [Shots(k=0), Shots(k=2, calibrate="temperature"), Lora(rank=4, epochs=2, learning_rate=1e-2)],
    ids=["asked", "calibrated", "tuned"],
)
def test_calibration_error_is_that_of_separate_sequences(lesson, strategy):
    given = lesson("classify")
    arm = strategy.fit(given)
    scores = plain(arm.model, [arm.prompt(row.question) for row in given.val], given.task.labels)
    if getattr(arm, "calibration", None):
        scores = arm.calibration(scores)
    exact = [best_label(given.task.labels, row) for row in scores]
    task = given.task.model_copy(update={"metrics": ("ece", "brier", "log_loss")})

    def judged(answers):
        return judge(
            [
                Record(r.question, r.target, r.also, a)
                for r, a in zip(given.val, answers, strict=True)
            ],
            task,
        )

    told = arm.answer([row.question for row in given.val])
    assert [a.confidence for a in told] == pytest.approx([a.confidence for a in exact], abs=1e-5)
    for name in ("ece", "brier", "log_loss"):
        assert judged(told).values[name] == pytest.approx(judged(exact).values[name], abs=1e-4)


@pytest.mark.nightly
def test_confidences_of_all_arms_are_shares_of_their_label_among_all(tmp_path, tiny_model):
    folder = build(tmp_path / "toy", tiny_model, ARMS)
    (folder / "notes.md").write_text("# Rooms\n\nA room has a door.\n")
    report = assay.run(folder)
    assert {arm["status"] for arm in report.data["strategies"]} == {"done"}
    labels = sorted(WORDS)
    for arm in report.data["strategies"]:
        loaded = assay.load(folder, arm["name"])
        asked = [
            row["question"]
            for row in read_lines(folder / "report" / "predictions" / f"{arm['name']}.jsonl")
        ]
        for answer in loaded.answer(asked[:6]):
            shares = np.exp(np.array(answer.scores) - max(answer.scores))
            assert answer.confidence == pytest.approx(shares.max() / shares.sum(), abs=1e-5)
            assert labels[int(np.argmax(shares))] == answer.text


@pytest.mark.nightly
def test_confidences_of_smollm2_on_77_labels_are_those_of_separate_sequences(shared_data):
    from assay.models.loading.find import find
    from assay.models.open import load_model

    with (shared_data("banking77", whole=True) / "test.csv").open(encoding="utf-8") as file:
        texts = {row["category"]: row["text"] for row in csv.DictReader(file)}
    task = Task(kind="classify", labels=tuple(sorted(texts)))
    model = load_model(find("smollm2-135m"), "fp32")
    asked = [Example(label, (Message("user", texts[label]),)) for label in task.labels[:3]]
    prompts = [ask(task, one) for one in asked]
    exact, scores = plain(model, prompts, task.labels), model.score(prompts, task.labels)
    for row, told in zip(exact, scores, strict=True):
        assert best_label(task.labels, told).confidence == pytest.approx(
            best_label(task.labels, row).confidence, abs=1e-5
        )
        assert (np.argsort(-told)[:2] == np.argsort(-row)[:2]).all()
