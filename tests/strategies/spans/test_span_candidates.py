"""Runs of tokens that may be an answer."""

from assay.strategies.spans.span_candidates import PassageTokens, runs


def test_runs_begin_and_end_with_words_that_may_within_a_sentence():
    passage = PassageTokens("The cost: $2.50 (or so). No, 3 % more.")
    said = [
        passage.span_text(*place)
        for place in runs(passage, [0, 1], 3, frozenset(("the", "no", "or", "so"))).tolist()
    ]
    assert {"cost", "$2.50", "3 %", "3 % more"} <= set(said)
    assert not [
        text
        for text in said
        if text.startswith(("The", "No", "or", ":", ",")) or text.endswith(("(", ".", ":"))
    ]
    assert all(len(PassageTokens(text).tokens) <= 3 for text in said)
    assert "so). No" not in said and passage.sentences == [(0, 10), (10, 16)]


def test_numbers_are_one_token_and_marks_are_tokens_of_their_own():
    assert PassageTokens("At 3:15, 1,200.50 kr. (or so)!").tokens == [
        "At", "3:15", ",", "1,200.50", "kr", ".", "(", "or", "so", ")", "!",
    ]  # fmt: skip


def test_a_run_of_tokens_is_the_text_as_it_stands():
    passage = PassageTokens("Ann  Lee\nsaw $ 5.")
    assert passage.span_text(0, 2) == "Ann  Lee" and passage.span_text(3, 5) == "$ 5"


def test_a_text_without_tokens_has_no_runs():
    passage = PassageTokens(" \n ")
    assert passage.sentences == [] and runs(passage, [], 3, frozenset()).shape == (0, 2)
