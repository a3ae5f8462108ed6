"""What a training needs, against bytes counted by hand; and what is proposed where it does not
fit."""

import pytest
import torch

from assay.core.errors import ResourceError
from assay.strategies.training.lora import Lora
from assay.training.estimate.memory_estimate import (
    Need,
    activation_bytes,
    check,
    is_memory_risky,
    need,
    refuse,
    training_bytes,
)
from assay.training.estimate.step_costs import Survey
from assay.training.estimate.usage import memory
from assay.training.optim.master_weights import Masters
from helpers.problems import problem

GB = 2**30
NEED = Need(
    fixed=4 * GB, cell=GB / 1024, cells=4096, least=512, lean=GB / 8192, selective=GB / 2048
)


def test_a_need_is_what_is_held_and_what_the_tokens_hold():
    assert NEED.total == 8 * GB
    assert NEED.at(1024) == 5 * GB
    assert NEED.at(4096, checkpointing="selective") == 6 * GB
    assert NEED.at(4096, checkpointing=True) == 4.5 * GB
    assert Need(**{**vars(NEED), "processes": 2}).total == 16 * GB


def test_what_would_fit_is_proposed_and_does_fit():
    # 6 GB: 2 GB for tokens, 2,048 of them; all 4,096 take 2 GB with the products kept and 0.5 GB
    # with nothing kept; in bf16 all is half.
    wide = Need(**{**vars(NEED), "wide": True})
    assert wide.would_fit(6 * GB, Lora()) == [
        "micro_tokens: 2048 (about 6.0 GB)",
        "checkpointing: selective (about 6.0 GB)",
        "checkpointing: true (about 4.5 GB)",
        "precision: bf16 (about 4.0 GB)",
    ]
    assert NEED.would_fit(6 * GB, Lora(checkpointing=True)) == ["micro_tokens: 2048 (about 6.0 GB)"]


def test_a_row_that_is_too_long_alone_is_to_be_shortened():
    # A quarter of a GB is left for tokens: 256, and the longest row has 512.
    assert NEED.would_fit(int(4.25 * GB), Lora()) == ["max_length: 256 (about 4.2 GB)"]


def test_where_nothing_fits_a_smaller_model_is_named():
    assert NEED.would_fit(3 * GB, Lora()) == []
    with problem(ResourceError, "R098", None, "8.0", "3.0") as told:
        refuse(NEED, Lora(), 3 * GB)
    assert "smaller model" in told.value.problems[0].help
    refuse(NEED, Lora(), 8 * GB)


@pytest.mark.parametrize(
    ("kind", "optimiser", "bytes_"),
    [
        # One number: 4 of the gradient, 8 of moments, 4 of the best.
        (torch.float32, "adamw", 16),
        (torch.float32, "adafactor", 8.1),
        # The gradient in bf16 and in fp32.
        (torch.bfloat16, "adamw", 18),
    ],
)
def test_what_a_trained_number_takes(kind, optimiser, bytes_):
    masters = Masters([("w", torch.nn.Parameter(torch.zeros(100, dtype=kind)))])
    assert training_bytes(masters, Lora(optimiser=optimiser)) == pytest.approx(100 * bytes_)


def test_what_a_token_holds_hardly_depends_on_the_row(build, tmp_path):
    exercise = build(tmp_path)._exercise
    order = sorted(range(12), key=lambda row: exercise.lengths[row])
    each = [
        held / cells
        for held, cells in (activation_bytes(exercise, row) for row in (order[0], order[-1]))
    ]
    assert each[0] == pytest.approx(each[1], rel=0.2)
    # Two layers of width 64 and inner width 128 in fp32: at least the inputs of seven matrices
    # each.
    assert each[0] > 2 * 4 * (4 * 64 + 2 * 64 + 128)
    assert all(parameter.grad is None for parameter in exercise.network.parameters())


def test_a_small_training_is_not_measured_and_a_large_one_is(build, tmp_path):
    training = build(tmp_path)
    masters = Masters(training.change.trained.items())
    own = (training.network, masters, training.settings, training._exercise.lengths)
    assert not is_memory_risky(*own, memory())
    assert is_memory_risky(*own, 1_000_000)
    check(training._exercise, masters, training.plan, training.settings, 2)
    found = need(training._exercise, masters, Survey.of(training.plan, 2), training.settings)
    assert found.cells == max(
        part.cells for step in Survey.of(training.plan, 2).steps for part in step
    )
    assert found.lean < found.selective <= found.cell
    assert found.least == max(training._exercise.lengths)


def test_a_training_on_a_card_is_left_to_the_card(build, tmp_path):
    training = build(tmp_path)
    masters = Masters(training.change.trained.items())
    own = (masters, training.settings, training._exercise.lengths, 1_000_000)
    assert is_memory_risky(training.network, *own)
    assert not is_memory_risky(training.network.to("meta"), *own)
