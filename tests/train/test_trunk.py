"""What frozen layers compute is kept: with a trunk losses and gradients are those without, and the layers below do not
run a second time."""

from contextlib import contextmanager

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    FalconConfig,
    Gemma3TextConfig,
    GPT2Config,
    GPTNeoXConfig,
    LlamaConfig,
    Qwen3MoeConfig,
)

from assay.encode.chat import Encoded
from assay.errors import Stopped
from assay.train.batch import Batch
from assay.train.layers import decoder_layers, first_trained
from assay.train.objectives.classification import Layer, classification
from assay.train.objectives.completion import completion
from assay.train.trunk import Trunk

CPU = torch.device("cpu")
SMALL = {"vocab_size": 64, "hidden_size": 16, "num_hidden_layers": 4, "num_attention_heads": 2}
WIDE = {**SMALL, "intermediate_size": 32, "attn_implementation": "assay"}
GROUPED = {**WIDE, "num_key_value_heads": 1, "head_dim": 8}
OWN = LlamaConfig(**WIDE, tie_word_embeddings=False)
TIED = LlamaConfig(**WIDE, tie_word_embeddings=True)
FAMILIES = [
    OWN,
    Gemma3TextConfig(**GROUPED, sliding_window=4),
    Qwen3MoeConfig(**GROUPED, num_experts=3, num_experts_per_tok=2, moe_intermediate_size=8),
    GPT2Config(vocab_size=64, n_embd=16, n_layer=4, n_head=2, resid_pdrop=0.0, attn_pdrop=0.0, embd_pdrop=0.0),
    GPTNeoXConfig(**WIDE),
    FalconConfig(**SMALL),  # gives its states in a tuple
]
families = pytest.mark.parametrize("config", FAMILIES, ids=lambda config: config.model_type)
trees = pytest.mark.parametrize("tree", [False, True], ids=["rows", "tree"])


def network_of(config, dtype=torch.float32):
    from assay.model import attention

    attention.register()
    torch.manual_seed(3)
    return AutoModelForCausalLM.from_config(config).eval().requires_grad_(False).to(dtype)


def rows_of(count=9, learnt=True):
    """Sequences of which some share a beginning, one is the beginning of another, and one comes twice."""
    draw = torch.Generator().manual_seed(1)
    ids = [[5, 6, 7, *torch.randint(8, 64, (3 + i % 4,), generator=draw).tolist()] for i in range(count - 2)]
    ids += [ids[0], ids[1] + [9, 9]]
    return [Encoded(some, ((len(some) - 2, len(some)),) if learnt else (), 0, i % 3) for i, some in enumerate(ids)]


def trained(network, first, more=()):
    """The parameters of the layers from `first` on, trained, by name."""
    inside = tuple(f"{name}." for name, _ in decoder_layers(network)[first:])
    chosen = {n: p for n, p in network.named_parameters() if n.startswith(inside + tuple(more))}
    for weight in chosen.values():
        weight.requires_grad_(True)
    return chosen


@contextmanager
def counted(layers):
    """How often each layer runs."""
    calls = [0] * len(layers)

    def hook(place):
        def count(*_):
            calls[place] += 1

        return count

    hooks = [layer.register_forward_hook(hook(place)) for place, (_, layer) in enumerate(layers)]
    yield calls
    for each in hooks:
        each.remove()


def silent(event):
    pass


def batches(sequences, tree):
    """Two micro-batches, in an order that is not the trunk's."""
    order = [8, 2, 5, 0, 1, 7, 3, 6, 4]
    for rows in (order[:4], order[4:]):
        yield Batch.of([sequences[row] for row in rows], rows, pad=0, device=CPU, tree=tree)


# --- the same losses and gradients ----------------------------------------------------------------------------------


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
            assert float(loss.value.detach()) == pytest.approx(float(other.value.detach()), rel=1e-6)
            assert [g is None for g in mine] == [g is None for g in grads]  # an expert that nobody asked
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
    layer = Layer(16, 3)
    torch.nn.init.normal_(layer.out.weight)
    trunk = Trunk(network, 4, sequences, tmp_path, pad=0, tree=tree, group=16)
    trunk.fill(silent)
    # Without learnt tokens only the state at the end of each sequence is kept; one sequence comes twice.
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
        for a, b in zip(mine, torch.autograd.grad(other.value, list(layer.parameters())), strict=True):
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
    # One group holds all sequences, so a batch of all of them in the trunk's order has the same shape.
    order = sorted(range(9), key=lambda row: (sequences[row].ids, row))
    batch = Batch.of([sequences[row] for row in order], order, pad=0, device=CPU, tree=tree)
    with trunk:
        trunk.prepare(batch)
        with_trunk = batch.states(network)[batch.ends]
    assert torch.equal(with_trunk, batch.states(network)[batch.ends])


