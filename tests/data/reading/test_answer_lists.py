import pytest

from assay.data.reading.answer_lists import flatten_answers
from helpers.raw_tables import raw_table


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ({"value": "Oslo", "aliases": ["Oslo", "Christiania"]}, ["Oslo", "Christiania"]),
        ([{"text": "Oslo"}, {"text": "in Oslo"}], ["Oslo", "in Oslo"]),
        ({"answer": "Oslo", "synonyms": []}, ["Oslo"]),
    ],
)
def test_accepted_answers_in_objects_become_texts_and_the_first_is_the_target(value, texts):
    found = flatten_answers(raw_table([{"question": "Where?", "answers": value}] * 3), set())
    assert [raw.fields["answers"] for raw in found.rows] == [texts] * 3
    assert len(found.notes) == 1


@pytest.mark.parametrize(
    "value",
    [
        [{"text": "Oslo", "start": 3}],  # a span
        [{"role": "user", "content": "Hi"}],  # turns
        {"value": "Oslo"},  # nothing says that it has others
        ["Oslo", "in Oslo"],
    ],
)
def test_spans_turns_and_lists_of_texts_stay(value):
    table = raw_table([{"question": "Where?", "answers": value}] * 3)
    assert flatten_answers(table, set()) is table


def test_one_row_of_ten_may_be_without_a_form_and_two_may_not():
    good, bad = {"answer": [{"text": "a"}]}, {"answer": "b"}
    found = flatten_answers(raw_table([*[good] * 9, bad]), set())
    assert [raw.fields["answer"] for raw in found.rows] == [*[["a"]] * 9, "b"]
    table = raw_table([*[good] * 8, bad, bad])
    assert flatten_answers(table, set()) is table
