import pytest

from assay.data.reading.right_and_wrong import gather_sides
from helpers.raw_tables import raw_table


def rows_of(*names, values=lambda name, n: f"{name} {n}"):
    return [
        {"question": f"Which is {n}?", **{name: values(name, n) for name in names}}
        for n in range(9)
    ]


@pytest.mark.parametrize(
    ("names", "goal", "right"),
    [
        (("correct1", "correct2", "incorrect1"), "answer", ["correct1 0", "correct2 0"]),
        (("right_answer", "wrong_answer_1", "wrong_answer_2"), "answer", "right_answer 0"),
        (("correct_answer", "incorrect_answer_1"), "correct_answer", "correct_answer 0"),
        (("TrueReply", "FalseReply2", "FalseReply3"), "answer", "TrueReply 0"),
        (("Correct Option", "Incorrect Option 1"), "answer", "Correct Option 0"),
    ],
)
def test_columns_of_both_sides_are_options_and_the_right_ones_answers(names, goal, right):
    (made := gather_sides(raw_table(rows_of(*names)), set()))
    assert made.names == ("question", "choices", goal)
    first = made.rows[0].fields
    assert sorted(first["choices"]) == sorted(f"{name} 0" for name in names)
    assert first[goal] == right
    each = enumerate(row.fields["choices"] for row in made.rows)
    places = {choices.index(f"{names[0]} {n}") for n, choices in each}
    assert len(places) > 1


def test_a_row_without_all_of_them_has_fewer_options():
    rows = rows_of("correct1", "incorrect1", "incorrect2")
    rows[3]["incorrect2"] = ""
    made = gather_sides(raw_table(rows), set())
    assert sorted(made.rows[3].fields["choices"]) == ["correct1 3", "incorrect1 3"]


@pytest.mark.parametrize(
    "rows",
    [
        rows_of("correct1", "correct2", "incorrect1", values=lambda _, n: n),  # counts
        rows_of("correct1", "incorrect1", "incorrect2", values=lambda name, n: n % 2 == 0),
        rows_of("correct", "incorrect"),  # a text and its correction
        rows_of("right_text", "left_text", "left_text_2"),
        rows_of("correct_answer", "wrong_label_1", "wrong_label_2"),
        rows_of("right_answer1", "right_answer2"),
        rows_of("right_answer", "wrong_answer1", values=lambda _, n: f"same {n}"),
        [],
    ],
)
def test_other_columns_stay(rows):
    table = raw_table(rows)
    assert gather_sides(table, set()) is table


def test_fields_that_the_project_names_stay():
    table = raw_table(rows_of("correct1", "incorrect1", "incorrect2"))
    assert gather_sides(table, {"correct1"}) is table
