from assay.data.steps.symbols import Symbols


def test_drawings_go_and_smileys_emoji_and_other_scripts_stay(make, outcome):
    texts = [":-)", "😀" * 12, "नमस्ते, आप कैसे हैं?", "{'name': 'Ann', 'age': 31}"]
    rows, dropped, _ = outcome(
        Symbols(), make([(text, "x") for text in [*texts, "+-----+ | | +-----+"]])
    )
    assert [row.text for row in rows] == texts
    assert [drop.reason for drop in dropped] == ["too many symbols"]


def test_a_row_of_few_characters_stays_and_the_bound_itself_is_allowed(make, outcome):
    # Four of ten characters are symbols; nine are too few to judge by.
    texts = ["abcdef----", "-" * 9]
    rows, dropped, _ = outcome(
        Symbols(max_share=0.4), make([(text, "x") for text in [*texts, "abcde-----"]])
    )
    assert [row.text for row in rows] == texts and len(dropped) == 1
