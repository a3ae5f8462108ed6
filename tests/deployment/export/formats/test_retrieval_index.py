"""An index with its script: what the script does not know is refused by name."""

import pytest

from assay.deployment.export.formats.retrieval_index import refuses, until, within
from helpers.exporting import check_refused, unfitted

LORA = {"kind": "lora"}


@pytest.mark.parametrize(
    ("settings", "way"),
    [
        (LORA, "searches no documents"),
        ({"kind": "rag", "find": "hybrid", "inner": LORA}, "find: hybrid"),
        ({"kind": "rag", "rewrite": "keywords", "inner": LORA}, "rewrite"),
        ({"kind": "rag", "abstain_below": 0.5, "unknown": "none", "inner": LORA}, "abstain_below"),
        ({"kind": "rag", "inner": {"kind": "majority"}}, "asks no language model"),
    ],
    ids=["no index", "hybrid", "rewrite", "threshold", "floor inside"],
)
def test_what_the_script_does_not_know_is_refused(lesson, tiny_model, tmp_path, settings, way):
    settings = {"find": "bm25", **settings} if settings["kind"] == "rag" else settings
    check_refused(refuses, unfitted(settings, lesson("answer"), tiny_model, tmp_path), way)


@pytest.mark.parametrize("inner", [LORA, {"kind": "shots", "k": 0}], ids=lambda one: one["kind"])
@pytest.mark.parametrize("find", ["bm25", "dense"])
def test_words_or_meaning_around_a_model_is_taken(lesson, tiny_model, tmp_path, find, inner):
    settings = {"kind": "rag", "find": find, "inner": inner}
    source = unfitted(settings, lesson("answer"), tiny_model, tmp_path)
    assert not list(refuses(source))
    assert within(source, source.strategy).kind == inner["kind"]


def test_an_answer_ends_before_the_first_of_its_stop_texts():
    assert until(" red\nQ: more END", ("END", "\nQ:", "")) == "red"
    assert until(" red ", ("END",)) == "red"
