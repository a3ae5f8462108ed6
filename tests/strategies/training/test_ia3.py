"""Factors that plain peft loads, at the places the paper names."""

import json
from dataclasses import replace

import pytest
import torch

from assay.strategies.training.ia3 import Ia3
from assay.strategies.training.trained_arm import sequences_of
from assay.tasks.prompt_format import ask
from assay.training.batch import TrainingBatch


@pytest.fixture
def changed(lesson, open_tiny, one_thread):
    """A tiny model with factors away from 1, and the change."""
    model = open_tiny()
    change = Ia3().change(model, lesson("classify"))
    draw = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for factor in change.trained.values():
            factor += 0.3 * torch.randn(factor.shape, generator=draw)
    return model, change


# peft 0.21 itself asks transformers for a name that is going away.
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
def test_plain_peft_loads_the_folder_and_computes_the_same(changed, lesson, tiny_model, tmp_path):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model, change = changed
    folder = tmp_path / "arm"
    folder.mkdir()
    change.write(folder)
    base = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)
    given = lesson("classify")
    ids = torch.tensor([model.chat.prompt(ask(given.task, given.val[0]))[0]])
    with torch.no_grad():
        before = base(ids).logits
        theirs = PeftModel.from_pretrained(base, folder).eval()(ids).logits
        torch.testing.assert_close(model.network(ids).logits, theirs, atol=1e-5, rtol=0)
    assert (theirs - before).abs().max() > 1e-2


def test_the_folder_holds_the_factors_of_keys_values_and_feed_forward_parts(
    changed, tmp_path, open_tiny, lesson
):
    from safetensors.torch import load_file

    _, change = changed
    folder = tmp_path / "arm"
    folder.mkdir()
    change.write(folder)
    tensors = load_file(folder / "adapter_model.safetensors")
    # Keys and values are 2 heads of 16, outputs; the feed-forward part's 128 are inputs of its last
    # layer.
    shapes = {"self_attn.k_proj": (32, 1), "self_attn.v_proj": (32, 1), "mlp.down_proj": (1, 128)}
    expected = {f"model.layers.{i}.{part}": shape for i in (0, 1) for part, shape in shapes.items()}
    assert {f"base_model.model.{n}.ia3_l": s for n, s in expected.items()} == {
        n: t.shape for n, t in tensors.items()
    }
    config = json.loads((folder / "adapter_config.json").read_text())
    assert config["target_modules"] == sorted(expected)
    assert config["feedforward_modules"] == [f"model.layers.{i}.mlp.down_proj" for i in (0, 1)]
    again = Ia3().change(open_tiny(), lesson("classify"))
    again.read(folder)
    assert all(torch.equal(again.trained[name], factor) for name, factor in change.trained.items())


def test_it_starts_from_the_base_in_fp32(lesson, open_tiny, one_thread):
    ids = torch.arange(3, 30)[None]
    base = open_tiny(dtype=torch.bfloat16)
    with torch.no_grad():
        before = base.network(ids).logits
        change = Ia3().change(base, lesson("answer"))
        assert torch.equal(base.network(ids).logits, before)
    assert {factor.dtype for factor in change.trained.values()} == {torch.float32}
    assert {name for name, p in base.network.named_parameters() if p.requires_grad} == set(
        change.trained
    )


@pytest.mark.parametrize("tree", [True, False], ids=["tree", "rows"])
def test_loss_and_gradients_are_those_of_separate_sequences(changed, lesson, tree):
    model, change = changed
    given, network = lesson("classify"), model.network.double()
    weights = list(change.trained.values())
    sequences = sequences_of(model.chat, given.task, given.train[:5])
    batch = TrainingBatch.of(sequences, range(5), pad=0, device=model.device, tree=tree)
    grads = torch.autograd.grad(-batch.log_probs(network).sum(), weights)
    logs = [network(torch.tensor([s.ids])).logits[0].log_softmax(-1) for s in sequences]
    alone = -sum(
        log[i - 1, s.ids[i]] for s, log in zip(sequences, logs, strict=True) for i in s.targets
    )
    expected = torch.autograd.grad(alone, weights)
    largest = max(float(grad.abs().max()) for grad in expected)
    for grad, other in zip(grads, expected, strict=True):
        # Llama's norm computes in fp32 whatever it is given.
        torch.testing.assert_close(grad, other, atol=1e-6 * largest, rtol=0)


@pytest.mark.slow
def test_it_learns_what_answers_look_like(lesson, one_thread):
    # The base is random: weighing what it computes tells little of the question, but three labels
    # are a few tokens of the 433 that a random model draws from.
    given = replace(lesson("classify"), val=())
    arm = Ia3(learning_rate=0.2, epochs=8, batch_size=6).fit(given)
    assert arm.curve[-1]["train_loss"] < 0.6 * arm.curve[0]["train_loss"]
