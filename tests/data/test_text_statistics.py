import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.data import text_statistics as measures


def test_measures_counted_by_hand(subtests):
    for measure, value in [
        (measures.word_length("ab abcd".split()), 3),
        (measures.symbols_per_word("# one ... two…", "# one ... two…".split()), 3 / 4),
        (measures.bullet_lines(["- a", "* b", "c", "-d"]), 2 / 4),
        (measures.ellipsis_lines(["a...", "b…", "c."]), 2 / 3),
        (measures.alphabetic_words("a1 22 -- x".split()), 2 / 4),
        (measures.stop_words("The cat, and THE dog. (of)".split(), measures.STOP_WORDS), 3),
        (measures.terminal_lines(["A.", "B?", 'C."', "d", "e:"]), 3 / 5),
        (measures.sentences('One. "Two?" 3.14 is not. x'), 3),
        (measures.symbols("a-b  --😀"), 3 / 6),
        (measures.top_gram("a b a b c".split(), 2), 4 / 5),  # "a b" twice: 4 of 5 letters
        (measures.top_gram("a b c".split(), 2), 0),
        (measures.duplicate_ngrams("a b c x a b c".split(), 3), 3 / 7),
        (measures.consecutive_repeats("go go go go on".split()), 4 / 5),
        (measures.consecutive_repeats("go on go on go on".split()), 0),  # three times is not four
        (
            measures.consecutive_repeats("buy it now buy it now buy it now buy it now ok".split()),
            12 / 13,
        ),
        (measures.longest_run("aaaa bc"), 4 / 6),
        (measures.duplicate_fractions(["ab", "cd", "ab", "ab"]), (2 / 4, 4 / 8)),
    ]:
        with subtests.test(repr((measure, value))):
            assert measure == pytest.approx(value)


def test_an_empty_text_has_none_of_anything(subtests):
    for measure in (
        measures.word_length,
        measures.bullet_lines,
        measures.ellipsis_lines,
        measures.alphabetic_words,
        measures.terminal_lines,
        measures.short_lines,
        measures.symbols,
        measures.consecutive_repeats,
        measures.longest_run,
    ):
        with subtests.test(measure.__name__):
            assert measure("") == 0
    assert measures.symbols_per_word("", []) == measures.top_gram([], 2) == 0
    assert measures.duplicate_ngrams([], 5) == 0 and measures.duplicate_fractions([]) == (0, 0)


@given(st.lists(st.sampled_from(["a", "bc", "def"]), max_size=14), st.integers(1, 5))
def test_shares_of_repetition_are_shares(words, n):
    shares = [
        measures.top_gram(words, n),
        measures.duplicate_ngrams(words, n),
        measures.consecutive_repeats(words),
        measures.longest_run(" ".join(words)),
        *measures.duplicate_fractions(words),
    ]
    assert all(0 <= share <= 1 for share in shares)


def test_the_marks_of_devanagari_are_parts_of_its_letters():
    # Of 17 characters without the spaces, six of them marks, only the comma and the danda are
    # symbols.
    assert measures.symbols("नमस्ते, मेरा कार्ड।") == pytest.approx(2 / 17)


def test_filler_text_is_known_by_its_beginning():
    assert measures.lorem_ipsum("Lorem\nIpsum dolor") and not measures.lorem_ipsum("lorem")
