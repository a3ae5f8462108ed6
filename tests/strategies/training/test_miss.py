"""One small matrix that is added to every slice of the columns: its closed form, its file, what it
refuses."""

from dataclasses import replace

import pytest
import torch

from assay.core.errors import TrainError
from assay.core.store import read_json
from assay.strategies.training.miss import Miss
from helpers.adapters import logits, saved, taught, through_peft


@pytest.fixture
def given(lesson, one_thread):
    return lesson("classify")


@pytest.mark.parametrize("rank", [16, 24])
def test_the_matrix_is_added_to_every_slice_of_the_weight(open_tiny, given, rank):
    # Kang and Yin (2024), section 3: W + D repeated along the inputs, the last slice cut where it
    # does not fit.
    model = open_tiny()
    change = Miss(rank=rank).change(model, given)
    taught(model, change, given)
    for name in ("model.layers.0.self_attn.k_proj", "model.layers.1.mlp.down_proj"):
        layer = model.network.get_submodule(name)
        weight = layer.base_layer.weight
        block = change.trained[f"{name}.miss_block.default"]
        assert block.shape == (rank, weight.shape[0])
        repeated = block.T.repeat(1, -(-weight.shape[1] // rank))[:, : weight.shape[1]]
        x = torch.randn(7, weight.shape[1])
        torch.testing.assert_close(layer(x), x @ (weight + repeated).T, atol=1e-5, rtol=1e-5)


def test_it_begins_as_the_base_and_learns(open_tiny, given):
    model = open_tiny(dtype=torch.bfloat16)
    before = logits(open_tiny(dtype=torch.bfloat16).network, model, given)
    change = Miss(rank=16).change(model, given)
    assert torch.equal(logits(model.network, model, given), before)
    assert {p.dtype for p in change.trained.values()} == {torch.float32}
    assert (logits(taught(model, change, given), model, given) - before).abs().max() > 1e-2


def test_plain_peft_computes_the_same_from_the_saved_folder(open_tiny, given, tmp_path):
    model = open_tiny()
    change = Miss(rank=16, dropout=0.1, layers=1, targets=("q_proj", "up_proj")).change(
        model, given
    )
    ours = logits(taught(model, change, given), model, given)
    folder = saved(change, tmp_path / "arm")
    theirs = logits(through_peft(open_tiny().network, folder), model, given)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)
    config = read_json(folder / "adapter_config.json")
    assert (config["peft_type"], config["r"], config["miss_dropout"]) == ("MISS", 16, 0.1)
    assert config["target_modules"] == [
        "model.layers.1.mlp.up_proj",
        "model.layers.1.self_attn.q_proj",
    ]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_it_comes_back_to_the_bit(open_tiny, given, tmp_path, dtype):
    model, again = open_tiny(dtype=dtype), open_tiny(dtype=dtype)
    change = Miss(rank=16).change(model, given)
    ours = logits(taught(model, change, given), model, given)
    restored = Miss(rank=16).change(again, replace(given, train=(), val=()))
    restored.read(saved(change, tmp_path / "arm"))
    assert torch.equal(logits(again.network.eval(), model, given), ours)


def test_training_leaves_every_bit_of_the_base(open_tiny, given):
    model = open_tiny(dtype=torch.bfloat16)
    network = taught(model, Miss(rank=16).change(model, given), given)
    tuned = {
        n.replace(".base_layer", ""): p for n, p in network.named_parameters() if "miss_" not in n
    }
    base = dict(open_tiny(dtype=torch.bfloat16).network.named_parameters())
    assert base.keys() == tuned.keys()
    assert all(torch.equal(tuned[name], weight) for name, weight in base.items())


@pytest.mark.slow
def test_a_fitted_arm_answers_the_same_when_it_is_restored(lesson, tmp_path, one_thread):
    given = lesson("answer")
    method = Miss(rank=16, epochs=2, batch_size=6)
    arm = method.fit(given)
    arm.save(tmp_path)
    questions = [row.question for row in given.val]
    again = method.restore(tmp_path, replace(given, train=(), val=()))
    assert [a.to_json() for a in again.answer(questions)] == [
        a.to_json() for a in arm.answer(questions)
    ]


def test_a_slice_wider_than_a_layer_is_refused(open_tiny, given):
    with pytest.raises(TrainError) as caught:
        Miss(rank=65).change(open_tiny(), given)
    (problem,) = caught.value.problems
    assert (problem.code, problem.help) == ("T023", "set rank to 64 or less")


def test_weights_that_are_kept_the_other_way_round_are_refused(given):
    from transformers import GPT2Config, GPT2LMHeadModel

    from assay.models.inference.chat_model import ChatModel

    network = GPT2LMHeadModel(
        GPT2Config(vocab_size=64, n_embd=16, n_layer=1, n_head=2, bos_token_id=None)
    )
    with pytest.raises(TrainError) as caught:
        Miss(rank=4).change(ChatModel("gpt2", network, chat=None), given)  # type: ignore[arg-type]
    assert [problem.code for problem in caught.value.problems] == ["T024"]
