"""A folder asked by transformers alone: in batches as by itself, to the end or the stop text."""

import pytest
import torch

from assay.core.types import Decoding
from assay.deployment.export.formats.plain_transformers import Plain, dtype_of
from helpers.export_models import asked

pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated:FutureWarning")


@pytest.fixture
def plain(open_tiny):
    """`plain(padded)`: the tiny model as an export of it is asked."""
    model = open_tiny()
    tokenizer = model.chat.tokenizer
    ends = {"eos_token_id": [tokenizer.eos_token_id], "pad_token_id": tokenizer.pad_token_id}

    def make(padded=True):
        return Plain(model.network, tokenizer, ends, padded=padded), model

    return make


@pytest.mark.parametrize("padded", [True, False])
def test_answers_of_a_batch_are_those_of_assays_own_model(plain, padded):
    exported, model = plain(padded)
    prompts = asked(5)
    found = exported.generate(prompts, max_tokens=5)
    meant = [model.generate([prompt], max_tokens=5)[0] for prompt in prompts]
    assert [one.text for one in found] == [one.text for one in meant]
    assert [one.prompt_tokens for one in found] == [one.prompt_tokens for one in meant]
    assert [one.truncated for one in found] == [one.truncated for one in meant]


def test_an_answer_ends_before_a_stop_text_and_is_then_not_cut(plain):
    exported, _ = plain()
    (whole,) = exported.generate(asked(1), max_tokens=8)
    stop = whole.text[3:5]
    (short,) = exported.generate(asked(1), max_tokens=8, how=Decoding(stop=(stop,)))
    assert short.text == whole.text[: whole.text.index(stop)].strip() and not short.truncated


def test_precisions_are_torchs_types():
    assert (dtype_of("fp32"), dtype_of("bf16")) == (torch.float32, torch.bfloat16)
