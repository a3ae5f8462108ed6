import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.data import text_statistics


def test_measures_counted_by_hand(subtests):
    for measure, value in [
        (text_statistics.word_length("ab abcd".split()), 3),
        (text_statistics.symbols_per_word("# one ... two…", "# one ... two…".split()), 3 / 4),
        (text_statistics.bullet_lines(["- a", "* b", "c", "-d"]), 2 / 4),
        (text_statistics.ellipsis_lines(["a...", "b…", "c."]), 2 / 3),
        (text_statistics.alphabetic_words("a1 22 -- x".split()), 2 / 4),
        (
            text_statistics.stop_words(
                "The cat, and THE dog. (of)".split(), text_statistics.STOP_WORDS
            ),
            3,
        ),
        (text_statistics.terminal_lines(["A.", "B?", 'C."', "d", "e:"]), 3 / 5),
        (text_statistics.sentences('One. "Two?" 3.14 is not. x'), 3),
        (text_statistics.symbols("a-b  --😀"), 3 / 6),
        (text_statistics.top_gram("a b a b c".split(), 2), 4 / 5),  # "a b" twice: 4 of 5 letters
        (text_statistics.top_gram("a b c".split(), 2), 0),
        (text_statistics.duplicate_ngrams("a b c x a b c".split(), 3), 3 / 7),
        (text_statistics.consecutive_repeats("go go go go on".split()), 4 / 5),
        (
            text_statistics.consecutive_repeats("go on go on go on".split()),
            0,
        ),  # three times is not four
        (
            text_statistics.consecutive_repeats(
                "buy it now buy it now buy it now buy it now ok".split()
            ),
            12 / 13,
        ),
        (text_statistics.longest_run("aaaa bc"), 4 / 6),
        (text_statistics.duplicate_fractions(["ab", "cd", "ab", "ab"]), (2 / 4, 4 / 8)),
    ]:
        with subtests.test(repr((measure, value))):
            assert measure == pytest.approx(value)


def test_an_empty_text_has_none_of_anything(subtests):
    for measure in (
        text_statistics.word_length,
        text_statistics.bullet_lines,
        text_statistics.ellipsis_lines,
        text_statistics.alphabetic_words,
        text_statistics.terminal_lines,
        text_statistics.short_lines,
        text_statistics.symbols,
        text_statistics.consecutive_repeats,
        text_statistics.longest_run,
    ):
        with subtests.test(measure.__name__):
            assert measure("") == 0
    assert text_statistics.symbols_per_word("", []) == text_statistics.top_gram([], 2) == 0
    assert text_statistics.duplicate_ngrams([], 5) == 0 and text_statistics.duplicate_fractions(
        []
    ) == (0, 0)


@given(st.lists(st.sampled_from(["a", "bc", "def"]), max_size=14), st.integers(1, 5))
def test_shares_of_repetition_are_shares(words, n):
    shares = [
        text_statistics.top_gram(words, n),
        text_statistics.duplicate_ngrams(words, n),
        text_statistics.consecutive_repeats(words),
        text_statistics.longest_run(" ".join(words)),
        *text_statistics.duplicate_fractions(words),
    ]
    assert all(0 <= share <= 1 for share in shares)


def test_the_marks_of_devanagari_are_parts_of_its_letters():
    # Of 17 characters without the spaces, six of them marks, only the comma and the danda are
    # symbols.
    assert text_statistics.symbols("नमस्ते, मेरा कार्ड।") == pytest.approx(2 / 17)


def test_filler_text_is_known_by_its_beginning():
    assert text_statistics.lorem_ipsum("Lorem\nIpsum dolor") and not text_statistics.lorem_ipsum(
        "lorem"
    )
