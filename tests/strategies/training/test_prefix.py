import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, DeepseekV3Config, Lfm2Config

from assay.core.errors import TrainError
from assay.strategies.training.prefix import Prefix


@pytest.mark.parametrize("hidden", [0, 16])
def test_it_starts_as_if_the_instruction_stood_before_the_prompt(lesson, open_tiny, hidden):
    model, given = open_tiny(), lesson("classify")
    task = given.task.model_copy(update={"instruction": "Which of these?"})
    ids = torch.arange(3, 25)[None]
    text = model.chat.text_ids("Which of these? card, card lost, refund")[:6]
    change = Prefix(tokens=6, hidden=hidden).change(model, replace(given, task=task))
    with torch.no_grad():
        expected = model.network(torch.cat([torch.tensor([text]), ids], 1)).logits[:, 6:]
        logits = model.network(ids, cache=change.soft(), use_cache=True).logits
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=0)


# peft 0.21 itself asks transformers for names that are going away.
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
@pytest.mark.filterwarnings("ignore:`past_key_values` is deprecated:FutureWarning")
def test_loss_and_gradient_are_those_of_peft_s_own_training_forward(lesson, open_tiny, one_thread):
    from peft import PrefixTuningConfig, get_peft_model

    model = open_tiny()
    change = Prefix(tokens=5).change(model, lesson("answer"))
    (weight,) = change.trained.values()
    peer = get_peft_model(
        open_tiny().network, PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=5)
    )
    theirs = peer.prompt_encoder["default"].embedding.weight
    assert theirs.shape == weight.shape  # 5 x (2 layers, keys and values, 2 heads of 16)
    with torch.no_grad():
        theirs.copy_(change.soft.embeddings())
    ids = torch.randint(3, 430, (3, 20), generator=torch.Generator().manual_seed(0))
    loss = peer(ids, attention_mask=torch.ones_like(ids), labels=ids).loss
    cache = change.soft()
    cache.batch_repeat_interleave(3)
    logits = model.network(ids, cache=cache, use_cache=True).logits
    mine = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())
    torch.testing.assert_close(mine, loss)
    (grad,), (other,) = torch.autograd.grad(mine, [weight]), torch.autograd.grad(loss, [theirs])
    torch.testing.assert_close(grad, other, atol=1e-5 * float(other.abs().max()), rtol=0)


def test_the_network_that_makes_the_prefix_is_not_kept(lesson, open_tiny, tmp_path):
    change = Prefix(tokens=4, hidden=8).change(open_tiny(), lesson("answer"))
    assert any("transform" in name for name in change.trained)
    folder = tmp_path / "arm"
    folder.mkdir()
    change.write(folder)
    (kept,) = load_file(folder / "adapter_model.safetensors").items()
    assert (kept[0], kept[1].shape) == ("prompt_embeddings", (4, 2 * 2 * 2 * 16))
    config = json.loads((folder / "adapter_config.json").read_text())
    assert (config["peft_type"], config["prefix_projection"]) == ("PREFIX_TUNING", False)
    assert (config["num_layers"], config["num_attention_heads"], config["token_dim"]) == (2, 2, 32)


# Every second layer of LFM 2 is a convolution; DeepSeek's keys are wider than its values.
@pytest.mark.parametrize(
    ("config", "given"),
    [
        (Lfm2Config, {"num_key_value_heads": 2, "layer_types": ["conv", "full_attention"]}),
        (
            DeepseekV3Config,
            {"qk_rope_head_dim": 4, "qk_nope_head_dim": 8, "v_head_dim": 8, "kv_lora_rank": 8},
        ),
    ],
    ids=["convolutions", "wide keys"],
)
def test_layers_that_keep_something_else_are_refused(lesson, open_tiny, config, given):
    from assay.models.inference.chat_model import ChatModel

    tiny = open_tiny()
    sizes = {
        "vocab_size": 450,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_attention_heads": 4,
    }
    ends = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    network = AutoModelForCausalLM.from_config(
        config(**sizes, **ends, **given, num_hidden_layers=2)
    )
    model = ChatModel("other", network.eval().requires_grad_(False), tiny.chat)
    with pytest.raises(TrainError) as caught:
        Prefix().change(model, lesson("answer"))
    assert [problem.code for problem in caught.value.problems] == ["T032"]


@pytest.mark.slow
def test_it_learns_what_answers_look_like(lesson, one_thread):
    # See test_prompt_tuning.
    arm = Prefix(learning_rate=0.1, epochs=8, batch_size=6).fit(replace(lesson("classify"), val=()))
    assert arm.curve[-1]["train_loss"] < 0.6 * arm.curve[0]["train_loss"]
