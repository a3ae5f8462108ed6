"""Activations that are computed again: the same gradients, and only what was promised is kept."""

import pytest
import torch

from assay.training.activation_checkpointing import ProductBytes, checkpoint_activations
from assay.training.objectives.completion import completion
from helpers.weights import weights

BOTH = (True, "selective")


@pytest.mark.slow
@pytest.mark.parametrize("how", BOTH)
@pytest.mark.parametrize("full", [False, True], ids=["lora with dropout", "all weights in bf16"])
def test_checkpointing_changes_no_gradient(build, tmp_path, full, how):
    found, _ = weights(build(tmp_path / "a", full=full, settings={"checkpointing": how}, held=()))
    expected, _ = weights(build(tmp_path / "b", full=full, held=()))
    for name, weight in expected.items():
        torch.testing.assert_close(found[name], weight, atol=0 if full else 1e-7, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("how", BOTH)
def test_checkpointing_is_on_while_training_and_off_afterwards(build, tmp_path, how):
    seen = []

    def objective(network, batch):
        layers = [m.gradient_checkpointing for m in network.model.layers]
        embedded = network.get_input_embeddings()(batch.ids)
        seen.append((all(layers), embedded.requires_grad))
        return completion(network, batch)

    training = build(tmp_path, settings={"checkpointing": how}, held=(), objective=objective)
    training.run()
    assert set(seen) == {(True, False)}
    assert not any(m.gradient_checkpointing for m in training.network.model.layers)


def test_selective_multiplies_no_matrix_a_second_time(open_tiny, one_thread):
    """A backward pass has two products for each trained matrix and one for each state; whatever is
    more was computed again."""
    network = open_tiny().network.train().requires_grad_(True)
    ids = torch.arange(2, 34)[None]
    counts, gradients = {}, {}
    for how in (False, *BOTH):
        network.zero_grad()
        with checkpoint_activations(network, how, soft=False):
            loss = network(input_ids=ids, labels=ids).loss
            with ProductBytes() as counted:
                loss.backward()
        counts[how] = counted.total
        gradients[how] = [p.grad.clone() for p in network.parameters() if p.grad is not None]
    assert counts[False] == counts["selective"] < counts[True]
    for how in BOTH:
        assert all(map(torch.equal, gradients[how], gradients[False]))


def test_the_bytes_of_products_are_counted():
    left, right = torch.ones(3, 5), torch.ones(5, 7)
    with ProductBytes() as counted:
        torch.relu(left @ right).sum()
    assert counted.total == 3 * 7 * 4
