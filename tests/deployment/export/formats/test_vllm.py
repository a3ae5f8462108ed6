"""What vLLM takes as an adapter beside its base, and what is merged for it."""

import pytest

from assay.deployment.export.formats import adapter, merged
from assay.deployment.export.formats.vllm import RANKS, as_adapter, refuses, size
from helpers.exporting import unfitted


@pytest.mark.parametrize(
    ("settings", "beside"),
    [
        ({"kind": "lora"}, True),
        ({"kind": "lora", "decompose": True}, False),
        ({"kind": "dora"}, False),
        ({"kind": "qlora"}, False),
        ({"kind": "full"}, False),
    ],
    ids=str,
)
def test_only_a_plain_lora_stays_an_adapter(lesson, tiny_model, tmp_path, settings, beside):
    source = unfitted(settings, lesson("classify"), tiny_model, tmp_path)
    assert as_adapter(source) is beside
    other = adapter if beside else merged
    assert size(source) == other.size(source)
    assert list(refuses(source)) == list(other.refuses(source))


def test_every_rank_that_a_lora_may_have_has_one_that_vllm_takes():
    from assay.strategies.training.lora import Lora

    most = max(one.le for one in Lora.model_fields["rank"].metadata if hasattr(one, "le"))
    assert list(RANKS) == sorted(set(RANKS)) and max(RANKS) >= most
