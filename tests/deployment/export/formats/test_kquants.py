"""K-quants: which tensor gets which type, and that its values are near what they were."""

import numpy as np
import pytest

from assay.deployment.export.formats.kquants import cast, more_bits, requantise


def test_the_recipe_gives_more_bits_to_llama_cpps_layers():
    # Of 28 layers, from a listing of a Q4_K_M file that llama.cpp made.
    assert [i for i in range(28) if more_bits(i, 28)] == [
        0,
        1,
        2,
        5,
        8,
        11,
        14,
        17,
        20,
        23,
        24,
        25,
        26,
        27,
    ]


def test_the_recipes_types(subtests):
    for name, shape, tied, kind, meant in [
        ("blk.3.attn_q.weight", (1024, 1024), False, "Q4_K", "Q4_K"),
        ("blk.0.attn_v.weight", (1024, 256), False, "Q6_K", "Q6_K"),
        ("blk.3.attn_v.weight", (1024, 256), False, "Q4_K", "Q4_K"),
        ("blk.0.ffn_down.weight", (1536, 576), False, "Q6_K", "Q6_K"),
        ("blk.0.attn_q.weight", (576, 576), False, "Q5_0", "Q4_K"),
        ("blk.0.attn_v.weight", (576, 192), False, "Q8_0", "Q6_K"),
        ("blk.0.attn_q.weight", (100, 576), False, "F16", "Q4_K"),
        ("token_embd.weight", (1024, 9), True, "Q6_K", "Q6_K"),
        ("token_embd.weight", (576, 9), True, "Q8_0", "Q6_K"),
        ("token_embd.weight", (1024, 9), False, "Q4_K", "Q4_K"),
        ("output.weight", (1024, 9), False, "Q6_K", "Q6_K"),
        ("blk.0.attn_norm.weight", (1024,), False, "F32", "F32"),
    ]:
        with subtests.test(repr((name, shape, tied, kind, meant))):
            found = cast(name, shape, "F32", layers=28, experts=0, tied=tied)
            assert (found.kind, found.meant) == (kind, meant)


def test_a_matrix_is_near_what_it_was_and_a_vector_is_what_it_was(tmp_path):
    gguf = pytest.importorskip("gguf")
    pytest.importorskip("libgguf")
    draw = np.random.default_rng(0)
    rows = {
        "blk.0.attn_q.weight": draw.normal(size=(4, 256)).astype(np.float32),
        "blk.0.attn_norm.weight": draw.normal(size=256).astype(np.float32),
        "output.weight": draw.normal(size=(4, 256)).astype(np.float32),
    }
    writer = gguf.GGUFWriter(tmp_path / "f32.gguf", "llama")
    writer.add_block_count(1)
    writer.add_file_type(0)
    for name, values in rows.items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    casts = requantise(tmp_path / "f32.gguf", tmp_path / "small.gguf")
    found = {one.name: one for one in gguf.GGUFReader(tmp_path / "small.gguf").tensors}
    kinds = {one.name: one.kind for one in casts}
    assert kinds == {name: one.tensor_type.name for name, one in found.items()}
    # 4.5 and 6.5625 bits a value: errors of a normal draw as `gguf`'s own reader sees them
    for name, kind, most in (
        ("blk.0.attn_q.weight", "Q4_K", 0.09),
        ("output.weight", "Q6_K", 0.025),
    ):
        back = gguf.quants.dequantize(found[name].data, found[name].tensor_type)
        error = np.sqrt(((back - rows[name]) ** 2).mean() / (rows[name] ** 2).mean())
        assert kinds[name] == kind and 0 < error < most
    norm = "blk.0.attn_norm.weight"
    np.testing.assert_array_equal(found[norm].data, rows[norm])
