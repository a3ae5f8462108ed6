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
