from assay.data.reading.label_votes import count_votes
from helpers.raw_tables import raw_table


def votes(*said):
    return [{"worker_id": at, "response": one} for at, one in enumerate(said)]


def test_what_most_people_say_is_the_label():
    rows = [
        {"sentence": "a", "responses": votes("yes", "no", "no")},
        {"sentence": "b", "responses": votes("yes", "yes", "no")},
    ]
    found = count_votes(raw_table(rows), set())
    assert [raw.fields["label"] for raw in found.rows] == ["no", "yes"]


def test_texts_and_rows_with_a_label_stay():
    written = votes("a long answer that somebody wrote with care", "and one more of that kind")
    for row in ({"responses": written}, {"label": "a", "responses": votes("yes", "no")}):
        table = raw_table([row] * 2)
        assert count_votes(table, set()) is table
