import pytest

from assay.data.reading.load import load
from assay.data.reading.value_names import with_names
from helpers.raw_tables import LABELLED, raw_table, written


def test_names_of_numbers_stand_in_the_file(tmp_path):
    rows = [{"text": row["text"], "label": "ab".index(row["label"])} for row in LABELLED]
    for names in (
        {"id2label": {"0": "a", "1": "b"}},
        {"label2id": {"a": 0, "b": 1}},
        {"classes": ["a", "b"]},
    ):
        path = written(tmp_path / "rows.json", {**names, "rows": rows})
        assert [one.target for one in load({"data": [path]}, base=tmp_path).train] == [
            row["label"] for row in LABELLED
        ]


@pytest.mark.parametrize(
    "beside",
    [
        {"ner_tags_names": ["O", "B-place"]},
        {"features": {"ner_tags": {"names": ["O", "B-place"]}}},
        {"id2label": {"0": "O", "1": "B-place"}},
    ],
)
def test_numbers_in_lists_get_their_names(beside):
    rows = [{"tokens": ["to", "Oslo"], "ner_tags": [0, 1]}] * 2
    found = with_names(raw_table(rows, beside=beside), set())
    assert [raw.fields["ner_tags"] for raw in found.rows] == [["O", "B-place"]] * 2


@pytest.mark.parametrize(
    ("rows", "beside"),
    [
        ([{"x": 0, "y": 1}, {"x": 1, "y": 0}], {"names": ["a", "b"]}),  # which of the two?
        ([{"x": 0}, {"x": 2}], {"names": ["a", "b"]}),  # 2 has no name
        ([{"x": 0}, {"x": 0}], {"names": ["a", "b"]}),  # one number says nothing
        ([{"x": True}, {"x": False}], {"names": ["a", "b"]}),
        ([{"x": 0}, {"x": 1}], {"authors": ["Ann", "Bo"]}),
    ],
)
def test_numbers_that_no_list_is_sure_to_name_stay(rows, beside):
    table = raw_table(rows, beside=beside)
    assert with_names(table, set()) is table


def test_of_two_fields_the_one_that_the_list_is_called_after_is_meant():
    table = raw_table(
        [{"label": 0, "stars": 1}, {"label": 1, "stars": 0}], beside={"label_names": ["a", "b"]}
    )
    assert [raw.fields for raw in with_names(table, set()).rows] == [
        {"label": "a", "stars": 1},
        {"label": "b", "stars": 0},
    ]
