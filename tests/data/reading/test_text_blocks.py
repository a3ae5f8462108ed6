import pytest

from assay.core.errors import DataError
from assay.data.reading.read_file import read
from assay.data.reading.text_blocks import looks_blocked
from helpers.problems import problem
from helpers.raw_tables import written

FAQ = """Q: When does the depot open?
A: At seven.
On Sundays it stays closed.

**Q:** Who keeps lost parcels?
**A:** Ms Arden.

Q: Where is it?

A: In the hall.

Q: How long?
A: A week.
"""


def test_each_block_is_a_row_and_each_name_a_field(tmp_path):
    table = read(written(tmp_path / "faq.txt", FAQ), base=tmp_path)
    assert [tuple(raw.fields.values()) for raw in table.rows] == [
        ("When does the depot open?", "At seven.\nOn Sundays it stays closed."),
        ("Who keeps lost parcels?", "Ms Arden."),
        ("Where is it?", "In the hall."),
        ("How long?", "A week."),
    ]
    assert [raw.source for raw in table.rows] == [f"faq.txt:{line}" for line in (1, 5, 8, 12)]
    assert table.roles == {"question": "q", "answer": "a"}


def test_a_block_without_one_of_the_names_is_told(tmp_path):
    blocks = "".join(f"Text: a text {n}\nLabel: a\n\n" for n in range(12))
    path = written(tmp_path / "rows.txt", blocks + "Text: alone\n\nText: b\nLabel: a\n")
    with problem(DataError, "D026", "rows.txt:37", "label", "text"):
        read(path, base=tmp_path)


@pytest.mark.parametrize(
    ("text", "blocked"),
    [
        (FAQ, True),
        ("Note: this is prose.\nIt goes on.\n\nAnd on.\n" * 5, False),
        ("a: 1\nb: 2\n", False),  # one block
        ("", False),
    ],
)
def test_all_blocks_have_the_same_two_names(text, blocked):
    assert looks_blocked(text) is blocked
