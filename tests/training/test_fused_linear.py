"""Fused LoRA layers compute what PEFT's do, in one product, and are gone after training."""

import pytest
import torch

from assay.strategies.training.lora import Lora
from assay.training.acceleration import faster
from assay.training.fused_linear import FusedLora, Together, together

IDS = torch.tensor([[5, 9, 200, 31, 7, 7, 90]])


@pytest.fixture
def tuned(open_tiny, lesson):
    """A tiny model with LoRA layers whose B is not zero."""

    def make(dtype=torch.float64, **settings):
        torch.manual_seed(4)
        model = open_tiny(dtype=dtype)
        change = Lora(rank=4, **settings).change(model, lesson("classify"))
        for name, parameter in change.trained.items():
            if "lora_B" in name:
                torch.nn.init.normal_(parameter, std=0.1)
        return model.network, change.trained

    return make


def losses(network, trained):
    for parameter in trained.values():
        parameter.grad = None
    loss = network(IDS, use_cache=False).logits.float().log_softmax(-1).square().mean()
    loss.backward()
    gradients = {name: p.grad.clone() for name, p in trained.items() if p.grad is not None}
    return float(loss.detach()), gradients


def test_loss_and_gradients_are_those_of_pefts_layers(tuned):
    network, trained = tuned()
    before, wanted = losses(network, trained)
    with faster(network, compiled=False):
        assert sum(isinstance(module, FusedLora) for module in network.modules()) == 14
        after, found = losses(network, trained)
    assert after == pytest.approx(before, rel=1e-6)
    largest = max(float(g.abs().max()) for g in wanted.values())
    assert max(float((found[n] - wanted[n]).abs().max()) for n in wanted) / largest < 1e-5
    assert not any(isinstance(module, FusedLora) for module in network.modules())
    assert losses(network, trained)[0] == before


@pytest.mark.parametrize("kind", ["zamba2", "mamba2"])
def test_state_space_models_train_and_merge(kind, tmp_path, open_tiny, lesson):
    # Zamba 2 reads `out_proj.bias` while it trains; PEFT refuses the `out_proj` of Mamba 2.
    from assay.models.inference.chat_model import ChatModel
    from assay.training.adapters.merge import merge
    from helpers import hybrids
    from helpers.architectures import plain

    network = plain(hybrids.build(tmp_path / kind, kind), torch.float64)
    model = ChatModel(kind, network, open_tiny().chat)
    change = Lora(rank=2, dropout=0).change(model, lesson("classify"))
    network.double().train()
    for parameter in change.trained.values():
        torch.nn.init.normal_(parameter.requires_grad_(), std=0.1)
    before, wanted = losses(network, change.trained)
    with faster(network, compiled=False):
        assert any(isinstance(module, FusedLora) for module in network.modules())
        after, found = losses(network, change.trained)
    assert after == pytest.approx(before, rel=1e-6)
    # Zamba 2 has layers for blocks that it never computes
    assert len(wanted) > len(change.trained) / 2 and found.keys() == wanted.keys()
    for name, gradient in wanted.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=1e-6)
    with torch.no_grad():
        adapted = network.eval()(IDS, use_cache=False).logits
        merge(network)
        torch.testing.assert_close(network(IDS, use_cache=False).logits, adapted, rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    "settings", [{"alpha": 1}, {"alpha": 10, "rs": True}], ids=["by rank", "by its root"]
)
def test_the_scale_is_in_the_gradients_of_a_and_of_b_and_of_what_lies_below(tuned, settings):
    # 1/4 and 10/2; layers below the last get their gradients through the scaled products above
    # them.
    network, trained = tuned(**settings)
    layer = network.model.layers[0].mlp.gate_proj
    assert layer.scaling["default"] == {1: 0.25, 10: 5.0}[settings["alpha"]]
    _, wanted = losses(network, trained)
    with faster(network, compiled=False):
        _, found = losses(network, trained)
    for name, gradient in wanted.items():
        assert float((found[name] - gradient).abs().max()) < 1e-9 * float(gradient.abs().max()), (
            name
        )


def test_the_frozen_weights_stand_in_memory_once(tuned):
    network, _ = tuned()
    layers = [network.model.layers[0].self_attn.get_submodule(f"{one}_proj") for one in "qkv"]
    weights = [layer.base_layer.weight for layer in layers]
    before = [weight.detach().clone() for weight in weights]
    with pytest.raises(KeyError), faster(network, compiled=False):
        (both,) = {weight.untyped_storage().data_ptr() for weight in weights}
        together = network.model.layers[0].self_attn.q_proj.together
        assert both == together.both.untyped_storage().data_ptr()
        assert all(map(torch.equal, weights, before))
        raise KeyError
    assert not hasattr(together, "both")  # else all layers would be there twice at the end
    assert all(map(torch.equal, weights, before))
    assert [layer.base_layer.weight for layer in layers] == weights
    assert all(w.is_contiguous() and w.untyped_storage().nbytes() == w.nbytes for w in weights)


