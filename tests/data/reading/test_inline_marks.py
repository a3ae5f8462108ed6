import pytest

from assay.data.reading.inline_marks import read_inline
from assay.data.reading.read_file import RawRow, RawTable


def table(text, **more):
    rows = [{"text": text, **{k: v(i) for k, v in more.items()}} for i in range(6)]
    return RawTable("t", [RawRow(f"t:{i}", r) for i, r in enumerate(rows)], tuple(rows[0]), [])


@pytest.mark.parametrize(
    "text",
    [
        "<PER>Ann</PER> saw it",
        "[Ann](PER) saw it",
        "[PER Ann] saw it",
        "{Ann|PER} saw it",
        "Ann/B-PER saw/O it/O",
        "Ann_PER saw_O it_O",
    ],
)
def test_pieces_marked_inside_are_spans(text):
    fields = read_inline(table(text), set()).rows[0].fields
    assert fields == {
        "text": "Ann saw it",
        "entities": [{"start": 0, "end": 3, "label": "PER"}],
    }


@pytest.mark.parametrize("text", ["<b>Ann</b> saw it", "and/or he/she", "The/DT dog/NN ran/VB"])
def test_other_marks_stay(text):
    one = table(text)
    assert read_inline(one, set()) is one


def test_a_text_beside_a_label_stays():
    one = table("<PER>Ann</PER> saw it", label=lambda i: "ab"[i % 2])
    assert read_inline(one, set()) is one
