"""Likelihoods of both answers of a pair are those of transformers, here and in a run."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import assay
from assay import config
from assay.config import make_strategy
from assay.core.errors import TrainError
from assay.core.types import Answer, Example, Message, Task
from assay.runtime.arms.answer_likelihoods import PairReader, is_trained, needs_likelihoods
from assay.runtime.data_stage.prepare import find_prepared
from helpers.problems import problem
from helpers.toy import write_rows

BOTH = ("none of these colours", "red and blue")
KTO = (
    "[{kind: majority}, {kind: kto, name: kto, from_base: true, learning_rate: 0.01,"
    " epochs: 2, inner: {kind: lora, rank: 4}}]"
)
LORA = {"kind": "lora", "rank": 4, "epochs": 2, "learning_rate": 0.005}


def by_hand(network, tokenizer, prompt, text) -> float:
    """Of the answer and the token that ends its turn, by transformers alone."""
    turns = [{"role": one.role, "content": one.content} for one in prompt]
    before = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
    ids = tokenizer(before, add_special_tokens=False)["input_ids"]
    answer = tokenizer(text, add_special_tokens=False)["input_ids"] + [tokenizer.eos_token_id]
    with torch.no_grad():
        logs = network(torch.tensor([ids + answer])).logits[0].float().log_softmax(-1)
    return sum(float(logs[len(ids) - 1 + at, token]) for at, token in enumerate(answer))


@pytest.fixture
def plain(tiny_model):
    """(network, tokenizer), as transformers opens them."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    network = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)
    return network.eval(), AutoTokenizer.from_pretrained(tiny_model)


def asked(*texts: str) -> list[Example]:
    rows = [Example(t, (Message("user", t),), BOTH[1], rejected=BOTH[0]) for t in texts]
    return [row.question for row in rows]


def read(kind: dict, lesson, open_model, questions):
    strategy = make_strategy(kind, {})
    adapted = strategy.fit(lesson)
    reader = PairReader(strategy, "tiny", open_model)
    return adapted, reader.read(adapted, questions, [Answer("said")] * len(questions))


def test_an_untrained_model_finds_both_as_likely_as_transformers_does(lesson, open_tiny, plain):
    questions = asked("the sky is red", "blue it was, and red", "a bird")
    adapted, answers = read({"kind": "shots", "k": 0}, lesson("answer"), open_tiny, questions)
    for question, answer in zip(questions, answers, strict=True):
        prompt = adapted.prompt(question)
        hand = [by_hand(*plain, prompt, text) for text in question.compared]
        assert answer.likelihoods == pytest.approx(hand, abs=1e-4)
        assert (answer.reference, answer.text, question.compared) == ((), "said", BOTH)


@pytest.mark.slow
def test_of_a_trained_model_the_base_is_read_too(lesson, open_tiny, plain, one_thread):
    questions = asked("the sky is red", "blue it was, and red")
    adapted, answers = read(LORA, lesson("answer"), open_tiny, questions)
    trained = copy.deepcopy(adapted.model.network).eval()
    for question, answer in zip(questions, answers, strict=True):
        prompt = adapted.prompt(question)
        own = [by_hand(trained, plain[1], prompt, text) for text in BOTH]
        base = [by_hand(*plain, prompt, text) for text in BOTH]
        assert answer.likelihoods == pytest.approx(own, abs=1e-4)
        assert answer.reference == pytest.approx(base, abs=1e-4)
        assert abs(own[0] - base[0]) > 0.01  # training has moved it


def test_who_gives_no_likelihoods_is_not_measured(lesson):
    questions = asked("the sky is red")
    shots = make_strategy({"kind": "shots", "k": 0}, {})
    remote = SimpleNamespace(model=SimpleNamespace(name="far"), prompt=lambda one: one.messages)
    with problem(TrainError, "T084"):
        PairReader(shots, "far", lambda name: None).read(remote, questions, [Answer("said")])
    _, [constant] = read({"kind": "majority"}, lesson("answer"), None, questions)
    assert constant.likelihoods == (0.0, 0.0)  # it prefers neither
    mixed = make_strategy({"kind": "stack", "inners": [{"kind": "majority"}, {"kind": "knn"}]}, {})
    silent = SimpleNamespace(model=None)
    [answer] = PairReader(mixed, "", lambda name: None).read(silent, questions, [Answer("said")])
    assert answer.likelihoods == ()


def test_a_row_without_a_pair_is_left_as_it_is(lesson, open_tiny):
    alone = [replace(asked("the sky is red")[0], compared=())]
    _, answers = read({"kind": "shots", "k": 0}, lesson("answer"), open_tiny, alone)
    assert answers == [Answer("said")]


