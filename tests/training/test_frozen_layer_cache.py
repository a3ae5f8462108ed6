"""What frozen layers compute is kept: with a trunk losses and gradients are those without, and the
layers below do not run a second time."""

import pytest
import torch
from transformers import GPT2Config

from assay.models.tokenizer.chat_tokens import Encoded
from assay.training.batch import TrainingBatch
from assay.training.decoder_layers import decoder_layers, first_trained
from assay.training.frozen_layer_cache import Trunk
from assay.training.objectives.classification import ClassifierLayer, classification
from assay.training.objectives.completion import completion
from helpers.trunks import (
    CPU,
    OWN,
    TIED,
    batches,
    counted,
    families,
    network_of,
    rows_of,
    silent,
    trained,
    trees,
)

# --- the same losses and gradients ----------------------------------------------------------------


@pytest.mark.slow
@families
@pytest.mark.parametrize("first", [1, 3])
def test_losses_and_gradients_are_those_without_a_trunk(config, first, tmp_path):
    sequences, plain, kept = rows_of(), network_of(config), network_of(config)
    trees_too = config.get_text_config()._attn_implementation == "assay"
    ours, theirs = trained(kept, first), trained(plain, first)
    trunk = Trunk(kept, first, sequences, tmp_path, pad=0, tree=trees_too, group=16)
    trunk.fill(silent)
    for tree in (False, True) if trees_too else (False,):
        for batch in batches(sequences, tree):
            with trunk:
                trunk.prepare(batch)
                loss = completion(kept, batch)
                mine = torch.autograd.grad(loss.value, list(ours.values()), allow_unused=True)
            other = completion(plain, batch)
            grads = torch.autograd.grad(other.value, list(theirs.values()), allow_unused=True)
            assert float(loss.value.detach()) == pytest.approx(
                float(other.value.detach()), rel=1e-6
            )
            # an expert that nobody asked
            assert [g is None for g in mine] == [g is None for g in grads]
            largest = max(float(g.abs().max()) for g in grads if g is not None)
            for a, b in zip(mine, grads, strict=True):
                assert a is None or float((a - b).abs().max()) < 1e-5 * largest


@trees
@pytest.mark.parametrize("pool", ["last", "mean"])
def test_a_head_on_frozen_layers(pool, tree, tmp_path):
    network = network_of(TIED)
    sequences = rows_of(learnt=False)
    if pool == "mean":
        sequences = [Encoded(s.ids, ((1, len(s.ids)),), 0, s.label) for s in sequences]
    torch.manual_seed(1)
    layer = ClassifierLayer(16, 3)
    torch.nn.init.normal_(layer.out.weight)
    trunk = Trunk(network, 4, sequences, tmp_path, pad=0, tree=tree, group=16)
    trunk.fill(silent)
    # Without learnt tokens only the state at the end of each sequence is kept; one sequence comes
    # twice.
    unique = len({tuple(s.ids[:i]) for s in sequences for i in range(1, len(s.ids) + 1)})
    assert trunk.bytes == 4 * 16 * (8 if pool == "last" else unique)
    objective, layers = classification(layer, pool), decoder_layers(network)
    for batch in batches(sequences, tree):
        with trunk, counted(layers) as calls:
            trunk.prepare(batch)
            loss = objective(network, batch)
            mine = torch.autograd.grad(loss.value, list(layer.parameters()))
        assert calls == [0] * 4
        other = objective(network, batch)
        assert float(loss.value.detach()) == pytest.approx(float(other.value.detach()), rel=1e-6)
        for a, b in zip(
            mine, torch.autograd.grad(other.value, list(layer.parameters())), strict=True
        ):
            torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-5)


def test_with_an_output_matrix_of_its_own_all_layers_are_trunk(tmp_path):
    network, plain, sequences = network_of(OWN), network_of(OWN), rows_of()
    names = ("model.norm.", "lm_head.")
    ours, theirs = trained(network, 4, names), trained(plain, 4, names)
    assert first_trained(network, ours) == 4
    trunk = Trunk(network, 4, sequences, tmp_path, pad=0)
    trunk.fill(silent)
    for batch in batches(sequences, tree=True):
        with trunk:
            trunk.prepare(batch)
            mine = torch.autograd.grad(completion(network, batch).value, list(ours.values()))
        grads = torch.autograd.grad(completion(plain, batch).value, list(theirs.values()))
        for a, b in zip(mine, grads, strict=True):
            torch.testing.assert_close(a, b, atol=1e-5 * float(b.abs().max()), rtol=1e-5)


@trees
def test_bf16_states_are_kept_bit_by_bit(tree, tmp_path):
    network, sequences = network_of(OWN, torch.bfloat16), rows_of()
    trunk = Trunk(network, 2, sequences, tmp_path, pad=0, tree=tree)
    trunk.fill(silent)
    # One group holds all sequences, so a batch of all of them in the trunk's order has the same
    # shape.
    order = sorted(range(9), key=lambda row: (sequences[row].ids, row))
    batch = TrainingBatch.of([sequences[row] for row in order], order, pad=0, device=CPU, tree=tree)
    with trunk:
        trunk.prepare(batch)
        with_trunk = batch.states(network)[batch.ends]
    assert torch.equal(with_trunk, batch.states(network)[batch.ends])