def test_layers_that_are_computed_together_keep_scales_of_their_own(tuned):
    network, trained = tuned()
    attention = network.model.layers[0].self_attn
    for scale, name in zip((0.5, 3.0, 7.0), ("q_proj", "k_proj", "v_proj"), strict=True):
        getattr(attention, name).scaling["default"] = scale
    _, wanted = losses(network, trained)
    with faster(network, compiled=False):
        assert attention.q_proj.together is attention.v_proj.together
        _, found = losses(network, trained)
    for name, gradient in wanted.items():
        assert float((found[name] - gradient).abs().max()) < 1e-9 * float(gradient.abs().max()), (
            name
        )


def test_a_changed_weight_is_seen_by_the_next_pass(tuned):
    network, trained = tuned()
    with faster(network, compiled=False):
        first, _ = losses(network, trained)
        with torch.no_grad():
            for parameter in trained.values():
                parameter.mul_(1.5)
        second, _ = losses(network, trained)
    assert first != second == pytest.approx(losses(network, trained)[0], rel=1e-6)


def test_in_bf16_one_product_keeps_what_two_roundings_lose(tuned):
    # The parts of LoRA are far below half a unit in the last place of the base's output: added to
    # it after both were rounded they vanish, added inside the product they move its rounding in the
    # mean.
    torch.manual_seed(0)
    network, _ = tuned(dtype=torch.bfloat16)
    layer = network.model.layers[0].mlp.gate_proj
    with torch.no_grad():
        layer.lora_B["default"].weight.mul_(0.01)
    x = torch.randn(4096, 64).bfloat16()
    exact = x.double() @ layer.base_layer.weight.double().t()
    small = (x.double() @ layer.lora_A["default"].weight.double().t()) @ layer.lora_B[
        "default"
    ].weight.double().t()
    small = small * layer.scaling["default"]
    together = Together([layer])
    together.refresh()
    fused = FusedLora(together, 0, layer)

    def kept(y):
        """The share of LoRA's part that a least-squares fit finds in the output."""
        return float(((y.double() - exact) * small).sum() / small.square().sum())

    with torch.no_grad():
        assert kept(fused(x)) == pytest.approx(1.0, abs=0.1)
        off = [(module(x).double() - exact - small).square().mean() for module in (fused, layer)]
    assert off[0] < off[1]


def test_a_copy_in_fp32_while_it_trains_is_of_the_fused_matrices_alone(tuned, monkeypatch):
    from assay.models.inference import causal_lm

    network, _ = tuned(torch.bfloat16)
    with faster(network, compiled=False):
        network(IDS, use_cache=False)  # what was learnt is in the matrices
        model = causal_lm.CausalLM("tiny", network, None)
        many = sum(p.numel() for p in network.parameters())
        many += sum(b.numel() for b in network.buffers())
        monkeypatch.setattr(causal_lm, "EXACT_BYTES", 4 * many - 1)
        assert model.exact() is None
        monkeypatch.setattr(causal_lm, "EXACT_BYTES", 4 * many)
        wide = model.exact().network
        ours, theirs = (one.model.layers[0].self_attn for one in (network, wide))
        assert theirs.q_proj.together is theirs.v_proj.together is not ours.q_proj.together
        assert torch.equal(theirs.q_proj.together.both, ours.q_proj.together.both.float())
        assert theirs.q_proj.weight is ours.q_proj.weight  # the base's own, for its type alone
        found = wide(IDS, use_cache=False).logits
    network.float()
    torch.testing.assert_close(found, network(IDS, use_cache=False).logits, atol=0.02, rtol=0)


@pytest.mark.parametrize("training", [True, False])
def test_layers_that_read_the_same_states_are_found_and_left_as_they_were(tuned, training):
    network, _ = tuned()
    block = network.model.layers[0]
    q, k, v, o = (block.self_attn.get_submodule(f"{one}_proj") for one in "qkvo")
    network.train(training)
    assert together(network, [q, k, v, o]) == [[q, k, v], [o]]
    assert network.training is training
    assert not any(layer._forward_pre_hooks for layer in (q, k, v, o))
