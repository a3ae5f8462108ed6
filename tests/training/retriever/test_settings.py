"""Settings that both trained retrievers have."""

from dataclasses import replace
from pathlib import Path

import pytest

from assay.config import make_part
from assay.training.retriever.encoder import TunedEncoder
from assay.training.retriever.settings import folder_of
from helpers.retriever_parts import both, part_of


@both
def test_settings_come_back_from_json(kind):
    part = part_of(kind)
    assert make_part({"kind": part.kind, **part.non_defaults()}, {}) == part
    assert part.reads == ("train", "val", "documents") and part.needs(
        "base"
    ) == part.encoders() == ("minilm-l6",)


@both
def test_its_card_names_every_setting(kind):
    card = (Path(__file__).parents[3] / "docs" / "methods" / f"{kind}.md").read_text()
    assert not [
        name
        for name in type(part_of(kind)).model_fields
        if name != "kind" and f"| `{name}` |" not in card
    ]


@pytest.mark.parametrize(("asked", "bf16"), [("bf16", True), ("fp32", False)])
def test_products_are_in_the_precision_that_is_asked_for(monkeypatch, asked, bf16):
    assert TunedEncoder(precision=asked).bf16() == bf16
    monkeypatch.setenv("ASSAY_PRECISION", asked)
    assert TunedEncoder().bf16() == bf16  # auto: what weights are loaded in


def test_the_start_is_opened_through_the_lesson(lesson, encoder):
    assert folder_of("any", lesson) == encoder
    bare = replace(lesson, means=replace(lesson.means, encoder_folder=None))
    with pytest.raises(RuntimeError, match="no sentence encoders"):
        folder_of("any", bare)