def test_dropout_of_frozen_layers_is_off(tmp_path):
    config = GPT2Config(
        vocab_size=64,
        n_embd=16,
        n_layer=4,
        n_head=2,
        resid_pdrop=0.5,
        attn_pdrop=0.0,
        embd_pdrop=0.5,
    )
    network, sequences = network_of(config), rows_of()
    batch = next(batches(sequences, False))
    trunk = Trunk(network, 4, sequences, tmp_path, pad=0, tree=False)
    network.train()
    trunk.fill(silent)
    assert network.training
    with trunk:
        trunk.prepare(batch)
        states = batch.states(network)[batch.ends]
    torch.testing.assert_close(
        states, batch.states(network.eval())[batch.ends], atol=1e-6, rtol=1e-5
    )


# --- computed once --------------------------------------------------------------------------------


@trees
def test_frozen_layers_run_once_and_are_back_for_evaluation(tree, tmp_path):
    network, sequences = network_of(OWN), rows_of()
    layers = decoder_layers(network)
    weights = trained(network, 3)
    names = list(dict(network.named_parameters()))
    with counted(layers) as calls:
        trunk = Trunk.of(network, weights, sequences, tmp_path, pad=0, tree=tree, tell=silent)
        assert trunk is not None
    # the layers that are trained do not run in the first pass
    assert calls[0] == calls[2] > 0 and calls[3] == 0
    with counted(layers) as calls:
        for _ in range(2):
            for batch in batches(sequences, tree):
                with trunk:
                    trunk.prepare(batch)
                    completion(network, batch).value.backward()
    assert calls == [0, 0, 0, 4]
    assert list(dict(network.named_parameters())) == names
    with counted(layers) as calls:
        network(torch.tensor([[5, 6, 7]]))
    assert calls == [1, 1, 1, 1]


def test_the_layers_are_back_after_an_error(tmp_path):
    network, sequences = network_of(OWN), rows_of()
    trunk = Trunk(network, 2, sequences, tmp_path, pad=0)
    with pytest.raises(RuntimeError, match="fill"), trunk:
        trunk.prepare(next(batches(sequences, True)))
    trunk.fill(silent)
    with pytest.raises(RuntimeError, match="prepare"), trunk:
        next(batches(sequences, True)).states(network)
    # a decoder layer, not what stood in for it
    assert len(decoder_layers(network)[0][1]._parameters) == 0
    with counted(decoder_layers(network)) as calls:
        network(torch.tensor([[5, 6]]))
    assert calls == [1] * 4


def test_layers_that_were_exchanged_in_the_meantime_are_the_ones_that_come_back(tmp_path):
    class Wrapped(torch.nn.Module):  # as a compiled layer is
        def __init__(self, layer):
            super().__init__()
            self.layer = layer

        def forward(self, hidden, **given):
            return self.layer(hidden, **given)

    network, sequences = network_of(OWN), rows_of()
    weights = trained(network, 2)
    trunk = Trunk(network, 2, sequences, tmp_path, pad=0)
    trunk.fill(silent)
    others = [Wrapped(layer) for layer in network.model.layers]
    for place, other in enumerate(others):
        network.model.layers[place] = other
    batch = next(batches(sequences, True))
    with trunk:
        assert list(network.model.layers)[2:] == others[2:]
        trunk.prepare(batch)
        mine = torch.autograd.grad(completion(network, batch).value, list(weights.values()))
    assert list(network.model.layers) == others
    for a, b in zip(
        mine,
        torch.autograd.grad(completion(network, batch).value, list(weights.values())),
        strict=True,
    ):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-4)


@trees
def test_no_more_is_computed_at_once_than_asked(tree, tmp_path):
    network, sequences, seen = network_of(OWN), rows_of(40), []
    hook = decoder_layers(network)[0][1].register_forward_hook(
        lambda m, i, output: seen.append(output[..., 0].numel())
    )
    trunk = Trunk(network, 2, sequences, tmp_path, pad=0, tree=tree, group=64)
    seen.clear()
    trunk.fill(silent)
    hook.remove()
    assert max(seen) <= 64 and len(seen) > 1


def test_a_shared_beginning_is_kept_once(tmp_path):
    sequences = rows_of()
    trunk = Trunk(network_of(OWN), 2, sequences, tmp_path, pad=0, group=8)
    unique = {tuple(s.ids[:i]) for s in sequences for i in range(1, len(s.ids) + 1)}
    assert trunk.bytes == len(unique) * 16 * 4
    trunk.fill(silent)
    assert (tmp_path / "trunk.part").stat().st_size == trunk.bytes
