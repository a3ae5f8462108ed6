from assay.data.reading.span_texts import MarkedText, text_at, text_paths


def test_characters_and_words_of_a_text():
    row = {"text": "Ann saw New York."}
    letters, words = (text_at(row, ("text",), by_words=one) for one in (False, True))
    assert letters.bounds(0, 3) == words.bounds(0, 1) == (0, 3)
    assert letters.bounds(3, 99) is None and words.bounds(2, 2) is None
    assert letters.says(8, 16, "new  york") and words.says(2, 4, "New York.")
    assert text_at({"t": ["Ann", "saw"]}, ("t",), by_words=True) == MarkedText(
        "Ann saw", [(0, 3), (4, 7)]
    )
    assert text_at({"t": 3}, ("t",), by_words=False) is None


def test_whole_words():
    text = MarkedText("Ann saw Oslo.")
    assert text.is_whole(0, 3) and text.is_whole(8, 12)
    assert not text.is_whole(0, 4) and not text.is_whole(8, 11)  # a blank, a part of a word
    assert MarkedText("我在北京工作").is_whole(2, 4)  # no blanks between words


def test_words_are_found_nearest_to_where_they_should_be():
    text = MarkedText("Oslo, not  Oslo")
    assert text.nearest("Oslo", 0) == (0, 4) and text.nearest("Oslo", 9) == (11, 15)
    assert text.nearest("not Oslo", 0) == (6, 15) and text.nearest("Rome", 0) is None
    assert MarkedText("a party, art").nearest("art", 0) == (9, 12)
    assert text.nearest("Oslo", -5) == (0, 4) and text.nearest(" ", 0) is None


def test_texts_stand_in_a_field_or_one_object_deep_the_longest_first():
    row = {"id": "x", "doc": {"body": "a long text"}, "words": ["a", "few"], "marks": [{"t": "x"}]}
    assert [*text_paths(row, "marks")] == [("doc", "body"), ("words",), ("id",)]
