from assay.data.reading.triples import write_triples
from helpers.raw_tables import raw_table

FACT = ["Oslo", "capital of", "Norway"]
SAID = [{"source": "a", "text": "Oslo is the capital."}]


def test_facts_are_lines_and_their_sentences_the_answer():
    found = write_triples(raw_table([{"tripleset": [FACT, FACT], "annotations": SAID}] * 2), set())
    fields = found.rows[0].fields
    assert fields["tripleset"] == "Oslo | capital of | Norway\nOslo | capital of | Norway"
    assert fields["annotations"] == ["Oslo is the capital."]
    assert found.roles == {"question": "tripleset", "answer": "annotations"}


def test_spans_and_rows_with_a_text_stay():
    for row in (
        {"label": [[0, 3, "PER"]], "annotations": SAID},
        {"text": "one more text", "triples": [FACT], "annotations": SAID},
    ):
        table = raw_table([row] * 2)
        assert write_triples(table, set()) is table
