import json

import pytest

from assay.data.reading.load import load
from assay.data.reading.nested import flatten_rows
from helpers.lines import named
from helpers.raw_tables import raw_table


def flat(rows, named_fields=()):
    table = raw_table(rows)
    found = flatten_rows(table, set(named_fields))
    return None if found is table else [raw.fields for raw in found.rows]


def test_questions_of_squad_files(tmp_path):
    def asks(words, texts):
        return {
            "id": words,
            "question": words,
            "answers": [{"text": text, "answer_start": 0} for text in texts],
        }

    paragraph = {
        "context": "Ann met Bo.",
        "qas": [asks("Who met Bo?", ["Ann", "Ann"]), asks("Who is Cy?", [])],
    }
    path = tmp_path / "squad.json"
    path.write_text(
        json.dumps({"version": "1", "data": [{"title": "People", "paragraphs": [paragraph]}]})
    )
    made = load({"data": [path]})
    assert [(e.text, e.target, e.context[0].text) for e in made.train] == [
        ("Who met Bo?", "Ann", "Ann met Bo.")
    ]
    assert any(named(note, "1 row", "answer") for note in made.notes)
    assert any(named(note, "SQuAD", "1 row of articles", "2 questions") for note in made.notes)


def test_rows_under_a_key_are_said_with_the_key():
    rows = [{"page": n, "items": [{"text": f"a{n}", "label": "b"}] * 2} for n in range(3)]
    notes = flatten_rows(raw_table(rows), set()).notes
    assert any(named(note, "3 rows", "6 rows", "'items'") for note in notes)
    assert not any("SQuAD" in note for note in notes)


def test_a_label_with_texts_that_have_it_is_a_row_for_each_text():
    # As files of chatbots have their intents.
    rows = [
        {"tag": "greet", "patterns": ["Hi", "Hello"]},
        {"tag": "bye", "patterns": ["Bye", "Ciao"]},
    ]
    assert flat(rows)[1:3] == [{"tag": "greet", "text": "Hello"}, {"tag": "bye", "text": "Bye"}]
    assert len(flat([*rows, {"patterns": ["a list of", "no label"]}])) == 4
    assert flat([*rows, {"tag": "odd", "patterns": "a text"}]) is None


def test_questions_and_answers_in_step_are_a_row_each():
    # As CoQA has them: a story, its questions and their answers in two lists.
    story = "Ann went to Oslo by train. She stayed there for a week and then came home again."
    asked = [{"input_text": "Who went?"}, {"input_text": "Where?"}]
    said = [{"input_text": "Ann"}, {"input_text": "to Oslo"}]
    table = raw_table([{"story": story, "questions": asked, "answers": said}] * 2)
    found = flatten_rows(table, set())
    assert [raw.fields for raw in found.rows[:2]] == [
        {"story": story, "question": "Who went?", "answer": "Ann"},
        {"story": story, "question": "Where?", "answer": "to Oslo"},
    ]
    assert found.roles == {"text": "question", "answer": "answer", "context": "story"}
    assert [raw.source for raw in found.rows] == ["rows.jsonl:1"] * 2 + ["rows.jsonl:2"] * 2


def test_labelled_sentences_of_a_document_are_rows_with_what_stands_around_them():
    sentences = [{"text": "Good.", "label": "pos"}, {"text": "Bad.", "label": "neg"}]
    assert flat([{"doc": "d1", "sentences": sentences}])[1] == {
        "doc": "d1",
        "text": "Bad.",
        "label": "neg",
    }


@pytest.mark.parametrize(
    "row",
    [
        {
            "text": "Ann saw Oslo",
            "entities": [{"start": 8, "end": 12, "text": "Oslo", "label": "p"}],
        },
        {"messages": [{"role": "user", "content": "Hi", "label": "a"}]},
        {
            "question": "Which?",
            "choices": [{"text": "x", "label": "A"}, {"text": "y", "label": "B"}],
        },
        {"text": "a", "label": "b"},
    ],
    ids=["spans", "turns", "options", "plain"],
)
def test_spans_turns_and_options_are_no_rows(row):
    assert flat([row] * 3) is None


def test_a_list_that_the_project_names_stays():
    rows = [{"doc": "d1", "sentences": [{"text": "Good.", "label": "pos"}]}]
    assert flat(rows, {"sentences"}) is None


def test_rows_by_their_names_in_an_object_are_rows_with_their_name():
    asked = {
        "q1": {"question": "Who?", "answer": "Ann"},
        "q2": {"question": "Where?", "answer": "Oslo"},
    }
    assert flat([{"passage": "Ann came.", "qas": asked}] * 2)[1] == {
        "passage": "Ann came.",
        "id": "q2",
        "question": "Where?",
        "answer": "Oslo",
    }
    # parts of one thing are no rows
    assert flat([{"question": {"text": "Who?"}, "answer": {"text": "Ann"}}] * 2) is None
    assert flat([{"parts": {"question": {"text": "Who?"}, "answer": {"text": "Ann"}}}] * 2) is None


def test_a_query_of_a_passage_is_asked():
    # As ReCoRD has them: the passage is an object with the places of its names.
    row = {
        "passage": {"text": "Ann met Bo.", "entities": [{"start": 0, "end": 3}]},
        "qas": [
            {"query": "@placeholder met Bo.", "answers": [{"start": 0, "end": 3, "text": "Ann"}]}
        ],
    }
    found = flatten_rows(raw_table([row] * 3), set())
    assert found.roles == {"question": "query", "answer": "answers"}
    assert found.rows[0].fields["answers"] == ["Ann"]


def test_answers_that_say_whether_they_are_right_stay_objects():
    answers = [{"text": "Ann", "label": 1}, {"text": "Bo", "label": 0}]
    rows = [{"text": "Ann came.", "questions": [{"question": "Who?", "answers": answers}]}]
    assert flat(rows)[0]["answers"] == answers


def test_options_in_step_with_questions_go_with_them():
    # As RACE has them; a list without a telling name stays whole, be it of the same length.
    row = {
        "article": "Ann went to Oslo by train and stayed there for a whole week or so.",
        "questions": ["Who?", "Where?"],
        "options": [["Ann", "Bo"], ["Rome", "Oslo"]],
        "answers": [0, 1],
        "tags": ["a", "b"],
    }
    table = raw_table([row] * 2)
    found = flatten_rows(table, set())
    assert found.rows[1].fields == {
        "article": row["article"],
        "tags": ["a", "b"],
        "question": "Where?",
        "options": ["Rome", "Oslo"],
        "answer": "1",
    }
    uneven = raw_table([row, {**row, "options": [["Ann", "Bo"]]}])
    assert flatten_rows(uneven, set()).rows[0].fields["options"] == row["options"]
