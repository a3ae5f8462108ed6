import pytest

from assay.data.reading.opened_objects import open_objects
from helpers.raw_tables import raw_table

OPTIONS = [{"text": "red", "label": "A"}, {"text": "blue", "label": "B"}]


def opened(row, named=()):
    table = raw_table([row] * 3)
    found = open_objects(table, set(named))
    return None if found is table else found.rows[-1].fields


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        # ARC, under another name of the object; HELM, two objects deep
        (
            {"id": 1, "item": {"stem": "Which?", "choices": OPTIONS}, "answerKey": "B"},
            {"id": 1, "item": "Which?", "choices": OPTIONS, "answerKey": "B"},
        ),
        (
            {"it": {"input": {"text": "Which?"}, "references": OPTIONS}, "run": {"prompt": "x"}},
            {"input": "Which?", "references": OPTIONS, "run": {"prompt": "x"}},
        ),
        # a passage with its questions, and a text in an object of its own
        (
            {"passage": {"text": "Ann came.", "asked": [{"question": "Who?", "answer": "Ann"}]}},
            {"passage": "Ann came.", "asked": [{"question": "Who?", "answer": "Ann"}]},
        ),
        ({"input": {"text": "Who?"}, "label": "a"}, {"input": "Who?", "label": "a"}),
        # NarrativeQA: a question is opened, whatever stands beside its text
        (
            {"question": {"text": "Who?", "tokens": ["Who"]}},
            {"question": "Who?", "tokens": ["Who"]},
        ),
        # a part that is there already is called by both names
        (
            {"id": 1, "q": {"question": "Which?", "id": 2, "options": ["a", "b"]}},
            {"id": 1, "question": "Which?", "q_id": 2, "options": ["a", "b"]},
        ),
    ],
)
def test_parts_of_an_object_that_holds_a_question_are_fields(row, fields):
    assert opened(row) == fields


@pytest.mark.parametrize(
    "row",
    [
        {"item": {"stem": "Which?", "level": "easy"}, "answer": "red"},  # no options
        {"item": {"stem": "Which?", "choices": ["red"]}},  # one
        {"answers": {"text": ["Oslo"], "answer_start": [3]}},
        {"answer": {"value": "Oslo"}, "meta": {"text": "a", "lang": "en"}},
        {"passage": {"text": "Ann came.", "entities": [{"start": 0, "end": 3}]}},
        {"response": {"choices": [{"text": "a"}, {"text": "b"}], "model": "m"}},
        {"question": {}},
    ],
)
def test_other_objects_stay(row):
    assert opened(row) is None


def test_an_object_of_which_a_part_is_named_stays():
    row = {"question": {"stem": "Which?", "choices": OPTIONS}}
    assert opened(row, {"question.stem"}) is None
    assert opened(row, {"question"})["choices"] == OPTIONS


def test_a_row_without_the_object_stays_as_it_is():
    rows = [{"input": {"text": f"{n}"}} for n in range(30)] + [{"input": None}, {"other": 1}]
    made = open_objects(raw_table(rows), set()).rows
    assert [raw.fields for raw in made[-3:]] == [{"input": "29"}, {"input": None}, {"other": 1}]


def test_objects_that_hold_one_value_are_the_value_where_the_file_writes_so():
    entry = {"title": {"label": "Lovely"}, "content": {"label": "", "attributes": {"type": "text"}}}
    assert opened(entry) == {"title": "Lovely", "content": ""}
    # one such field may be an object of its own
    assert opened({"title": "Lovely", "content": {"label": "x"}}) is None
    assert opened({"a": {"label": "x", "score": 1}, "b": {"label": "y", "score": 2}}) is None
