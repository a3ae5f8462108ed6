import pytest

from assay.core.errors import DataError
from assay.data.reading.fasttext import looks_labelled
from assay.data.reading.read_file import read
from helpers.problems import problem
from helpers.raw_tables import fields_of, written

# The first two lines are of fastText's own tutorial.
LINES = [
    "__label__sauce __label__cheese How much does potato starch affect a cheese sauce recipe?",
    "__label__food-safety __label__acidity Dangerous pathogens capable of growing in acidic foods",
]


def test_a_line_is_a_row_with_its_labels(tmp_path):
    path = written(tmp_path / "cooking.txt", "\n".join([*LINES, "__label__cheese Which?"]) + "\n")
    table = read(path, base=tmp_path)
    assert [raw.fields["labels"] for raw in table.rows] == [
        ["sauce", "cheese"],
        ["food-safety", "acidity"],
        ["cheese"],
    ]
    assert table.rows[0].fields["text"].startswith("How much")
    assert table.roles == {"text": "text", "labels": "labels"}


def test_one_label_a_line_is_the_label_wherever_it_stands(tmp_path):
    text = "__label__a , one text\nanother __label__b\n\n"
    path = written(tmp_path / "rows.txt", text)
    assert fields_of(path) == [
        {"text": "one text", "label": "a"},
        {"text": "another", "label": "b"},
    ]


def test_a_line_without_a_label_is_named(tmp_path):
    path = written(tmp_path / "rows.txt", "__label__a text\n" * 30 + "no label\n")
    with problem(DataError, "D026", "rows.txt:31"):
        read(path, base=tmp_path)


@pytest.mark.parametrize(
    ("text", "labelled"),
    [
        ("\n".join(LINES), True),
        ("text,label\na,__label__b\n", False),
        (LINES[0], False),
        ("", False),
    ],
)
def test_nearly_all_of_several_lines_have_one(text, labelled):
    assert looks_labelled(text) is labelled
