import json

import pytest

from assay.core.errors import DataError
from assay.data.reading.read_file import read
from helpers.problems import problem
from helpers.raw_tables import written

ROWS = [{"id": n, "text": f"a text {n}", "label": "ab"[n % 2]} for n in range(12)]
EACH = [json.dumps(row) for row in ROWS]
BROKEN = {
    "a quote too many": EACH[5].replace("text 5", 'te"xt 5'),
    "a quote too few": EACH[5].replace('"a text', "a text"),
    "a comma too many": EACH[5].replace("}", ",}"),
    "Python": str(ROWS[5]),
    "cut": EACH[5][:25],
    "a backslash": EACH[5].replace("text 5", r"te\xt"),
    "no row": "None",
}


def rows_of(tmp_path, text, name="rows.json", **more):
    table = read(written(tmp_path / name, text), base=tmp_path, bad_rows=0.05, **more)
    return [row.fields["id"] for row in table.rows], [one.source for one in table.aside], table


def array(each, between=",\n"):
    return f"[\n{between.join(each)}\n]\n"


@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.parametrize(
    "form",
    [
        array,
        lambda each: f"[{', '.join(each)}]",
        lambda each: f'{{"about": 1, "rows": {array(each)}}}',
        "\n\n".join,
    ],
    ids=["lines", "one line", "under a key", "no array"],
)
def test_a_row_that_is_no_json_costs_itself_alone(tmp_path, what, form):
    each = [*EACH[:5], BROKEN[what], *EACH[6:]]
    if form == "\n\n".join:
        each[0] = json.dumps(ROWS[0], indent=1)
    ids, aside, _ = rows_of(tmp_path, form(each))
    assert ids == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11] and len(aside) == 1


@pytest.mark.parametrize("at", [0, 11])
def test_so_does_the_first_and_the_last(tmp_path, at):
    each = [*EACH]
    each[at] = each[at].replace('"label"', "label")
    ids, aside, _ = rows_of(tmp_path, array(each))
    assert ids == [n for n in range(12) if n != at] and aside == [f"rows.json:{at + 2}"]


def test_objects_inside_of_a_broken_row_are_no_rows(tmp_path):
    rows = [{**row, "parts": [{"id": 90, "text": "x"}, {"id": 91, "text": "y"}]} for row in ROWS]
    each = [json.dumps(row) for row in rows]
    each[5] = each[5].replace('"label"', "label")
    ids, aside, _ = rows_of(tmp_path, array(each))
    assert ids == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11] and aside == ["rows.json:7"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (array([*EACH, ""]), "D015"),  # a comma before ]
        (array([*EACH[:5], "", *EACH[5:]]), "D015"),
        (array(EACH, "\n"), ""),  # no commas at all
        (array(EACH)[:-3], "D014"),
        (array(EACH[:6]) + array(EACH[6:]), "D018"),
        (array(EACH) + "[]\n", "D018"),
        (array([*EACH[:5], f"// the others\n{EACH[5]}", *EACH[6:]]), "D018"),
        ("# made today\n" + array(EACH), "D018"),
        (array([*EACH[:5], f"/* {{1\n */{EACH[5]}", *EACH[6:]]), "D018"),
        ("\n".join(one + "," for one in EACH), ""),
    ],
)
def test_what_stands_wrong_between_the_rows_is_passed_over(tmp_path, text, code):
    ids, aside, table = rows_of(tmp_path, text)
    assert ids == list(range(12)) and not aside
    assert not code or any(note.startswith(code) for note in table.notes)


@pytest.mark.parametrize("more", ["(12 rows)", "{}", '{"version": 1}', "null"])
def test_what_stands_behind_an_array_is_no_row(tmp_path, more):
    ids, aside, _ = rows_of(tmp_path, f"{array(EACH)}{more}\n")
    assert ids == list(range(12)) and aside == ["rows.json:15"]


def test_an_array_that_is_cut_off_ends_before_its_last_row(tmp_path):
    ids, aside, _ = rows_of(tmp_path, array(EACH)[:-20])
    assert ids == list(range(11)) and aside == ["rows.json:13"]


def test_lists_of_cells_are_found_by_their_types(tmp_path):
    each = [json.dumps([f"a text {n}", ["B", "O"], n]) for n in range(12)]
    each[5] = each[5].replace('"O"', "O")
    table = read(written(tmp_path / "rows.json", array(each)), base=tmp_path, bad_rows=0.05)
    assert [row.fields["field3"] for row in table.rows] == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (array([*EACH[:5], *map(str, ROWS[5:])]), "D016", 7),  # no row comes soon
        (array([*EACH[:3], "nonsense " * 100, *EACH[3:]]), "D099", 5),
        (array(map(str, ROWS)), "D016", 2),
        (
            array(['"a"', '"b"', "c", *['"d"'] * 9]),
            "D099",
            4,
        ),  # where is the next text?
        (array(EACH) + '[{"version": 1}]', "D018", 15),
    ],
)
def test_where_much_would_be_lost_the_file_is_refused(tmp_path, text, code, line):
    with problem(DataError, code, f"rows.json:{line}"):
        rows_of(tmp_path, text)


def test_a_broken_value_that_is_no_row_refuses_the_file(tmp_path):
    text = '{"messages": [{"role": "user", "content": "a"}, {"role": "x, "content": "b"}], "n": 1}'
    with problem(DataError, "D099", "rows.json:1"):
        rows_of(tmp_path, text)
