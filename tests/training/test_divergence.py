import pytest
import torch

from assay.core.errors import TrainError
from assay.training.divergence import (
    NAMED,
    divergence_error,
    first_broken,
    not_finite,
    refuse_broken,
)
from helpers.problems import problem

NAN = float("nan")


def network():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))


def test_weights_that_are_no_numbers_are_refused_before_the_first_step():
    made = network()
    refuse_broken(made.named_parameters())
    with torch.no_grad():
        made[2].weight[1, 2] = NAN
        made[2].bias[0] = -torch.inf
    assert not_finite(made.named_parameters()) == ["2.weight", "2.bias"]
    with problem(TrainError, "T011", None, "2.weight", "1 more"):
        refuse_broken(made.named_parameters())


def test_the_innermost_layer_that_breaks_first_is_named():
    made = torch.nn.Sequential(network(), torch.nn.Linear(2, 2))
    assert first_broken(made, lambda: made(torch.ones(1, 3)).sum().backward()) == ""
    with torch.no_grad():
        made[0][0].weight[0, 0] = torch.inf
    where = first_broken(made, lambda: made(torch.ones(1, 3)))
    assert where == "the output of 0.0, whose weight is not finite"


def test_a_gradient_that_breaks_names_the_layer_at_whose_output_it_is():
    made = network()
    made[1].register_full_backward_hook(lambda *_: (torch.full((1, 4), NAN),))
    where = first_broken(made, lambda: made(torch.ones(1, 3)).sum().backward())
    assert where == "the gradient at the output of 0"


def test_nothing_is_watched_afterwards():
    made = network()
    with pytest.raises(KeyError):
        first_broken(made, lambda: {}["what the work raises"])
    assert not any(module._forward_hooks for module in made.modules())


def test_an_error_names_the_place_some_rows_and_the_rate():
    rows = [f"train.csv:{i}" for i in range(NAMED + 3)]
    (told,) = divergence_error("step 3: the loss is nan", "the output of 0", rows, 0.001).problems
    assert told.code == "T001"
    assert told.text.startswith("step 3: the loss is nan; not finite first: the output of 0; ")
    assert rows[NAMED - 1] in told.text and rows[NAMED] not in told.text and "3 more" in told.text
    assert "0.001" in told.help and "rows" in told.help
    (bare,) = divergence_error("step 3", "", (), 0.1).problems
    assert bare.text == "step 3" and "rows" not in bare.help
