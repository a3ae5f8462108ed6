"""Adapters that plain peft loads, and that learn what can be learnt."""

import json
from dataclasses import replace

import pytest
import torch

from assay.encode.wording import ask
from assay.errors import TrainError
from assay.nouns import Lesson
from assay.store import read_json
from assay.train import Lora
from assay.train.tuned import sequences_of


@pytest.fixture
def fitted(lesson, tmp_path, one_thread):
    given = lesson("classify")
    arm = Lora(rank=4, alpha=12, epochs=1, batch_size=6, learning_rate=5e-3).fit(given)
    folder = tmp_path / "arm"
    folder.mkdir()
    arm.save(folder)
    return given, arm, folder


def logits(network, chat, given):
    ids, _ = chat.prompt(ask(given.task, given.val[0]))
    with torch.no_grad():
        return network.eval()(torch.tensor([ids])).logits


# peft 0.21 itself asks transformers for a name that is going away.
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
def test_plain_peft_loads_the_folder_and_computes_the_same(fitted, tiny_model):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    given, arm, folder = fitted
    base = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)
    before = logits(base, arm.model.chat, given)
    theirs = logits(PeftModel.from_pretrained(base, folder), arm.model.chat, given)
    torch.testing.assert_close(logits(arm.model.network, arm.model.chat, given), theirs, atol=1e-5, rtol=0)
    assert (theirs - before).abs().max() > 1e-3  # it has learnt something


def test_the_folder_holds_the_adapter_and_nothing_of_the_base(fitted):
    from safetensors.torch import load_file

    _, _, folder = fitted
    assert sorted(path.name for path in folder.iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
        "tuned.json",
    ]
    tensors = load_file(folder / "adapter_model.safetensors")
    # Two matrices beside each of the 7 linear layers of 2 blocks; the output layer is left alone.
    assert len(tensors) == 2 * 7 * 2
    assert all(".lora_A." in name or ".lora_B." in name for name in tensors)
    config = json.loads((folder / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"], config["bias"]) == (4, 12, "none")
    parts = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj")
    parts += ("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")
    assert config["target_modules"] == sorted(f"model.layers.{i}.{part}" for i in (0, 1) for part in parts)
    assert read_json(folder / "tuned.json")["ended"] == "all epochs done"


def test_alpha_is_twice_the_rank_unless_given(lesson, tmp_path):
    Lora(rank=3, epochs=1).fit(lesson("answer")).save(tmp_path)
    assert read_json(tmp_path / "adapter_config.json")["lora_alpha"] == 6


def test_the_base_stays_as_it_is(fitted, open_tiny):
    _, arm, _ = fitted
    base = {name: p for name, p in open_tiny().network.named_parameters()}
    tuned = {n.replace(".base_layer", ""): p for n, p in arm.model.network.named_parameters() if "lora_" not in n}
    assert base.keys() == tuned.keys()
    assert all(torch.equal(tuned[name], weight) for name, weight in base.items())
    assert not any(p.requires_grad for p in arm.model.network.parameters())


def test_it_is_asked_as_it_was_trained(fitted):
    given, arm, _ = fitted
    chat = arm.model.chat
    for row, sequence in zip(given.train, sequences_of(chat, given.task, given.train), strict=True):
        assert chat.prompt(arm.prompt(row.question))[0] == sequence.ids[: sequence.learnt[0][0]]


@pytest.mark.parametrize("kind", ["classify", "answer"])
def test_it_learns_a_toy_mapping(lesson, kind, one_thread):
    # Twelve (six) words that each name a label (an answer), three sentences around each: 36 (18) rows.
    given = lesson(kind)
    arm = Lora(rank=16, learning_rate=3e-3, epochs=40, batch_size=6, patience=40).fit(given)
    answers = arm.answer([row.question for row in given.train])
    assert sum(a.text == row.target for a, row in zip(answers, given.train, strict=True)) == len(given.train)
    assert arm.curve[-1]["train_loss"] < arm.curve[0]["train_loss"]


def test_rows_with_empty_targets_are_refused(lesson):
    given: Lesson = lesson("answer")
    rows = (replace(given.train[0], target=" "), *given.train[1:])
    with pytest.raises(TrainError) as caught:
        Lora().fit(replace(given, train=rows))
    (problem,) = caught.value.problems
    assert (problem.code, problem.place) == ("T003", given.train[0].source)


def test_training_rows_that_are_cut_are_counted(lesson):
    told = []
    given = lesson("answer", tell=told.append)
    long = given.train[0].with_text("grass " * 100)
    Lora(epochs=1, max_length=60).fit(replace(given, train=(long, *given.train[1:])))
    assert [(e["code"], e["count"]) for e in told if e["event"] == "warning"] == [("D048", 1)]