def test_dropout_of_frozen_layers_is_off(tmp_path):
    config = GPT2Config(vocab_size=64, n_embd=16, n_layer=4, n_head=2, resid_pdrop=0.5, attn_pdrop=0.0, embd_pdrop=0.5)
    network, sequences = network_of(config), rows_of()
    batch = next(batches(sequences, False))
    trunk = Trunk(network, 4, sequences, tmp_path, pad=0, tree=False)
    network.train()
    trunk.fill(silent)
    assert network.training
    with trunk:
        trunk.prepare(batch)
        states = batch.states(network)[batch.ends]
    torch.testing.assert_close(states, batch.states(network.eval())[batch.ends], atol=1e-6, rtol=1e-5)


# --- computed once --------------------------------------------------------------------------------------------------


@trees
def test_frozen_layers_run_once_and_are_back_for_evaluation(tree, tmp_path):
    network, sequences = network_of(OWN), rows_of()
    layers = decoder_layers(network)
    weights = trained(network, 3)
    names = list(dict(network.named_parameters()))
    with counted(layers) as calls:
        trunk = Trunk.of(network, weights, sequences, tmp_path, pad=0, tree=tree, tell=silent)
        assert trunk is not None
    assert calls[0] == calls[2] > 0 and calls[3] == 0  # the layers that are trained do not run in the first pass
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
    assert len(decoder_layers(network)[0][1]._parameters) == 0  # a decoder layer, not what stood in for it
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
    for a, b in zip(mine, torch.autograd.grad(completion(network, batch).value, list(weights.values())), strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-4)


@trees
def test_no_more_is_computed_at_once_than_asked(tree, tmp_path):
    network, sequences, seen = network_of(OWN), rows_of(40), []
    hook = decoder_layers(network)[0][1].register_forward_hook(lambda m, i, output: seen.append(output[..., 0].numel()))
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


# --- on the disk ----------------------------------------------------------------------------------------------------


def test_a_whole_file_is_read_again_and_gives_the_same_bits(tmp_path):
    network, sequences = network_of(OWN), rows_of()
    Trunk(network, 2, sequences, tmp_path, pad=0, group=16).fill(silent)
    first = (tmp_path / "trunk.part").read_bytes()
    again = Trunk(network, 2, sequences, tmp_path, pad=0, group=16)
    with counted(decoder_layers(network)) as calls:
        again.fill(silent)
    assert calls == [0] * 4
    (tmp_path / "trunk.json").unlink()
    Trunk(network, 2, sequences, tmp_path, pad=0, group=16).fill(silent)
    assert (tmp_path / "trunk.part").read_bytes() == first


def damage_cut(folder):
    data = (folder / "trunk.part").read_bytes()
    (folder / "trunk.part").write_bytes(data[:-3])


def damage_bit(folder):
    data = bytearray((folder / "trunk.part").read_bytes())
    data[7] ^= 4
    (folder / "trunk.part").write_bytes(data)


def damage_gone(folder):
    (folder / "trunk.part").unlink()


def damage_mark(folder):
    (folder / "trunk.json").write_text('{"first": 2')


@pytest.mark.parametrize("damage", [damage_cut, damage_bit, damage_gone, damage_mark])
def test_a_damaged_file_is_computed_again(tmp_path, damage):
    network, sequences = network_of(OWN), rows_of()
    Trunk(network, 2, sequences, tmp_path, pad=0).fill(silent)
    whole = (tmp_path / "trunk.part").read_bytes()
    damage(tmp_path)
    Trunk(network, 2, sequences, tmp_path, pad=0).fill(silent)
    assert (tmp_path / "trunk.part").read_bytes() == whole


def test_other_rows_or_another_layer_are_computed_anew(tmp_path):
    network, sequences = network_of(OWN), rows_of()
    Trunk(network, 2, sequences, tmp_path, pad=0).fill(silent)
    other = [Encoded([11, *s.ids[1:]], s.learnt) for s in sequences]
    for first, rows in ((2, other), (3, other)):
        with counted(decoder_layers(network)) as calls:
            Trunk(network, first, rows, tmp_path, pad=0).fill(silent)
        assert calls[0] > 0


def test_a_first_pass_that_was_stopped_begins_anew(tmp_path):
    network, sequences = network_of(OWN), rows_of()
    Trunk(network, 2, sequences, tmp_path / "whole", pad=0, group=16).fill(silent)

    def stop(event):
        assert (event["total"], event["unit"]) == (9, "row")
        raise Stopped

    with pytest.raises(Stopped):
        Trunk(network, 2, sequences, tmp_path / "run", pad=0, group=16).fill(stop)
    assert not network.training
    told = []
    Trunk(network, 2, sequences, tmp_path / "run", pad=0, group=16).fill(told.append)
    assert told[-1]["done"] == 9
    files = [(tmp_path / name / "trunk.part").read_bytes() for name in ("whole", "run")]
    assert files[0] == files[1]


def test_a_trunk_that_is_too_large_is_not_made_and_that_is_said(tmp_path):
    network, told = network_of(OWN), []
    weights = trained(network, 2)
    assert Trunk.of(network, weights, rows_of(), tmp_path, pad=0, tree=True, tell=told.append, limit=1000) is None
    assert [event["event"] for event in told] == ["note"]
    assert not list(tmp_path.iterdir())
    assert Trunk.of(network, trained(network, 0), rows_of(), tmp_path, pad=0, tree=True, tell=told.append) is None
    assert len(told) == 1
