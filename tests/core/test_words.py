import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.words import CELL, TOKEN, WORD, count_words, cut_words, glue, join_words, words_in


@given(st.text(st.characters(max_codepoint=0x7F)))
def test_of_ascii_they_are_runs_of_letters_and_digits(text):
    assert words_in(text) == WORD.findall(text) == re.findall(r"\w+", text)
    assert cut_words(text) == CELL.findall(text)
    assert TOKEN.findall(text) == re.findall(r"\w+|[^\w\s]", text)


@pytest.mark.parametrize(
    ("text", "words", "cells"),
    [
        ("Größe 12 cm, нет.", ["Größe", "12", "cm", "нет"], ["Größe", "12", "cm,", "нет."]),
        ("我有iPhone 15。", ["我", "有", "iPhone", "15"], ["我", "有", "iPhone", "15", "。"]),
        ("カメラ", ["カ", "メ", "ラ"], ["カ", "メ", "ラ"]),
        ("हिन्दी में लिखो।", ["हिन्दी", "में", "लिखो"], ["हिन्दी", "में", "लिखो।"]),
        ("வணக்கம் நண்பா", ["வணக்கம்", "நண்பா"], ["வணக்கம்", "நண்பா"]),
        ("שָׁלוֹם עולם", ["שָׁלוֹם", "עולם"], ["שָׁלוֹם", "עולם"]),
        ("학교에 간다", ["학교에", "간다"], ["학교에", "간다"]),  # Korean has blanks
    ],
)
def test_of_a_script_without_blanks_each_character_is_one(text, words, cells):
    assert words_in(text) == words and cut_words(text) == cells
    assert glue(cells) == text


@given(st.text())
def test_nothing_but_white_space_is_lost(text):
    assert "".join(cut_words(text)) == "".join(text.split())


def test_a_word_of_chinese_has_two_characters_about():
    assert count_words("two words") == 2
    assert count_words("我们喜欢苹果") == 1 + 3  # a run between blanks, and half of its characters


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("Ann Lee flew", "Ann Lee flew"),
        ("常 建 良 ， 1 9 6 3 年", "常建良，1963年"),  # cut into characters
        ("我们 喜欢 New York 。", "我们喜欢New York。"),
        ("ประเทศ ไทย", "ประเทศไทย"),
        ("A B", "A B"),
    ],
)
def test_words_are_joined_as_their_script_is_written(words, text):
    assert join_words(words.split()) == text
