from assay.data.steps.rules import Rules

PROSE = (
    "The committee met in the old hall and agreed that a new bridge would have to be built with"
    " stone. " * 2
)


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


def test_text_that_stands_for_none_is_no_page_of_the_web(make, outcome):
    page = "The committee met in the old hall and agreed that a bridge was to be built. " * 6
    assert outcome_of(Rules(texts="web"), page, make, outcome) == []
    for texts in ("web", "documents", "short"):
        step = Rules(texts=texts)
        assert outcome_of(step, f"{page}Lorem ipsum dolor.", make, outcome) == ["lorem ipsum"]


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
