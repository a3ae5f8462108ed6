"""A model of its own: which arms have one that can be merged, and how large it gets."""

from dataclasses import replace

import pytest

from assay.config import make_strategy
from assay.deployment.export.formats.merged import ROOM, is_lean, plain, refuses, size
from helpers.exporting import check_refused, fitted, source_of, unfitted


@pytest.mark.parametrize(
    ("settings", "way"),
    [
        ({"kind": "majority"}, "asks no language model"),
        ({"kind": "shots", "k": 0}, "trains nothing"),
        ({"kind": "rag", "inner": {"kind": "lora"}}, "with an index"),
        ({"kind": "head"}, "layer of labels"),
        ({"kind": "lora", "objective": "label_set"}, "choose among the labels"),
        ({"kind": "prefix"}, "cannot be merged"),
        (
            {"kind": "quantise", "inner": {"kind": "shots", "k": 2}},
            "a prompt around a smaller base",
        ),
        (
            {"kind": "prune", "inner": {"kind": "lora", "objective": "label_set"}},
            "choose among the labels",
        ),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_an_arm_without_a_model_of_its_own_is_refused(lesson, tiny_model, tmp_path, settings, way):
    source = unfitted(settings, lesson("classify"), tiny_model, tmp_path)
    check_refused(refuses, source, way)


@pytest.mark.parametrize("kind", ["lora", "dora", "qlora", "full"])
def test_what_is_in_the_weights_or_can_be_put_there_is_taken(lesson, tiny_model, tmp_path, kind):
    assert not list(refuses(unfitted({"kind": kind}, lesson("classify"), tiny_model, tmp_path)))


def test_bf16_takes_half_the_room_of_fp32(lesson, tiny_model, tmp_path):
    def room(precision):
        wish = {"precision": precision}
        source = unfitted({"kind": "lora"}, lesson("classify"), tiny_model, tmp_path, **wish)
        return size(source) - ROOM

    # a base's files hold 16 bits a number or more
    assert room("fp32") == 2 * room("bf16") > 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["lora", "dora", "ia3", "full"])
def test_a_base_in_bf16_is_merged_in_half_the_memory_and_to_the_same_bits(
    lesson, open_tiny, tiny_model, tmp_path, kind
):
    import torch
    from safetensors.torch import load_file, save_file

    def in_16_bits(name="", precision="bf16"):  # what the files hold, whatever it is read as
        model = open_tiny(name, "bf16")
        model.network.to({"bf16": torch.bfloat16, "fp32": torch.float32}[precision])
        return model

    base = tmp_path / "base"
    base.mkdir()
    weights = load_file(tiny_model / "model.safetensors")
    save_file({name: one.bfloat16() for name, one in weights.items()}, base / "model.safetensors")
    given = lesson("classify")
    given = replace(given, means=replace(given.means, open_model=in_16_bits))
    strategy = make_strategy({"kind": kind, "epochs": 2, "learning_rate": 1e-2}, {})
    fitted(strategy, given, tmp_path / "arm")
    wish = {"precision": "bf16"}
    source = source_of(strategy, given, tmp_path / "arm", base, tmp_path / "out", **wish)

    def lesson_in(precision):
        opened = lambda name="", *_: in_16_bits(name, precision)  # noqa: E731
        return replace(given, train=(), val=(), means=replace(given.means, open_model=opened))

    source = replace(source, lesson=lesson_in)
    assert is_lean(source)
    assert not is_lean(replace(source, wish=replace(source.wish, precision="fp32")))
    assert not is_lean(replace(source, base=replace(source.base, folder=tiny_model)))
    lean, whole = plain(source, lean=True).network, plain(source).network
    assert {one.dtype for one in lean.parameters()} == {torch.bfloat16}
    before = in_16_bits().network.state_dict()
    moved = 0
    for name, weight in whole.state_dict().items():
        assert torch.equal(lean.state_dict()[name], weight.bfloat16()), name
        moved += not torch.equal(weight.bfloat16(), before[name])
    assert moved
