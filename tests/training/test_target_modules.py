"""Which layers get an adapter, and what is said when none does."""

import pytest
import torch

from assay.core.errors import TrainError
from assay.strategies.training.lora import Lora
from assay.training.target_modules import linear_layers
from helpers import architectures


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


def test_falcons_own_linear_layers_get_adapters_that_train_and_merge(tmp_path, open_tiny, given):
    from assay.models.inference.chat_model import ChatModel
    from assay.training.adapters.merge import merge

    network = architectures.plain(architectures.build(tmp_path / "falcon", "falcon"))
    change = Lora(rank=2, dropout=0).change(ChatModel("falcon", network, open_tiny().chat), given)
    ids = torch.tensor([[5, 9, 200, 31]])
    for parameter in change.trained.values():
        torch.nn.init.normal_(parameter.requires_grad_(), std=0.1)
    logits = network(ids, use_cache=False).logits
    logits.square().mean().backward()
    # 4 layers: the query-key-value and the output of attention, two of the feed-forward part
    assert len(change.trained) == 4 * 4 * 2
    assert all(float(parameter.grad.abs().max()) > 0 for parameter in change.trained.values())
    with torch.no_grad():
        merge(network)
        torch.testing.assert_close(network(ids, use_cache=False).logits, logits, rtol=0, atol=1e-4)


@pytest.mark.parametrize("kind", ["phimoe", "llama4_text"])
def test_routers_get_no_adapter(tmp_path, kind):
    network = architectures.plain(architectures.build(tmp_path / kind, kind))
    names = linear_layers(network)
    assert names and not any("router" in name for name in names)
