import pytest

from assay.tasks.columns import (
    MANY,
    as_text,
    columns_of,
    count_words,
    has,
    is_prediction_name,
    is_unnamed,
    rank,
    usual_names,
    value_at,
    words_of,
    wordy,
)

ROW = {"a.b": 1, "meta": {"source": "web", "at": None}, "turns": [{"text": "hi"}, {"text": "so?"}]}


@pytest.mark.parametrize(
    ("path", "value", "there"),
    [
        ("a.b", 1, True),  # the name as it is comes before the path
        ("meta.source", "web", True),
        ("meta.at", None, True),  # null is there
        ("meta.by", None, False),
        ("turns.0.text", "hi", True),
        ("turns.-1.text", "so?", True),
        ("turns.2.text", None, False),
        ("turns.text", None, False),
        ("gone", None, False),
    ],
)
def test_a_path_reaches_into_objects_and_lists(path, value, there):
    assert (value_at(ROW, path), has(ROW, path)) == (value, there)


def test_a_scalar_is_written_as_in_a_file():
    assert [as_text(value) for value in (True, False, None, 3, 0.5, " x ")] == [
        "true",
        "false",
        "",
        "3",
        "0.5",
        " x ",
    ]


def test_words_of_a_name():
    assert words_of("meta.reasoningFree_pred") == ["reasoning", "free", "pred"]
    assert words_of("LONG_ANSWER") == ["long", "answer"]


def test_a_column_named_like_a_models_output_is_a_prediction():
    assert all(map(is_prediction_name, ("label_pred", "modelScore", "out.confidence")))
    assert not any(map(is_prediction_name, ("label", "predicate", "scored")))


def columns(**values):
    rows = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
    return {column.name: column for column in columns_of(rows)}


def test_objects_are_opened_one_level_deep_and_stand_where_they_first_appear():
    rows = [{"b": {"x": {"deep": 1}}}, {"a": 1, "b": {"y": 2}}]
    assert [column.name for column in columns_of(rows)] == ["b.x", "b", "a", "b.y"]


def test_the_numbers_of_a_column_count_its_filled_rows():
    # Four rows, one blank, one null: two are filled, of 3 and 7 characters, 1 and 2 words.
    (column,) = columns_of([{"t": "yes"}, {"t": "  "}, {"t": None}, {"t": " why so? "}])
    assert (column.rows, column.filled, column.distinct) == (4, 2, 2)
    assert (column.length, column.words, column.asks) == (5.0, 1.5, 0.5)
    assert not column.full


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("12", "numbers"),
        ("-1,250.50", "numbers"),
        ("$18", "numbers"),
        ("2,5 %", "numbers"),
        ("2024-02-29", "dates"),
        ("2024-02-29T10:00:00Z", "dates"),
        ("29.2.2024", "dates"),
        ("3/1/2024 14:10:33", "dates"),
        ("01/May/24 9:10 AM", "dates"),
        ("Mon Apr 06 22:10:45 PDT 2009", "dates"),
        ("https://a.b/c", "links"),
        ("<p>hello</p>", "markup"),
    ],
)
def test_numbers_dates_links_and_markup_are_told_apart(text, share):
    column = columns(x=[text])["x"]
    shares = {name: getattr(column, name) for name in ("numbers", "dates", "links", "markup")}
    assert {name for name, value in shares.items() if value} == {share}


def test_prose_labels_scales_and_marks_of_the_row():
    found = columns(
        text=[f"what is the {i}th thing" for i in range(9)],
        verdict=["yes", "no", "no"] * 3,
        same=["yes"] * 9,
        stars=[i % 5 for i in range(9)],
        row_id=list(range(9)),
        _hidden=["a", "b", "c"] * 3,
        tags=[["a", "b"]] * 9,
    )
    assert [name for name, one in found.items() if one.prose] == ["text"]
    assert [name for name, one in found.items() if one.labels] == ["verdict", "_hidden"]
    assert [name for name, one in found.items() if one.technical] == ["row_id", "_hidden"]
    assert [name for name, one in found.items() if one.scale] == ["stars", "row_id"]
    assert found["verdict"].share == pytest.approx(2 / 9)


def test_of_very_many_fields_those_of_few_rows_are_left_out():
    names = dict.fromkeys(map(str, range(MANY)), 1)
    assert usual_names(names, 1000) == [*names]
    names |= {"often": 50, "seldom": 49, "named": 1}
    assert usual_names(names, 1000, ["named"])[-3:] == ["often", "seldom", "named"]
    names |= dict.fromkeys([f"all {i}" for i in range(20)], 1000)
    found = usual_names(names, 1000, ["named"])
    assert found == ["often", "named", *(f"all {i}" for i in range(20))]


def test_fields_that_stand_in_one_row_each_cost_no_look_at_every_row():
    class Counted(dict):
        looks = 0

        def __contains__(self, name):
            Counted.looks += 1
            return super().__contains__(name)

    rows = [Counted({"text": f"row {i}", "label": "ab"[i % 2], f"k{i}": 1}) for i in range(2000)]
    found = columns_of(rows)
    assert [column.name for column in found[:2]] == ["text", "label"] and len(found) <= 22
    assert found[1].distinct == 2 and found[0].filled == 2000
    # 22 fields by 2,000 rows, twice where a field is not there; with all fields it were 4 million.
    assert Counted.looks <= 2 * 22 * 2000


def test_words_of_scripts_without_blanks_are_counted():
    assert count_words("two words") == 2
    assert count_words("レンガの建物の前を女性が歩いています。") > 6
    assert count_words("Größe zählt") == 2


def test_a_name_is_a_known_word_but_for_which_one_it_is():
    def found(name):
        return columns_of([{name: "x"}])[0]

    known = ("text", "label", "category")
    whole, gold, many, third = (
        rank(found(n), known) for n in ("label", "gold_label", "labels", "label3")
    )
    assert whole > gold > many > third > 1
    assert rank(found("categories"), known) > 1 > rank(found("label_of_box"), known) > 0


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["field1", "field2"], True),
        (["0", "1"], True),
        (["column 1", "Unnamed: 0"], True),
        (["field1", "label"], False),
    ],
)
def test_names_that_were_made_are_none(names, said):
    assert is_unnamed(columns_of([dict.fromkeys(names, "x")])) is said


def test_terms_are_words():
    found = columns_of([{"a": one, "b": f"{one}-3"} for one in ("sun", "ice cream", "semi-final")])
    assert [wordy(column) for column in found] == [True, False]


def test_a_name_between_underscores_is_no_program_s_own():
    found = columns_of([{"_class_": "a", "_id": "b", "meta": {"_x": 1}}])
    assert {c.name for c in found if c.is_hidden} == {"_id", "meta._x"}


def test_questions_end_with_a_mark_of_their_script():
    assert columns_of([{"q": "\u4f55\u304b\uff1f"}, {"q": "\u0645\u0646\u061f"}])[0].asks == 1.0
