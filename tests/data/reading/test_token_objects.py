import pytest

from assay.data.reading.token_objects import join_tokens
from helpers.raw_tables import raw_table


def tokens(words, tags, word="orth", tag="ner"):
    return [{"id": n, word: w, tag: t} for n, (w, t) in enumerate(zip(words, tags, strict=True))]


ANN, OSLO = ["Ann", "saw"], ["New", "Oslo", "."]
FIRST, SECOND = tokens(ANN, ["U-PER", "O"]), tokens(OSLO, ["B-LOC", "L-LOC", "-"])


def test_the_sentences_of_a_text_become_one_row():
    text = {"raw": "Ann saw New Oslo.", "sentences": [{"tokens": FIRST}, {"tokens": SECOND}]}
    found = join_tokens(raw_table([{"id": 7, "paragraphs": [text, text]}]), set())
    assert [raw.fields for raw in found.rows] == 2 * [
        {
            "id": 7,
            "text": "Ann saw New Oslo.",
            "entities": [
                {"start": 0, "end": 3, "label": "PER"},
                {"start": 8, "end": 16, "label": "LOC"},
            ],
        }
    ]
    assert found.roles == {"text": "text", "entities": "entities"}


@pytest.mark.parametrize(("word", "tag"), [("word", "ner"), ("text", "entity")])
def test_without_the_text_the_words_stay(word, tag):
    row = {"sentences": [{"tokens": tokens(ANN, ["PERSON", "O"], word, tag)}]}
    found = join_tokens(raw_table([row]), set())
    assert [raw.fields for raw in found.rows] == [{"tokens": ANN, "ner_tags": ["PERSON", "O"]}]


def test_words_that_do_not_stand_in_their_text_stay_words():
    rows = [{"text": "Ann saw", "tokens": FIRST}, {"text": "elsewhere", "tokens": FIRST}]
    found = join_tokens(raw_table(rows), set())
    assert found.roles == {"text": "tokens", "entities": "ner_tags"}
    assert {tuple(raw.fields["tokens"]) for raw in found.rows} == {("Ann", "saw")}


def test_a_document_without_a_text_gives_no_row_and_one_of_another_form_stops_it():
    rows = [{"paragraphs": []}, {"paragraphs": [{"sentences": [{"tokens": FIRST}]}]}]
    assert len(join_tokens(raw_table(rows), set()).rows) == 1
    given = raw_table([*rows, {"text": "Ann saw"}])
    assert join_tokens(given, set()) is given


@pytest.mark.parametrize(
    "row",
    [
        {"tokens": [{"text": "Ann", "start": 0, "end": 3}]},  # no tags
        {"tokens": tokens(ANN, ["O", "-"])},  # nothing is named
        {"tokens": ANN, "ner_tags": ["B-PER", "O"]},
        {"tokens": []},
        {"sentences": "none"},
    ],
)
def test_other_rows_stay_as_they_are(row):
    given = raw_table([row])
    assert join_tokens(given, set()) is given
