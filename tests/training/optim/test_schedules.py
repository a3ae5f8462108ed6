import math
from types import SimpleNamespace

import pytest
import torch

from assay.training.optim.schedules import SCHEDULES, rate, rise_and_fall


def settings(schedule, warmup):
    return SimpleNamespace(schedule=schedule, warmup=warmup)


def rates(schedule, warmup, steps, drops=0):
    return [rate(step, steps, settings(schedule, warmup), drops) for step in range(steps)]


@pytest.mark.parametrize(
    ("schedule", "values"),
    [
        # 10 steps, 2 of them rising; then 8 from share 0 to 7/8.
        ("constant", [0.5, 1.0] + [1.0] * 8),
        ("linear", [0.5, 1.0] + [1 - i / 8 for i in range(8)]),
        ("cosine", [0.5, 1.0] + [0.1 + 0.45 * (1 + math.cos(math.pi * i / 8)) for i in range(8)]),
        # The last 2 of 10 steps decay: 1 - sqrt(0), 1 - sqrt(1/2).
        ("wsd", [0.5, 1.0] + [1.0] * 7 + [1 - math.sqrt(0.5)]),
        ("plateau", [0.5, 1.0] + [1.0] * 8),
    ],
)
def test_closed_forms(schedule, values):
    assert rates(schedule, 0.2, 10) == pytest.approx(values)


def test_the_shapes_are_those_of_transformers():
    from transformers import optimization as theirs

    steps, rise, decay = 200, 20, 40
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    references = {
        "constant": theirs.get_constant_schedule_with_warmup(optimiser, rise),
        "linear": theirs.get_linear_schedule_with_warmup(optimiser, rise, steps),
        "cosine": theirs.get_cosine_with_min_lr_schedule_with_warmup(
            optimiser, rise, steps, min_lr_rate=0.1
        ),
        "wsd": theirs.get_wsd_schedule(
            optimiser, rise, decay, num_training_steps=steps, decay_type="1-sqrt"
        ),
    }
    for schedule, reference in references.items():
        expected = reference.lr_lambdas[0]
        # Theirs spends step 0 at rate 0; ours rises one step earlier.
        rising = [expected(step + 1) for step in range(rise)]
        after = [expected(step) for step in range(rise, steps)]
        assert rates(schedule, rise / steps, steps) == pytest.approx(rising + after, abs=1e-12), (
            schedule
        )


def test_wsd_is_stable_for_four_fifths_and_half_way_down_stands_at_one_less_root_half():
    # Hägele et al. (2024), equation of (1-sqrt): f(n) = 1 - sqrt((n - (N - N_decay)) / N_decay).
    values = rates("wsd", 0.0, 1000)
    assert values[:801] == [1.0] * 801
    assert values[900] == pytest.approx(1 - math.sqrt(0.5))
    assert values[999] == pytest.approx(1 - math.sqrt(0.995))


def test_wsd_whose_warmup_leaves_less_than_a_fifth_decays_over_what_is_left():
    assert rates("wsd", 0.9, 10) == pytest.approx([(i + 1) / 9 for i in range(9)] + [1.0])


def test_each_drop_of_the_plateau_halves_the_rate_and_nothing_else_reads_the_drops():
    assert rates("plateau", 0.2, 10, drops=3) == pytest.approx(
        [v / 8 for v in rates("plateau", 0.2, 10)]
    )
    for schedule in ("constant", "linear", "cosine", "wsd"):
        assert rates(schedule, 0.2, 10, drops=3) == rates(schedule, 0.2, 10)


def test_no_run_is_too_short(subtests):
    for schedule in SCHEDULES:
        for warmup in [0.0, 0.05, 0.99]:
            with subtests.test(repr((schedule, warmup))):
                for steps in (1, 2, 3, 7):
                    values = rates(schedule, warmup, steps)
                    assert all(0 < value <= 1 for value in values), (steps, values)
                assert rates(schedule, 0.0, 1) == [1.0]


def test_an_encoders_rate_rises_then_falls_to_a_tenth():
    found = [rise_and_fall(step, 100, 0.1) for step in range(100)]
    assert found[:10] == pytest.approx([0.1 * (i + 1) for i in range(10)])
    assert found[10] == 1.0 and found[-1] == pytest.approx(0.1, abs=0.01)
    assert found[10:] == sorted(found[10:])[::-1]
    assert rise_and_fall(0, 1, 0.0) == 1.0
