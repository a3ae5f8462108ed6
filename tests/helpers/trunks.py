"""What tests of the frozen trunk share: small networks of several families, rows that share
beginnings, a count."""

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

from assay.models.tokenizer.chat_tokens import Encoded
from assay.training.batch import TrainingBatch
from assay.training.decoder_layers import decoder_layers

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
    GPT2Config(
        vocab_size=64,
        n_embd=16,
        n_layer=4,
        n_head=2,
        resid_pdrop=0.0,
        attn_pdrop=0.0,
        embd_pdrop=0.0,
    ),
    GPTNeoXConfig(**WIDE),
    FalconConfig(**SMALL),  # gives its states in a tuple
]
families = pytest.mark.parametrize("config", FAMILIES, ids=lambda config: config.model_type)
trees = pytest.mark.parametrize("tree", [False, True], ids=["rows", "tree"])


def network_of(config, dtype=torch.float32):
    from assay.models.inference import tree_attention

    tree_attention.register()
    torch.manual_seed(3)
    return AutoModelForCausalLM.from_config(config).eval().requires_grad_(False).to(dtype)


def rows_of(count=9, learnt=True):
    """Sequences of which some share a beginning, one is the beginning of another, and one comes
    twice."""
    draw = torch.Generator().manual_seed(1)
    ids = [
        [5, 6, 7, *torch.randint(8, 64, (3 + i % 4,), generator=draw).tolist()]
        for i in range(count - 2)
    ]
    ids += [ids[0], ids[1] + [9, 9]]
    return [
        Encoded(some, ((len(some) - 2, len(some)),) if learnt else (), 0, i % 3)
        for i, some in enumerate(ids)
    ]


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
        yield TrainingBatch.of([sequences[row] for row in rows], rows, pad=0, device=CPU, tree=tree)
