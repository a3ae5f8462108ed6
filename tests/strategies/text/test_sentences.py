from assay.strategies.text.sentences import sentence_places, split_sentences


def test_a_sentence_ends_where_a_new_one_begins_and_nowhere_else():
    text = (
        'Dr. J. Smith came at 3.15 p.m. on Monday. "Was he late?" Nobody knew!\n\nA line\nand'
        " more, e.g. this"
    )
    assert split_sentences(text) == [
        "Dr. J. Smith came at 3.15 p.m. on Monday.",
        '"Was he late?"',
        "Nobody knew!",
        "A line",
        "and more, e.g. this",
    ]


def test_places_are_those_of_the_text_and_nothing_but_white_space_is_left_out():
    text = "  One is here. Two!  Three?\n \nFour"
    places = sentence_places(text)
    assert (
        [text[a:b] for a, b in places]
        == split_sentences(text)
        == ["One is here.", "Two!", "Three?", "Four"]
    )
    assert "".join(text[a:b] for a, b in places).replace(" ", "") == "".join(text.split())
    assert split_sentences(" \n ") == []


def test_a_full_stop_of_chinese_ends_a_sentence_without_a_blank():
    assert split_sentences("他来了。“真的吗？”没人知道！3.5元。") == [
        "他来了。",
        "“真的吗？”",
        "没人知道！",
        "3.5元。",
    ]
    assert split_sentences("वह आया। किसने देखा? किसी ने नहीं।") == [
        "वह आया।",
        "किसने देखा?",
        "किसी ने नहीं।",
    ]
