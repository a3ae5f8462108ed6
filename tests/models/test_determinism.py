import pytest
import torch

from assay.models.determinism import draw_from, steady


@pytest.fixture(autouse=True)
def as_before():
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    fill = torch.utils.deterministic.fill_uninitialized_memory
    strict = torch.are_deterministic_algorithms_enabled()
    yield
    torch.use_deterministic_algorithms(strict)
    torch.utils.deterministic.fill_uninitialized_memory = fill
    torch.set_num_threads(threads)
    torch.set_rng_state(state)


def test_the_same_seed_draws_the_same_and_another_one_does_not():
    drawn = []
    for seed in (3, 4, 3):
        steady(seed, 1)
        drawn.append(torch.rand(5))
    assert torch.equal(drawn[0], drawn[2]) and not torch.equal(drawn[0], drawn[1])


def test_kernels_are_deterministic_and_threads_as_many_as_asked_for():
    steady(0, 2)
    assert torch.are_deterministic_algorithms_enabled() and torch.get_num_threads() == 2
    assert not torch.utils.deterministic.fill_uninitialized_memory


def test_what_is_drawn_from_a_seed_is_what_torch_draws_from_it():
    torch.manual_seed(5)
    expected = torch.rand(5)
    draw_from(5)
    assert torch.equal(torch.rand(5), expected)
