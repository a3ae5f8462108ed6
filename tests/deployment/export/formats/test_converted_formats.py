"""The formats that a converter makes of the merged model."""

import pytest

from assay.deployment.export.formats.converted_formats import GGUF, ONNX, Llama
from assay.deployment.export.formats.gguf import QUANTISATIONS
from helpers.exporting import check_refused, unfitted


def test_every_quantisation_is_a_format_and_only_four_bits_have_no_limit():
    assert [one.name for one in GGUF] == [f"gguf-{kind}" for kind in QUANTISATIONS]
    # what rounding to four bits changes is told, not limited: see docs/export.md
    assert [one.name for one in (*GGUF, ONNX) if one.limit is None] == ["gguf-q4_k_m"]


@pytest.mark.parametrize("form", [*GGUF, ONNX], ids=lambda one: one.name)
def test_what_cannot_be_merged_cannot_be_converted(lesson, tiny_model, tmp_path, form):
    source = unfitted({"kind": "prefix"}, lesson("classify"), tiny_model, tmp_path)
    check_refused(form.refuses, source, "cannot be merged")


def test_the_file_is_found_whatever_it_was_rounded_to(tmp_path):
    (tmp_path / "gguf.json").write_text("{}")
    (tmp_path / "model-q8_0.gguf").write_bytes(b"")
    assert Llama(tmp_path).file.name == "model-q8_0.gguf"
