from assay.data.reading.languages import choose_language
from helpers.raw_tables import raw_table


def said(**texts):
    return [{"language": name, "string": text, "keywords": "x"} for name, text in texts.items()]


def test_the_language_that_most_rows_have_is_read():
    rows = [
        {"id": 1, "question": said(de="Wo?", en="Where?"), "query": "a"},
        {"id": 2, "question": said(en="When?", fr="Quand ?"), "query": "b"},
    ]
    found = choose_language(raw_table(rows), set())
    assert [raw.fields["question"] for raw in found.rows] == ["Where?", "When?"]


def test_all_fields_are_read_in_one_language():
    rows = [{"question": {"de": "Wo?", "en": "Where?"}, "answer": {"de": "Da", "en": "There"}}] * 2
    found = choose_language(raw_table(rows), set())
    assert found.rows[0].fields == {"question": "Where?", "answer": "There"}


def test_a_translation_and_objects_of_other_names_stay():
    for row in ({"translation": {"de": "Wo?", "en": "Where?"}}, {"answer": {"no": 1, "maybe": 2}}):
        table = raw_table([{"id": 1, **row}] * 2)
        assert choose_language(table, set()) is table
