import pytest

from assay.data.reading.cell_literals import parse_cells
from helpers.raw_tables import raw_table


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('["red", "a \\"b\\""]', ["red", 'a "b"']),  # as JSON writes it
        ("['red', \"it's\"]", ["red", "it's"]),  # as Python does
        (" [1, 2.5] ", [1, 2.5]),
        ("[{'from': 'human', 'value': 'Hi'}]", [{"from": "human", "value": "Hi"}]),
        ("[]", []),
        ("['Leta y'u Bushinwa', 'Lalitpur']", ["Leta y'u Bushinwa", "Lalitpur"]),
    ],
)
def test_a_list_that_is_written_as_text_is_a_list(text, value):
    found = parse_cells(raw_table([{"question": "q", "choices": text}] * 2), set())
    assert [raw.fields for raw in found.rows] == [{"question": "q", "choices": value}] * 2
    assert len(found.notes) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("answer", '["a", "b"]'),  # a list may be what is to be answered
        ("choices", "[a, b]"),
        ("choices", "[None, 'a']"),
        ("choices", "[" * 3000 + "]" * 3000),
        ("choices", "[__import__('os').getpid()]"),
    ],
)
def test_what_is_no_plain_list_stays_a_text(name, text):
    table = raw_table([{"question": "q", name: text}] * 2)
    assert parse_cells(table, set()) is table
