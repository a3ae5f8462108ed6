"""A text in pieces is read as one where all rows have it so: one that is not of the form would lose
its labels."""

from assay.data.reading.spans import with_spans
from helpers.raw_tables import raw_table


def test_pieces_are_one_text_with_spans():
    rows = [
        {"data": [{"text": "to "}, {"text": "Oslo", "entity": "place"}]},
        {"data": [{"text": "no"}]},
    ]
    found = with_spans(raw_table(rows), set())
    assert [raw.fields for raw in found.rows] == [
        {"text": "to Oslo", "entities": [{"start": 3, "end": 7, "label": "place"}]},
        {"text": "no", "entities": []},
    ]


def test_one_row_of_another_form_leaves_the_file_as_it_is():
    pieces = [{"data": [{"text": "to "}, {"text": "Oslo", "entity": "place"}]} for _ in range(200)]
    given = raw_table([*pieces, {"data": "to Bergen"}])
    assert with_spans(given, set()) is given
