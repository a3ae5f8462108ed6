import pytest

from assay.data.reading.unnamed_options import name_options
from helpers.raw_tables import raw_table


def table(make, count=12):
    rows = [make(i) for i in range(count)]
    return raw_table([{f"field{at}": cell for at, cell in enumerate(row, 1)} for row in rows])


def named(make, **more):
    found = table(make, **more)
    made = name_options(found, set())
    return None if made is found else made


def asked(i, *cells):
    return (f"what is the number {i}?", *cells)


@pytest.mark.parametrize(
    "make",
    [
        lambda i: asked(i, f"a{i}", f"b{i}", f"c{i}", "ABC"[i % 3]),
        # the same options in all rows, where three or more are named by letters
        lambda i: asked(i, "one", "two", "none", "abc"[i % 3]),
        lambda i: asked(i, f"a{i}", f"b{i}", f"c{i}", str(i % 3)),
        lambda i: asked(i, f"a{i}", f"b{i}", f"c{i}", str(1 + i % 3)),
    ],
)
def test_the_last_column_names_one_of_those_before_it(make):
    found = named(make)
    assert found.names == ("question", "A", "B", "C", "answer")
    assert found.rows[1].fields["answer"] == make(1)[-1]
    assert found.rows[1].source == "rows.jsonl:2"


def test_a_number_of_the_row_may_stand_first():
    found = named(lambda i: (str(i), *asked(i, f"a{i}", f"b{i}", "AB"[i % 2])))
    assert found.names == ("field1", "question", "A", "B", "answer")


@pytest.mark.parametrize(
    "make",
    [
        # a class at the end; letters of no column; two columns by numbers
        lambda i: asked(i, "one", "two", "none", str(i % 3)),
        lambda i: asked(i, f"a{i}", f"b{i}", "CDE"[i % 3]),
        lambda i: asked(i, f"a{i}", f"b{i}", str(i % 2)),
        # options of other lengths, the same twice in a row, or empty
        lambda i: asked(i, f"a{i}", f"this is a long text about {i}", f"c{i}", "ABC"[i % 3]),
        lambda i: asked(i, "one", "one", f"c{i}", "ABC"[i % 3]),
        lambda i: asked(i, "one", "", f"c{i}", "ABC"[i % 3]),
        # no question, and one letter in all rows
        lambda i: (f"w{i}", f"a{i}", f"b{i}", f"c{i}", "ABC"[i % 3]),
        lambda i: asked(i, f"a{i}", f"b{i}", f"c{i}", "A"),
    ],
)
def test_what_is_no_such_table_stays(make):
    assert named(make) is None


def test_names_of_the_file_and_of_the_project_stay():
    rows = [{"a": f"what is {i}?", "b": f"{i}", "c": f"{i}!", "d": "AB"[i % 2]} for i in range(12)]
    found = raw_table(rows)
    assert name_options(found, set()) is found
    found = table(lambda i: asked(i, f"a{i}", f"b{i}", "AB"[i % 2]))
    assert name_options(found, {"field4"}) is found
