"""Which layers get an adapter, and what is said when none does."""

import pytest

from assay.core.errors import TrainError
from assay.strategies.training.lora import Lora


@pytest.fixture
def given(lesson, one_thread):
    return lesson("classify")


def test_every_ending_that_matches_nothing_is_named(open_tiny, given):
    with pytest.raises(TrainError) as caught:
        Lora(targets=("q_prj", "up_proj", "embed_tokens")).change(open_tiny(), given)
    assert [problem.text.split("'")[1] for problem in caught.value.problems] == [
        "q_prj",
        "embed_tokens",
    ]
    assert (
        "q_proj, k_proj, v_proj, o_proj,"
        " gate_proj, up_proj, down_proj" in caught.value.problems[0].help
    )


def test_only_the_last_layers_get_adapters(open_tiny, given):
    change = Lora(layers=1, targets=("q_proj", "down_proj")).change(open_tiny(), given)
    assert {name.partition(".lora_")[0] for name in change.trained} == {
        "model.layers.1.self_attn.q_proj",
        "model.layers.1.mlp.down_proj",
    }
