import pytest

from assay.data.reading.answer_lists import flatten_answers, join_accepted
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


def test_names_of_parts_in_capitals_and_texts_in_objects():
    rows = [
        {"Answer": {"Value": "Oslo", "Aliases": ["Christiania"], "Type": "place"}},
        {"Answer": {"Value": "Ann", "Aliases": []}},
    ]
    found = flatten_answers(raw_table(rows), set())
    assert [raw.fields["Answer"] for raw in found.rows] == [["Oslo", "Christiania"], ["Ann"]]
    rows = [{"references": [{"output": {"text": "Oslo"}, "tags": ["correct"]}]}] * 2
    assert flatten_answers(raw_table(rows), set()).rows[0].fields["references"] == ["Oslo"]


def test_references_to_a_question_are_its_answers_unless_a_field_is_named_so():
    row = {"input": "Where?", "references": [{"text": "Oslo"}]}
    asked = {"question": "input", "answer": "references"}
    assert flatten_answers(raw_table([row] * 2), set()).roles == asked
    assert flatten_answers(raw_table([{**row, "label": "a"}] * 2), set()).roles == {}


def test_of_an_object_with_a_part_for_each_form_of_answer_the_one_that_is_filled_is_taken():
    # As DROP has them.
    def answer(number="", spans=(), year=""):
        return {"answer": {"number": number, "date": {"day": "", "year": year}, "spans": [*spans]}}

    rows = [answer(number=57), answer(spans=["Ann", "Bo"]), answer(year="1931"), {"answer": None}]
    found = flatten_answers(raw_table(rows), set())
    assert [raw.fields["answer"] for raw in found.rows] == [["57"], ["Ann, Bo"], ["1931"], None]


@pytest.mark.parametrize(
    "rows",
    [
        # fields to extract; all of the same part; several parts in each
        [{"answer": {"name": "Ann", "city": ""}}, {"answer": {"name": "", "city": "Oslo"}}],
        [{"answer": {"number": "1", "spans": []}}, {"answer": {"number": "2", "spans": []}}],
        [{"answer": {"number": "1", "text": "one"}}, {"answer": {"number": "", "text": "two"}}],
    ],
)
def test_objects_of_other_parts_stay(rows):
    table = raw_table(rows)
    assert flatten_answers(table, set()) is table


def best(mark, *pairs, **more):
    rows = [
        {"Question": f"q {n}", "Best Answer": first, "Correct Answers": mark.join(others), **more}
        for n, (first, others) in enumerate(pairs)
    ]
    return raw_table(rows)


@pytest.mark.parametrize("mark", ["; ", ";", " | ", "|"])
def test_accepted_answers_in_one_text_follow_the_best_one(mark):
    table = best(mark, ("Yes", ["Yes", "It does"]), ("No", ["Never", "No"]), ("Oslo", ["Oslo"]))
    found = join_accepted(table, set())
    assert [raw.fields["Best Answer"] for raw in found.rows] == [
        ["Yes", "It does"],
        ["No", "Never"],
        ["Oslo"],
    ]
    assert found.roles == {"question": "Question", "answer": "Best Answer"}
    assert "Correct Answers" not in found.names
    assert join_accepted(table, {"Correct Answers"}) is table


@pytest.mark.parametrize(
    "table",
    [
        best("; ", ("Yes", ["It does", "Sure"]), ("No", ["Never", "No"])),  # the best is not there
        best("; ", ("Yes", ["Yes"]), ("No", ["No"])),  # none has others
        best("/", ("Yes", ["Yes", "Sure"]), ("No", ["No", "Never"])),
        raw_table([{"question": "q", "answer": "a", "answers": ["a", "b"]}] * 2),
        raw_table([{"answer": "a", "answers": "a; b"}] * 2),
    ],
)
def test_other_columns_of_answers_stay(table):
    assert join_accepted(table, set()) is table
