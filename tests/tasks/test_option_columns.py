import pytest

from assay.tasks.columns import columns_of
from assay.tasks.option_columns import choice_list_column, column_series


def columns(*names, value="x"):
    return columns_of([dict.fromkeys(names, value)] * 3)


@pytest.mark.parametrize(
    ("names", "series"),
    [
        # MMLU, PIQA, OpenBookQA, Cosmos QA
        ("question A B C D answer", ["A", "B", "C", "D"]),
        ("goal sol1 sol2 label", ["sol1", "sol2"]),
        ("stem choice_a choice_b choice_c", ["choice_a", "choice_b", "choice_c"]),
        ("obs1 obs2 hyp1 hyp2 label", ["hyp1", "hyp2"]),
        ("answer0 answer1 answer2 answer3", ["answer0", "answer1", "answer2", "answer3"]),
        # In the order of the marks, not of the file.
        ("option_2 question option_1", ["option_1", "option_2"]),
        # A stem that says nothing of options: three, for two are a pair of texts.
        ("text thing1 thing2 thing3", ["thing1", "thing2", "thing3"]),
    ],
)
def test_columns_of_one_stem_with_marks_without_a_gap(names, series):
    assert column_series(columns(*names.split())) == [series]


@pytest.mark.parametrize("names", ["question A C", "text thing1 thing2", "question choice1"])
def test_a_gap_a_pair_or_a_single_one_is_no_series(names):
    assert column_series(columns(*names.split())) == []


def test_an_empty_column_is_no_option():
    rows = [{"A": "x", "B": "y", "C": None}] * 3
    assert column_series(columns_of(rows)) == [["A", "B"]]


def test_a_list_is_found_by_its_name_and_by_holding_lists():
    assert choice_list_column(columns("question", "choices", value=["a", "b"])) == ["choices"]
    assert choice_list_column(columns("question", "parts", value=["a", "b"])) == []
    assert choice_list_column(columns("question", "choices")) == []
    # ARC and CommonsenseQA have an object of two lists.
    rows = [{"choices": {"text": ["a", "b"], "label": ["A", "B"]}}] * 3
    assert choice_list_column(columns_of(rows)) == ["choices"]
