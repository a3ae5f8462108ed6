import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from assay.strategies.training.p_tuning import PTuning


# peft 0.21 itself asks transformers for a name that is going away.
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
@pytest.mark.parametrize("encoder", ["mlp", "lstm"])
def test_loss_and_gradients_are_those_of_peft_s_own_training_forward(
    lesson, open_tiny, encoder, one_thread
):
    from peft import PromptEncoderConfig, get_peft_model

    model = open_tiny()
    change = PTuning(tokens=5, encoder=encoder, hidden=24).change(model, lesson("answer"))
    config = PromptEncoderConfig(
        task_type="CAUSAL_LM",
        num_virtual_tokens=5,
        encoder_reparameterization_type=encoder.upper(),
        encoder_hidden_size=24,
    )
    peer = get_peft_model(open_tiny().network, config)
    theirs = dict(peer.prompt_encoder["default"].named_parameters())
    assert {f"soft.{name}" for name in theirs} == set(change.trained)
    with torch.no_grad():
        for name, weight in theirs.items():
            weight.copy_(change.trained[f"soft.{name}"])
    ids = torch.randint(3, 430, (3, 20), generator=torch.Generator().manual_seed(0))
    cache = change.soft()
    cache.batch_repeat_interleave(3)
    grads = []
    for logits, weights in (
        (
            model.network(ids, cache=cache, use_cache=True).logits,
            [change.trained[f"soft.{name}"] for name in theirs],
        ),
        (peer(ids, attention_mask=torch.ones_like(ids)).logits[:, 5:], list(theirs.values())),
    ):
        loss = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())
        grads.append((loss.detach(), torch.autograd.grad(loss, weights)))
    (mine, ours), (loss, expected) = grads
    torch.testing.assert_close(mine, loss)
    largest = max(float(grad.abs().max()) for grad in expected)
    for grad, other in zip(ours, expected, strict=True):
        torch.testing.assert_close(grad, other, atol=1e-4 * largest, rtol=0)


def test_the_encoder_is_not_kept(lesson, open_tiny, tmp_path):
    change = PTuning(tokens=4, encoder="lstm").change(open_tiny(), lesson("answer"))
    assert any("lstm_head" in name for name in change.trained)
    folder = tmp_path / "arm"
    folder.mkdir()
    change.write(folder)
    (kept,) = load_file(folder / "adapter_model.safetensors").items()
    assert (kept[0], kept[1].shape) == ("prompt_embeddings", (4, 64))
    config = json.loads((folder / "adapter_config.json").read_text())
    assert (config["peft_type"], config["encoder_hidden_size"]) == ("P_TUNING", 64)


@pytest.mark.slow
def test_it_learns_what_answers_look_like(lesson, one_thread):
    # See test_prompt_tuning.
    arm = PTuning(learning_rate=3e-3, epochs=20, batch_size=6).fit(
        replace(lesson("classify"), val=())
    )
    assert arm.curve[-1]["train_loss"] < 0.6 * arm.curve[0]["train_loss"]
