from assay.data.reading.read_file import RawRow, RawTable
from assay.data.reading.tag_lists import plain_lists


def table(*rows):
    return RawTable("t", [RawRow(f"t:{i}", row) for i, row in enumerate(rows)], tuple(rows[0]), [])


def test_lists_of_words_and_tags_are_found_under_any_names():
    rows = [
        {"words": ["Ann", "saw", "Oslo"], "labels": ["PER", "none", "LOC"]},
        {"words": ["She", "slept", "there", "."], "labels": ["none"] * 4},
    ] * 3
    made = plain_lists(table(*rows), set())
    assert made.roles == {"text": "words", "entities": "labels"}
    assert made.rows[0].fields["labels"] == ["PER", "O", "LOC"]


def test_lists_of_labels_stay():
    rows = [{"text": "a b", "labels": ["x", "y"]}, {"text": "c d e", "labels": ["y", "z"]}] * 3
    one = table(*rows)
    assert plain_lists(one, set()) is one
