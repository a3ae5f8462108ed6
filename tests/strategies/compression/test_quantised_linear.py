"""Weights in 8 and 4 bits: held against bitsandbytes, and each way through a layer against plain
products."""

import pytest
import torch
from torch.nn.functional import linear

from assay.strategies.compression.quantised_linear import (
    FEW,
    MANY,
    NF4,
    Eight,
    Four,
    count_weight_bytes,
    round_layers,
)

bnb = pytest.importorskip("bitsandbytes")


def weight(rows=48, columns=128, seed=3):
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed)) / 7


def test_eight_bits_lie_within_half_a_step_and_are_bitsandbytes_codes():
    own = weight()
    layer = Eight.of(own, None)
    step = layer.scale.float()
    # The scale is rounded to 8 bits of its own: the largest weight of a row may be cut by that.
    assert ((layer.weight(torch.float32) - own).abs() <= step * (0.5 + 127 / 256)).all()
    codes, largest, _ = bnb.functional.int8_vectorwise_quant(own.half())
    theirs = codes.float() * largest[:, None].float() / 127
    errors = [float((each - own).square().mean()) for each in (layer.weight(torch.float32), theirs)]
    assert errors[0] == pytest.approx(errors[1], rel=0.05)
    assert (layer.codes - codes).abs().max() <= 1


def test_four_bits_use_the_values_of_nf4_and_err_as_bitsandbytes_does():
    table = bnb.functional.get_4bit_type("nf4", device="cpu")
    torch.testing.assert_close(torch.tensor(NF4), table, atol=1e-6, rtol=0)
    own = weight()
    packed, state = bnb.functional.quantize_4bit(own, blocksize=64, quant_type="nf4")
    theirs = bnb.functional.dequantize_4bit(packed, state)
    ours = Four.of(own, None).weight(torch.float32)
    assert float((ours - own).square().mean()) == pytest.approx(
        float((theirs - own).square().mean()), rel=0.02
    )
    # Scales differ by their rounding to bf16; few weights lie so near the middle that they go the
    # other way for it.
    assert float(((ours - theirs).abs() > 0.01 * float(own.abs().max())).float().mean()) < 0.005


def test_every_way_through_a_layer_multiplies_by_the_same_weights(subtests):
    for kind in [Eight, Four]:
        for dtype, close in [(torch.float32, 1e-5), (torch.bfloat16, 0.02)]:
            for rows in [1, FEW, FEW + 1, MANY]:
                with subtests.test(repr((kind, dtype, close, rows))):
                    layer = kind.of(weight(), torch.arange(48.0)).to(dtype)
                    x = torch.randn(rows, 128, generator=torch.Generator().manual_seed(1)).to(dtype)
                    wanted = linear(x.float(), layer.weight(torch.float32), torch.arange(48.0))
                    found = layer(x[None])[0]
                    assert found.dtype == dtype and found.shape == (rows, 48)
                    torch.testing.assert_close(
                        found.float(), wanted, atol=close * float(wanted.abs().max()), rtol=0
                    )


@pytest.mark.parametrize("kind", [Eight, Four])
def test_a_row_of_zeros_stays_zeros(kind):
    own = weight()
    own[3] = 0
    layer = kind.of(own, None)
    assert (
        not layer.weight(torch.float32)[3].any()
        and torch.isfinite(layer.weight(torch.float32)).all()
    )


def test_bytes_are_those_of_codes_scales_and_what_stays(open_tiny):
    network = open_tiny().network
    parts = [
        part
        for name, part in network.named_modules()
        if type(part) is torch.nn.Linear and name != "lm_head"
    ]
    linears, outputs = (
        sum(part.weight.numel() for part in parts),
        sum(part.out_features for part in parts),
    )
    whole = count_weight_bytes(network)
    assert round_layers(network, 8) == 14
    assert count_weight_bytes(network) == whole - 4 * linears + linears + 2 * outputs
    four = open_tiny().network
    round_layers(four, 4)
    assert count_weight_bytes(four) == whole - 4 * linears + linears // 2 + 2 * linears // 64


def test_a_copy_in_fp32_computes_with_the_same_rounded_weights(open_tiny):
    import copy

    model = open_tiny(dtype=torch.bfloat16)
    round_layers(model.network, 8)
    ids = torch.tensor([[5, 6, 7, 8, 9, 10]])
    wide = model.exact()
    assert wide is not None
    with torch.no_grad():
        exact = wide.network(ids).logits
        plain = copy.deepcopy(model.network).float()(ids).logits
        rough = model.network(ids).logits
    torch.testing.assert_close(exact, plain)
    assert exact.dtype == torch.float32
    torch.testing.assert_close(rough.float(), exact, atol=0.05 * float(exact.abs().max()), rtol=0)
