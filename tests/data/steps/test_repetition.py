import pytest

from assay.data.steps.repetition import Repetition

LINES = "".join(f"Line number {word} tells of something.\n" for word in "one two three".split())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("aaaaaaaaaaaaaaaa help", "one letter repeated"),
        ("buy now " * 6, "words said again and again"),
        (LINES + "The same warning is printed.\n" * 30, "repeated lines"),
    ],
)
def test_each_repetition_has_its_reason(text, reason, make, outcome):
    _, dropped, _ = outcome(Repetition(), make([(text, "x")]))
    assert [drop.reason for drop in dropped] == [reason]


def test_emphasis_is_no_repetition(make, outcome):
    texts = [
        "no no no please help me",
        "soooooo annoying",
        "- - - - - - - - - -",
        "very very very very good service today ok",
    ]
    rows, _, _ = outcome(Repetition(), make([(text, "x") for text in texts]))
    assert [row.text for row in rows] == texts


def test_lines_that_repeat_in_a_short_text_are_allowed(make, outcome):
    text = LINES + "The same warning is printed.\n" * 30  # 168 words
    assert len(outcome(Repetition(min_words=169), make([(text, "x")]))[0]) == 1
    assert len(outcome(Repetition(min_words=168), make([(text, "x")]))[0]) == 0
