"""Weights in 8 or 4 bits: answers stay, and take less room."""

import pytest
import torch
from safetensors.torch import load_file

from assay.config import make_strategy
from assay.core.store import read_json
from helpers.lines import named
from helpers.smaller_arms import LORA, QUICK, SHOTS, kept, made, questions, size


def test_weights_that_8_bits_can_hold_give_the_same_scores(lesson, opened):
    """Each row is whole numbers up to 127 times a power of two: rounding to 8 bits changes
    nothing."""

    def whole(network):
        for part in network.modules():
            if type(part) is torch.nn.Linear and part is not network.lm_head:
                codes = (part.weight / part.weight.abs().amax(1, keepdim=True) * 127).round()
                part.weight.copy_(codes / 512)

    given = lesson("classify", open_model=opened(whole))
    before = made(**SHOTS).fit(given).answer(questions(given))
    after = made(kind="quantise", inner=SHOTS).fit(given).answer(questions(given))
    for one, other in zip(before, after, strict=True):
        assert one.scores == pytest.approx(other.scores, abs=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize(
    "inner",
    [
        LORA,
        pytest.param({**LORA, "kind": "dora"}, marks=pytest.mark.nightly),
        {"kind": "full", **QUICK},
        SHOTS,
    ],
)
def test_8_bits_answer_as_the_inner_arm_does_and_take_less(lesson, tmp_path, inner):
    given = lesson("classify")
    plain = make_strategy(inner, {}).fit(given)
    before = plain.answer(questions(given))
    arm = made(kind="quantise", inner=inner).fit(given)
    after = arm.answer(questions(given))
    same = sum(one.text == other.text for one, other in zip(before, after, strict=True))
    assert same >= len(before) - 1
    four = made(kind="quantise", bits=4, inner=inner).fit(given)
    sizes = [size(kept(each, tmp_path / str(i))) for i, each in enumerate((arm, four))]
    assert sizes[1] < sizes[0]
    # The tiny model has 30,720 embeddings of fp32, which stay, and 65,536 weights in linear layers.
    tensors = load_file(tmp_path / "0" / "weights.safetensors")
    codes = {name: tensor for name, tensor in tensors.items() if name.endswith(".codes")}
    assert sum(tensor.numel() for tensor in codes.values()) == 73_728 and len(codes) == 14
    assert {tensor.dtype for tensor in codes.values()} == {torch.int8}
    (said,) = read_json(tmp_path / "0" / "note.json")["notes"]
    assert named(said, "14", "8 bits", "0.2", "0.4 MB")


@pytest.mark.slow
def test_a_base_in_4_bits_is_merged_into_what_the_arm_was_trained_beside(lesson):
    pytest.importorskip("bitsandbytes")
    given = lesson("classify")
    inner = {**LORA, "kind": "qlora"}
    before = make_strategy(inner, {}).fit(given).answer(questions(given))
    after = made(kind="quantise", inner=inner).fit(given).answer(questions(given))
    assert sum(a.text == b.text for a, b in zip(before, after, strict=True)) >= len(before) - 1
