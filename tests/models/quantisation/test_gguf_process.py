"""The child's work, done here: a GGUF file in, a plain model folder out."""

import json

import numpy as np
import pytest

from assay.models.quantisation.gguf_process import convert
from helpers.gguf_files import gguf_bytes, key_bytes, shape_keys, text_bytes

WIDTH, INNER, CONTEXT = 32, 64, 48
TEMPLATE = "{% for m in messages %}<|im_start|>{{ m.content }}<|im_end|>{% endfor %}"


def written_llama(path):
    """A llama of one layer in fp32, with a tokenizer of single bytes and one merge, by the library
    of llama.cpp. Returns its weights."""
    from gguf import GGUFWriter
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    tokens = [*bytes_to_unicode().values(), "ab", "<|im_start|>", "<|im_end|>"]
    writer = GGUFWriter(path, "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(2)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // 2)
    writer.add_rope_freq_base(10_000.0)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([1] * (len(tokens) - 2) + [3, 3])  # normal; control
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(len(tokens) - 2)
    writer.add_eos_token_id(len(tokens) - 1)
    writer.add_chat_template(TEMPLATE)
    draw = np.random.default_rng(0)
    shapes = {
        "token_embd": (len(tokens), WIDTH),
        "output_norm": (WIDTH,),
        "blk.0.attn_norm": (WIDTH,),
        "blk.0.attn_q": (WIDTH, WIDTH),
        "blk.0.attn_k": (WIDTH // 2, WIDTH),
        "blk.0.attn_v": (WIDTH // 2, WIDTH),
        "blk.0.attn_output": (WIDTH, WIDTH),
        "blk.0.ffn_norm": (WIDTH,),
        "blk.0.ffn_gate": (INNER, WIDTH),
        "blk.0.ffn_up": (INNER, WIDTH),
        "blk.0.ffn_down": (WIDTH, INNER),
    }
    weights = {name: draw.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    for name, weight in weights.items():
        writer.add_tensor(f"{name}.weight", weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return weights


def test_an_architecture_that_nobody_reads_is_told_by_its_exit(tmp_path, capsys):
    keys = (key_bytes("general.architecture", 8, text_bytes("nosuch")), *shape_keys("nosuch"))
    (tmp_path / "source.gguf").write_bytes(gguf_bytes(keys))
    with pytest.raises(SystemExit) as ended:
        convert(tmp_path)
    assert ended.value.code == 3 and "'nosuch'" in capsys.readouterr().err


@pytest.mark.slow
def test_the_folder_holds_the_files_weights_rounded_to_bf16_and_its_tokenizer(tmp_path):
    import torch
    from safetensors.torch import load_file
    from transformers import AutoTokenizer

    weights = written_llama(tmp_path / "source.gguf")
    convert(tmp_path)
    assert not (tmp_path / "source.gguf").exists()
    config = json.loads((tmp_path / "config.json").read_text())
    assert (config["model_type"], config["dtype"], config["hidden_size"]) == (
        "llama",
        "bfloat16",
        WIDTH,
    )
    assert "quantization_config" not in config and config["tie_word_embeddings"] is True
    tensors = load_file(tmp_path / "model.safetensors")
    assert "lm_head.weight" not in tensors  # a tied matrix is stored once
    for name, ours in (
        ("token_embd", "model.embed_tokens"),
        ("blk.0.ffn_down", "model.layers.0.mlp.down_proj"),
        ("output_norm", "model.norm"),
    ):
        wanted = torch.from_numpy(weights[name]).bfloat16()
        assert torch.equal(tensors[f"{ours}.weight"], wanted)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path, local_files_only=True)
    assert tokenizer.eos_token == "<|im_end|>" and tokenizer.chat_template == TEMPLATE
    assert tokenizer.model_max_length == CONTEXT
    assert tokenizer.convert_ids_to_tokens(tokenizer("abba")["input_ids"]) == ["ab", "b", "a"]
