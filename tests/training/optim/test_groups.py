from types import SimpleNamespace

import pytest
import torch

from assay.core.errors import TrainError
from assay.training.optim.groups import awake, factors, layers
from assay.training.settings import NetworkChange
from helpers.problems import problem

DECAY = 0.5


def settings(**given):
    return SimpleNamespace(**{"layer_decay": 1.0, "unfreeze": "at once", "epochs": 3, **given})


def change(names, groups=None):
    write = lambda folder: None  # noqa: E731
    return NetworkChange(dict.fromkeys(names), write, write, groups or {})  # type: ignore[arg-type]


def random_network(family):
    """A network of 3 layers with random weights, on no device: only its names and modules
    matter."""
    import transformers as t

    small = {"vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2}
    wide = {**small, "intermediate_size": 16, "num_key_value_heads": 2, "head_dim": 8}
    configs = {
        "llama": lambda: t.LlamaConfig(**wide),
        "gemma3": lambda: t.Gemma3TextConfig(**wide),
        # as many experts as layers
        "mixtral": lambda: t.MixtralConfig(**wide, num_local_experts=3),
        "gpt2": lambda: t.GPT2Config(vocab_size=40, n_embd=16, n_layer=3, n_head=2, n_positions=32),
        "neox": lambda: t.GPTNeoXConfig(**small, intermediate_size=16),
        "opt": lambda: t.OPTConfig(
            **small, ffn_dim=16, max_position_embeddings=32, word_embed_proj_dim=16
        ),
        "bloom": lambda: t.BloomConfig(vocab_size=40, hidden_size=16, n_layer=3, n_head=2),
    }
    with torch.device("meta"):
        return t.AutoModelForCausalLM.from_config(configs[family]())


@pytest.mark.parametrize(
    ("family", "prefix", "embeddings", "outside"),
    [
        (
            "llama",
            "model.layers.",
            {"model.embed_tokens."},
            {"model.norm.weight", "lm_head.weight"},
        ),
        ("gemma3", "model.layers.", {"model.embed_tokens."}, {"model.norm.weight"}),
        (
            "mixtral",
            "model.layers.",
            {"model.embed_tokens."},
            {"model.norm.weight", "lm_head.weight"},
        ),
        (
            "gpt2",
            "transformer.h.",
            {"transformer.wte.", "transformer.wpe."},
            {"transformer.ln_f.weight"},
        ),
        (
            "neox",
            "gpt_neox.layers.",
            {"gpt_neox.embed_in."},
            {"gpt_neox.final_layer_norm.weight", "lm_head.weight"},
        ),
        (
            "opt",
            "model.decoder.layers.",
            {"model.decoder.embed_tokens.", "model.decoder.embed_positions."},
            {"model.decoder.final_layer_norm.weight"},
        ),
        ("bloom", "transformer.h.", {"transformer.word_embeddings."}, {"transformer.ln_f.weight"}),
    ],
)
def test_layers_are_found_in_every_family(family, prefix, embeddings, outside):
    network = random_network(family)
    found = layers(network)
    assert (found.prefix, found.count, set(found.embeddings)) == (prefix, 3, embeddings)
    names = [name for name, _ in network.named_parameters()]
    below = {name: found.below(name) for name in names}
    assert outside <= {name for name, level in below.items() if level == -1}
    assert {name for name in names if below[name] == 3} == {
        n for n in names if n.startswith(tuple(embeddings))
    }
    assert {below[name] for name in names if name.startswith(f"{prefix}0.")} == {2}
    assert {below[name] for name in names if name.startswith(f"{prefix}2.")} == {0}


def test_each_layer_below_the_top_learns_at_so_much_of_the_rate_above_it():
    network = random_network("llama")
    rates = factors(settings(layer_decay=DECAY), network, change(dict(network.named_parameters())))
    assert rates.keys() == dict(network.named_parameters()).keys()
    assert rates["lm_head.weight"] == rates["model.norm.weight"] == 1
    assert rates["model.layers.2.mlp.up_proj.weight"] == 1
    assert rates["model.layers.1.mlp.up_proj.weight"] == DECAY
    assert rates["model.layers.0.input_layernorm.weight"] == DECAY**2
    assert rates["model.embed_tokens.weight"] == DECAY**3


def test_groups_multiply_and_adapters_lie_in_their_layer():
    from peft import LoraConfig, inject_adapter_in_model

    network = random_network("llama")
    inject_adapter_in_model(LoraConfig(r=2, target_modules=["q_proj", "embed_tokens"]), network)
    names = [name for name, p in network.named_parameters() if p.requires_grad]
    rates = factors(
        settings(layer_decay=DECAY), network, change(names, {"lora_B": 16.0, "embedding_B": 3.0})
    )
    assert rates == {
        "model.embed_tokens.lora_embedding_A.default": DECAY**3,
        "model.embed_tokens.lora_embedding_B.default": 3 * DECAY**3,
        "model.layers.0.self_attn.q_proj.lora_A.default.weight": DECAY**2,
        "model.layers.0.self_attn.q_proj.lora_B.default.weight": 16 * DECAY**2,
        "model.layers.1.self_attn.q_proj.lora_A.default.weight": DECAY,
        "model.layers.1.self_attn.q_proj.lora_B.default.weight": 16 * DECAY,
        "model.layers.2.self_attn.q_proj.lora_A.default.weight": 1,
        "model.layers.2.self_attn.q_proj.lora_B.default.weight": 16,
    }
    assert set(factors(settings(), network, change(names)).values()) == {1.0}


def levels_awake(epochs, network, names):
    """For each epoch, which of head, layer 2, 1, 0 and embeddings are trained."""
    shown = {
        "h": "lm_head.weight",
        "2": "model.layers.2.mlp.up_proj.weight",
        "1": "model.layers.1.mlp.up_proj.weight",
        "0": "model.layers.0.mlp.up_proj.weight",
        "e": "model.embed_tokens.weight",
    }
    chosen = settings(unfreeze="gradually")
    found = [awake(chosen, network, names, epoch, epochs) for epoch in range(epochs)]
    return ["".join(key for key, name in shown.items() if name in part) for part in found]


@pytest.mark.parametrize(
    ("epochs", "expected"),
    [
        (1, ["h210e"]),
        (2, ["h21", "h210e"]),
        (3, ["h21", "h210", "h210e"]),
        (4, ["h2", "h21", "h210", "h210e"]),  # Howard and Ruder's: one more each epoch
        (6, ["h2", "h21", "h210", "h210e", "h210e", "h210e"]),
    ],
)
def test_layers_wake_from_the_top(epochs, expected):
    network = random_network("llama")
    names = [name for name, _ in network.named_parameters()]
    assert levels_awake(epochs, network, names) == expected
    assert awake(settings(), network, names, 0, epochs) == set(names)


def test_whatever_the_epochs_none_falls_asleep_again_and_all_are_awake_in_the_last(subtests):
    for epochs in range(1, 12):
        with subtests.test(repr(epochs)):
            network = random_network("llama")
            names = {name for name, _ in network.named_parameters()}
            found = [
                awake(settings(unfreeze="gradually"), network, names, epoch, epochs)
                for epoch in range(epochs)
            ]
            assert all(earlier <= later for earlier, later in zip(found, found[1:], strict=False))
            assert found[-1] == names


def test_only_levels_that_are_trained_count():
    network = random_network("llama")
    names = {f"model.layers.{i}.mlp.up_proj.weight" for i in (0, 1)}
    chosen = settings(unfreeze="gradually")
    assert awake(chosen, network, names, 0, 2) == {"model.layers.1.mlp.up_proj.weight"}
    assert awake(chosen, network, names, 1, 2) == names
    assert awake(chosen, network, {"lm_head.weight"}, 0, 2) == {"lm_head.weight"}


def test_a_network_without_a_list_of_its_layers_is_refused():
    network = random_network("llama")
    network.config.num_hidden_layers = 4
    for ask in (
        lambda: factors(settings(layer_decay=DECAY), network, change(["lm_head.weight"])),
        lambda: awake(settings(unfreeze="gradually"), network, ["lm_head.weight"], 0, 3),
    ):
        with problem(TrainError, "T044", None, "4 layers"):
            ask()
    # Who asks for neither needs no layers.
    assert factors(settings(), network, change(["lm_head.weight"])) == {"lm_head.weight": 1.0}
    assert awake(settings(), network, ["lm_head.weight"], 0, 3) == {"lm_head.weight"}
