import pytest

from assay.core.errors import DataError
from assay.data.reading.load import load
from assay.data.reading.official_splits import split_table
from helpers.problems import problem
from helpers.raw_tables import LABELLED, raw_table, written


def test_splits_of_one_file_are_official_and_a_split_can_be_taken_alone(tmp_path):
    path = written(tmp_path / "rows.json", {"train": LABELLED[:8], "test": LABELLED[8:]})
    loaded = load({"data": [path]}, base=tmp_path)
    assert (len(loaded.train), len(loaded.test)) == (8, 4)
    more = written(
        tmp_path / "more.json", [{**row, "text": f"more: {row['text']}"} for row in LABELLED]
    )
    assert len(load({"train": [more], "test": [path]}, base=tmp_path).test) == 4
    with problem(DataError, "D002", "rows.json", "val", "train", "test"):
        load({"train": [more], "val": [path]}, base=tmp_path)


def test_a_column_of_splits_needs_a_train(tmp_path):
    rows = [{**row, "split": "test" if i % 3 else "validation"} for i, row in enumerate(LABELLED)]
    assert len(load({"data": [written(tmp_path / "a.json", rows)]}, base=tmp_path).train) == 12
    rows = [{**row, "split": "test" if i % 3 else "train"} for i, row in enumerate(LABELLED)]
    assert len(load({"data": [written(tmp_path / "b.json", rows)]}, base=tmp_path).train) == 4


def parts(column, values, named=()):
    table = raw_table([{"text": f"t {n}", column: value} for n, value in enumerate(values)])
    found = split_table(table, "train", whole=True, named=set(named))
    return {split: [raw.fields["text"] for raw in one.rows] for split, one in found}


def test_a_column_of_splits_goes_with_its_rows_to_their_splits():
    found = parts("Split", ["train", "dev", "TEST", "Training"])
    assert found == {"train": ["t 0", "t 3"], "val": ["t 1"], "test": ["t 2"]}


@pytest.mark.parametrize(
    ("column", "values", "named"),
    [
        ("split", ["train", "fold 3"], ()),
        ("split", ["train", "train"], ()),
        ("topic", ["train", "test"], ()),  # trains and tests may be what the rows are about
        ("split", ["train", "test"], {"split"}),
    ],
)
def test_a_column_that_says_something_else_divides_nothing(column, values, named):
    assert list(parts(column, values, named)) == ["train"]
