from assay.data.reading.span_measure import SAID, has_other_target, measure_of

TEXT = "Ann went to Oslo, by train."


def measure(*marks, text=TEXT, **more):
    return measure_of([{"text": text, "marks": [*marks], **more}], "marks")


def test_the_way_that_cuts_out_most_words_is_taken():
    assert measure({"a": 0, "b": 3, "w": "Ann"}, {"a": 12, "b": 16, "w": "Oslo"}).way == ""
    assert measure({"a": 0, "b": 2, "w": "Ann"}, {"a": 12, "b": 15, "w": "Oslo"}).way.startswith(
        "the end"
    )
    assert "length" in measure({"a": 12, "b": 4, "w": "Oslo"}).way
    assert measure({"a": 13, "b": 17, "w": "Oslo"}).way == "counted from 1"
    assert measure({"a": 12, "w": "Oslo"}).way == "a start and the words"


def test_words_are_counted_where_characters_do_not_fit():
    found = measure({"a": 3, "b": 4, "w": "Oslo,"})
    assert found.by_words and found.path == ("text",)
    words = {"words": TEXT.split(), "marks": [{"start": 3, "end": 4}]}
    assert measure_of([words], "marks").path == ("words",)


def test_the_text_is_the_one_that_fits():
    found = measure({"a": 0, "b": 3, "w": "Bob"}, note=TEXT * 3, said="Bob was there")
    assert found.path == ("said",)


def test_bounds_come_before_words():
    assert measure({"start": 12, "end": 16, "k": "x"}).way == ""
    found = measure({"w": "Oslo", "k": "who"})
    assert found.way == SAID and found.forms == {("said", "w")}  # a type is not in the text


def test_nothing_fits():
    assert measure({"a": 5, "b": 99, "k": "x"}) is None
    assert measure({"start": 1, "end": 2}, {"start": 2, "end": 9}) is None  # parts of words
    assert measure({"k": None}) is None


def test_another_text_or_a_label_may_be_the_target():
    rows = [{"text": TEXT, "marks": [], "label": "x"}]
    assert has_other_target(rows, "marks", ("text",))
    assert has_other_target([{"text": TEXT, "why": "it says so"}], "marks", ("text",))
    assert not has_other_target([{"text": TEXT, "id": "a b", "marks": []}], "marks", ("text",))
