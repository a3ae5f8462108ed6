"""A model of its own: which arms have one that can be merged, and how large it gets."""

import pytest

from assay.deployment.export.formats.merged import ROOM, refuses, size
from helpers.exporting import check_refused, unfitted


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
