import pytest

from assay.data.reading.uniform_rows import FORMS, tidy_table
from helpers.raw_tables import LABELLED, raw_table


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_file_of_no_other_form_is_given_back_as_it_is(form):
    for rows in (
        LABELLED,
        [{"question": "Where?", "answer": "There."}],
        [{"messages": [{"role": "user", "content": "Hi"}]}],
        [],
    ):
        table = raw_table(rows)
        assert form(table, set()) is table


def test_objects_in_a_list_that_is_written_as_text_are_options():
    options = "[{'label': 'A', 'text': 'red'}, {'label': 'B', 'text': 'blue'}]"
    table = raw_table([{"question": "q", "choices": options, "answer": "B"}] * 2)
    assert tidy_table(table, set()).rows[0].fields == {
        "question": "q",
        "choices": ["red", "blue"],
        "answer": "B",
    }


def test_a_list_that_the_project_names_is_not_taken_apart():
    rows = [{"title": "t", "paragraphs": [{"context": "c", "qas": [{"question": "q", "id": 1}]}]}]
    assert tidy_table(raw_table(rows), {"paragraphs"}).rows[0].fields == rows[0]


@pytest.mark.parametrize("at", [0, 7, 19])
@pytest.mark.parametrize("odd", [None, "Which?"], ids=str)
def test_a_row_that_is_not_of_the_form_of_the_others_is_set_aside(at, odd):
    choices = [{"label": "A", "text": "red"}, {"label": "B", "text": "blue"}]
    each = [{"stem": f"Which {n}?", "choices": choices} for n in range(30)]
    rows = [{"question": one, "key": "B"} for one in each]
    rows[at] = {"question": odd, "key": "A"}
    table = tidy_table(raw_table(rows), set(), 0.05)
    assert len(table.rows) == 29 and table.rows[3].fields["choices"] == ["red", "blue"]
    assert [one.source for one in table.aside] == [raw_table(rows).rows[at].source]
    strict = tidy_table(raw_table(rows), set())
    assert len(strict.rows) == 30 and not strict.aside


def test_where_several_rows_are_of_no_form_all_stay():
    rows = [{"question": "x"}] * 3 + [{"question": {"stem": "Which?", "choices": ["a", "b"]}}] * 27
    assert tidy_table(raw_table(rows), set(), 0.05).rows == raw_table(rows).rows
