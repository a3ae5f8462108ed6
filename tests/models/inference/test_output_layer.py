import pytest
import torch
import transformers as hf

from assay.models.inference.output_layer import output, scale_logits

SMALL = {
    "vocab_size": 8,
    "hidden_size": 16,
    "intermediate_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "pad_token_id": 0,
}
FAMILIES = {
    "llama": (hf.LlamaConfig, {}, 1.0, None),
    "granite": (hf.GraniteConfig, {"logits_scaling": 8.0}, 1 / 8, None),
    "cohere": (hf.CohereConfig, {"logit_scale": 0.25}, 0.25, None),
    "gemma 2": (hf.Gemma2Config, {"final_logit_softcapping": 30.0}, 1.0, 30.0),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_logits_from_its_parts_are_those_of_the_model(family):
    kind, own, scale, cap = FAMILIES[family]
    torch.manual_seed(0)
    network = hf.AutoModelForCausalLM.from_config(kind(**SMALL, **own)).eval()
    weight, bias, *found = output(network)
    assert found == [scale, cap]
    with torch.no_grad():
        ids = torch.tensor([[3, 5]])
        hidden = network.base_model(input_ids=ids).last_hidden_state
        ours = scale_logits(torch.nn.functional.linear(hidden, weight, bias), scale, cap)
        torch.testing.assert_close(ours, network(ids).logits)


def test_a_cap_bounds_large_logits_and_leaves_small_ones():
    # x - cap tanh(x / cap) is about x^3 / (3 cap^2): 4e-4 of 1 where the cap is 30.
    found = scale_logits(torch.tensor([1.0, 1e4, -1e4]), 1.0, 30.0)
    assert found.tolist() == pytest.approx([1.0, 30.0, -30.0], abs=5e-4)
    assert scale_logits(torch.tensor([3.0]), 0.5, None).tolist() == [1.5]
