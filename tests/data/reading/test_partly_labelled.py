from assay.data.reading.partly_labelled import keep_labelled
from assay.data.reading.read_file import RawRow, RawTable


def table(valence):
    rows = [{"sentence": f"the text of row {i} is here", "valence": valence(i)} for i in range(200)]
    return RawTable("t", [RawRow(f"t:{i}", r) for i, r in enumerate(rows)], tuple(rows[0]), [])


def test_rows_without_the_only_label_are_left_out():
    made = keep_labelled(table(lambda i: str(i % 3 - 1) if i < 60 else ""), set())
    assert len(made.rows) == 60 and made.notes[-1].startswith("D206 t: 140 rows without 'valence'")


def test_a_few_labels_are_none():
    one = table(lambda i: str(i % 3) if i < 10 else "")
    assert keep_labelled(one, set()) is one
