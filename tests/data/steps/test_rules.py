import pytest

from assay.data import text_statistics as measures
from assay.data.steps.repetition import Repetition
from assay.data.steps.rules import Rules
from assay.data.steps.symbols import Symbols

PROSE = (
    "The committee met in the old hall and agreed that a new bridge would have to be built with"
    " stone. " * 2
)


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


def outcome_of(step, text, make, outcome):
    _, dropped, _ = outcome(step, make([(text, "x")]))
    return [drop.reason for drop in dropped]


def test_each_rule_has_its_reason(subtests, make, outcome):
    for settings, text, reason in [
        ({"min_words": 3}, "two words", "too few words"),
        ({"max_words": 1}, "two words", "too many words"),
        ({"min_word_length": 3}, "a b c", "words too short"),
        ({}, "x" * 61, "words too long"),
        ({"min_alphabetic_words": 0.8}, "1 2 3 four", "too few words with letters"),
        ({"max_symbols_per_word": 0.1}, "# # # tag", "too many # and ellipses"),
        ({"max_bullet_lines": 0.9}, "- a\n- b", "mostly a list"),
        ({"max_ellipsis_lines": 0.3}, "read more...", "mostly cut lines"),
        ({"max_short_lines": 0.67}, "home\nabout", "mostly short lines"),
        ({"min_ended_lines": 0.12}, "home\nabout", "hardly a line ends a sentence"),
        ({"min_sentences": 3}, "One. Two.", "too few sentences"),
        ({"min_stop_words": 2}, "cats chase mice", "too few stop words"),
        ({"max_curly_brackets": 0}, "if (x) { y }", "curly brackets"),
        ({}, "Lorem ipsum dolor sit amet", "lorem ipsum"),
    ]:
        with subtests.test(repr((settings, text, reason))):
            assert outcome_of(Rules(**settings), text, make, outcome) == [reason]


def test_a_bound_that_is_set_stands_before_the_preset(make, outcome):
    assert outcome_of(Rules(max_lorem_ipsum=1), "Lorem ipsum", make, outcome) == []
    assert outcome_of(Rules(texts="web"), "How do I pay?", make, outcome) == ["too few words"]
    assert outcome_of(Rules(), "How do I pay?", make, outcome) == []


def test_the_preset_is_derived_from_the_row_in_the_middle(make, outcome):
    long = PROSE * 6  # 240 words
    assert len(long.split()) == 240
    _, dropped, _ = outcome(Rules(), make([(long, "x"), (long, "x"), ("How do I pay?", "x")]))
    assert [drop.reason for drop in dropped] == ["too few words"]


def test_the_rule_about_stop_words_rests_in_another_language(make, outcome):
    german = (
        "Der Ausschuss tagte in der alten Halle und beschloss, dass eine neue Brücke gebaut"
        " werden muss. " * 15
    )
    rows, _, _ = outcome(Rules(), make([(german, "x"), (german, "x")]))
    assert len(rows) == 2


def test_drawings_go_and_smileys_emoji_and_other_scripts_stay(make, outcome):
    texts = [":-)", "😀" * 12, "नमस्ते, आप कैसे हैं?", "{'name': 'Ann', 'age': 31}"]
    rows, dropped, _ = outcome(
        Symbols(), make([(text, "x") for text in [*texts, "+-----+ | | +-----+"]])
    )
    assert [row.text for row in rows] == texts
    assert [drop.reason for drop in dropped] == ["too many symbols"]


LINES = "".join(f"Line number {word} tells of something.\n" for word in "one two three".split())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("aaaaaaaaaaaaaaaa help", "one letter repeated"),
        ("buy now " * 6, "words said again and again"),
        (LINES + "The same warning is printed.\n" * 30, "repeated lines"),
    ],
)
def test_repetition_has_its_reasons(text, reason, make, outcome):
    assert outcome_of(Repetition(), text, make, outcome) == [reason]


def test_emphasis_is_no_repetition(make, outcome):
    texts = [
        "no no no please help me",
        "soooooo annoying",
        "- - - - - - - - - -",
        "very very very very good service today ok",
    ]
    rows, _, _ = outcome(Repetition(), make([(text, "x") for text in texts]))
    assert [row.text for row in rows] == texts
