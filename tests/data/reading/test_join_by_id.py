from pathlib import Path

import pytest

from assay.data.reading.join_by_id import join_by_id
from helpers.raw_tables import raw_table

TEXTS = raw_table([{"id": f"r{n}", "text": f"text {n}"} for n in range(6)], "texts.csv")


def join(*tables, split="train"):
    return [table for _, _, table in join_by_id([(split, Path(t.place), t) for t in tables])]


def test_labels_of_another_file_stand_beside_the_texts_of_their_id():
    labels = raw_table([{"id": f"r{n}", "label": "ab"[n % 2]} for n in range(5, -1, -1)], "l.csv")
    (both,) = join(TEXTS, labels)
    assert [raw.fields for raw in both.rows[:2]] == [
        {"id": "r0", "text": "text 0", "label": "a"},
        {"id": "r1", "text": "text 1", "label": "b"},
    ]
    assert both.rows[0].source == "texts.csv:1"


def test_the_file_whose_id_comes_again_has_the_rows():
    asked = raw_table([{"doc": f"r{n // 2}", "question": f"q {n}"} for n in range(12)], "q.csv")
    (both,) = join(TEXTS, asked)
    assert len(both.rows) == 12
    assert both.rows[3].fields == {"doc": "r1", "question": "q 3", "id": "r1", "text": "text 1"}


def test_rows_without_a_partner_are_left_out_and_counted():
    labels = raw_table([{"id": f"r{n}", "label": "a"} for n in range(5)], "l.csv")
    (both,) = join(TEXTS, labels)
    assert len(both.rows) == 5
    assert any(note.startswith("D206") and "1 row of it" in note for note in both.notes)


def test_a_field_that_both_have_with_other_values_keeps_both():
    labels = raw_table([{"id": f"r{n}", "text": f"other {n}", "label": "a"} for n in range(6)])
    first = raw_table([{**raw.fields, "lang": "en"} for raw in TEXTS.rows], "texts.csv")
    (both,) = join(first, labels)
    assert both.rows[2].fields == {
        "id": "r2", "text": "text 2", "lang": "en", "text_2": "other 2", "label": "a",
    }  # fmt: skip


@pytest.mark.parametrize(
    "other",
    [
        raw_table([{"id": f"x{n}", "label": "a"} for n in range(6)]),  # no value in common
        raw_table([{"id": f"r{n}", "text": "t"} for n in range(6)]),  # the same fields: more rows
        raw_table([{"id": "r1", "label": "a"} for _ in range(6)]),
    ],
    ids=["apart", "same fields", "one value"],
)
def test_files_that_no_id_joins_stay_two(other):
    assert join(TEXTS, other) == [TEXTS, other]
