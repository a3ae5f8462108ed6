import pytest

from assay.data.reading.marked_samples import samples_of


@pytest.mark.parametrize(
    ("marked", "text", "spans"),
    [
        ("in [Turku](city) now", "in Turku now", [(3, 8, "city")]),
        (
            '[two](number:2) or [three]{"entity": "number"}',
            "two or three",
            [(0, 3, "number"), (7, 12, "number")],
        ),
        ('to [Rome](city){"role": "to"}', "to Rome", [(3, 7, "city")]),
        ("a [note] of {x}", "a [note] of {x}", []),
        ("none", "none", []),
    ],
)
def test_pieces_that_are_marked(marked, text, spans):
    entities = [{"start": start, "end": end, "label": kind} for start, end, kind in spans]
    assert samples_of(f"- {marked}\n\n") == [{"text": text, "entities": entities}]
    assert samples_of([{"text": f"- {marked}\n"}]) == [{"text": text, "entities": entities}]


def test_a_plain_list_stays_as_it_is():
    assert samples_of(["a [b](c)", "d"]) == [{"text": "a [b](c)"}, {"text": "d"}]
    assert samples_of([]) == []


@pytest.mark.parametrize(
    "value", ["a text", "- one\nand more", "", None, 3, ["a", 1], [{"text": "a", "label": "b"}]]
)
def test_anything_else_is_none(value):
    assert samples_of(value) is None
