import pytest

from assay.core.errors import DataError
from assay.data.reading.load import load
from assay.data.reading.read_file import read
from helpers.problems import problem

HEAD = """% Requirements
@RELATION demo

@attribute ProjectID {1,2}
@attribute 'the text' string
@attribute _class_ {F,PE}

@data
"""


def table(tmp_path, text, name="demo.arff"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read(path, base=tmp_path)


def test_attributes_name_the_cells_of_each_line(tmp_path):
    rows = "1,'It\\'s fast, and green.',F\n\n% a comment\n2, \"plain\" ,?\n1,word,PE\n"
    found = table(tmp_path, HEAD + rows)
    assert found.names == ("ProjectID", "the text", "_class_")
    assert [[*raw.fields.values()] for raw in found.rows] == [
        ["1", "It's fast, and green.", "F"],
        ["2", "plain", None],
        ["1", "word", "PE"],
    ]
    assert found.rows[0].source == "demo.arff:9"


def test_a_file_of_any_name_is_told_by_its_first_lines(tmp_path):
    assert len(table(tmp_path, HEAD + "1,'a b',F\n", "demo.txt").rows) == 1
    text = "a line about @relation\n\nand one about @attribute of it\n"
    assert table(tmp_path, text, "other.txt").names == ("text",)


@pytest.mark.parametrize("row", ["1,'a, b'", "1,a,b,F"])
def test_a_row_of_other_cells_is_a_problem_of_its_line(tmp_path, row):
    with problem(DataError, "D037", "demo.arff:9"):
        table(tmp_path, HEAD + row + "\n")


def test_the_class_is_the_label(tmp_path):
    path = tmp_path / "demo.arff"
    rows = [
        f"{1 + n % 2},'The system shall answer within {n} seconds','{'F PE'.split()[n % 2]}'"
        for n in range(30)
    ]
    path.write_text(HEAD + "\n".join(rows), encoding="utf-8")
    loaded = load({"data": [path]}, base=tmp_path)
    assert (loaded.kind, loaded.columns["text"]) == ("classify", "the text")
    assert loaded.columns["label"] == "_class_"
