"""A text in words, and rows in folds."""

from assay.strategies.tagging.text_words import TextWords, f1, fold_rows


def test_places_are_words_and_spans_are_characters():
    row = TextWords.of("ship to New York", [(8, 16, "town")])
    assert row.words == ["ship", "to", "new", "york"] and row.gold == {(2, 4): "town"}
    assert row.span((2, 4), "town") == (8, 16, "town")


def test_a_piece_that_ends_within_a_word_is_no_place():
    assert TextWords.of("New Yorker", [(0, 8, "town")]).gold == {}


def test_each_row_is_left_out_once_and_never_learnt_from_in_its_fold():
    rows = [TextWords.of(f"row {n}") for n in range(7)]
    parts = fold_rows(rows, 3, seed=1)
    assert sorted(row.text for _, own in parts for row in own) == [row.text for row in rows]
    for others, own in parts:
        assert len(others) + len(own) == 7
        assert not {row.text for row in others} & {row.text for row in own}


def test_one_row_is_learnt_from_and_asked():
    (row,) = [TextWords.of("alone")]
    assert fold_rows([row], 3, seed=0) == [([row], [row])]


def test_f1_by_hand():
    # 3 of 4 said are right, 3 of 6 wanted are said: 2 * .75 * .5 / 1.25
    assert f1(3, 4, 6) == 0.6
    assert f1(0, 0, 0) == 0.0