def test_when_pairs_are_read_and_what_is_trained():
    assert needs_likelihoods(Task(kind="answer", metric="preference_accuracy"))
    assert needs_likelihoods(Task(kind="answer", metrics=("length_controlled_preference",)))
    assert not needs_likelihoods(Task(kind="answer"))
    lora, shots = make_strategy(LORA, {}), make_strategy({"kind": "shots"}, {})
    dpo = make_strategy({"kind": "dpo", "inner": LORA}, {})
    assert is_trained(lora) and is_trained(dpo) and not is_trained(shots)


# --- in a run -------------------------------------------------------------------------------------

THINGS = "apple pear plum fig sky sea leaf brick coal snow rose lime sand ink moss".split()


def pairs(n: int, start: int = 0) -> list[dict]:
    return [
        {
            "prompt": f"say what is {THINGS[i % 15]} and {THINGS[(i * 7 + i // 15) % 15]} {i}",
            "chosen": f"it is {THINGS[(i * 3) % 15]}" + " as said" * (i % 3),
            "rejected": f"no {THINGS[(i * 4 + 1) % 15]}" + " at all" * (i % 2),
        }
        for i in range(start, start + n)
    ]


def build(folder: Path, model: Path, arms: str) -> Path:
    folder.mkdir()
    write_rows(folder / "train.jsonl", pairs(30))
    write_rows(folder / "test.jsonl", pairs(12, 500))
    (folder / "project.yaml").write_text(
        "version: 2\nseed: 3\nmodel: " + str(model) + "\n"
        "task: {kind: answer, metric: preference_accuracy,"
        " metrics: [length_controlled_preference], max_answer_tokens: 4}\n"
        "data: {files: {train: train.jsonl, test: test.jsonl}}\n"
        f"split: {{paraphrase: null, near: 1, contained: null, leaks: repair}}\ncompare: {arms}\n"
    )
    return folder


def values(report, name: str) -> dict[str, float]:
    one = next(one for one in report.data["strategies"] if one["name"] == name)
    return {metric: found["value"] for metric, found in one["metrics"].items()}


@pytest.mark.slow
def test_the_report_of_pairs_has_the_share_that_is_counted_by_hand(tmp_path, tiny_model, plain):
    arms = "[{kind: majority}, {kind: shots, k: 0, name: base}]"
    folder = build(tmp_path / "p", tiny_model, arms)
    report = assay.run(folder)
    right = []
    for row in map(json.loads, (folder / "test.jsonl").read_text().splitlines()):
        prompt = (Message("user", row["prompt"]),)  # the row carries its own instruction
        chosen, rejected = (by_hand(*plain, prompt, row[name]) for name in ("chosen", "rejected"))
        right.append((chosen > rejected, len(row["chosen"]) - len(row["rejected"])))
    share = sum(one for one, _ in right) / len(right)
    assert 0 < share < 1
    longer = [one for one, by in right if by > 0]
    shorter = [one for one, by in right if by < 0]
    assert longer and shorter and len(longer) + len(shorter) == len(right)
    controlled = (sum(longer) / len(longer) + sum(shorter) / len(shorter)) / 2
    found = values(report, "base")
    assert found["preference_accuracy"] == pytest.approx(share)
    assert found["length_controlled_preference"] == pytest.approx(controlled)
    assert values(report, "majority")["preference_accuracy"] == 0.5
    assert report.data["task"]["metric"] == "preference_accuracy"
    # both answers of a test row lie where no process that fits is sent
    quoted = [row["chosen"] for row in pairs(12, 500)]
    kept = [p for p in (folder / "work").rglob("questions/*.jsonl") if p.is_file()]
    assert not any(text in one.read_text() for one in kept for text in quoted)


@pytest.mark.slow
def test_a_file_of_verdicts_is_learnt_by_kto_and_judged_by_its_pairs(tmp_path, tiny_model, plain):
    """Of two answers to one prompt that are called good and bad apart from each other; those of
    ten prompts are only called bad."""
    folder = build(tmp_path / "p", tiny_model, KTO)
    for name, rows in (("train", pairs(30)), ("test", pairs(12, 500))):
        verdicts = [
            {"prompt": row["prompt"], "completion": row[which], "label": which == "chosen"}
            for at, row in enumerate(rows)
            for which in ("chosen", "rejected")
            if which == "rejected" or name == "test" or at >= 10
        ]
        write_rows(folder / f"{name}.jsonl", verdicts)
    report = assay.run(folder)
    prepared = find_prepared(config.load(folder / "project.yaml"))
    assert prepared is not None and prepared.note["unwanted"] == 10
    loaded = assay.load(folder, "kto")
    trained = copy.deepcopy(loaded.adapted.model.network).eval()
    right = []
    for row in pairs(12, 500):
        prompt = (Message("user", row["prompt"]),)
        gains = [
            by_hand(trained, plain[1], prompt, row[name]) - by_hand(*plain, prompt, row[name])
            for name in ("chosen", "rejected")
        ]
        assert abs(gains[0] - gains[1]) > 1e-3  # no near tie, and training has moved something
        right.append(gains[0] > gains[1])
    assert values(report, "kto")["preference_accuracy"] == pytest.approx(sum(right) / len(right))
