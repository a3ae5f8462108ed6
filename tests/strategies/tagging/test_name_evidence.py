"""What speaks for a name is counted, and believed as far as it held on rows left out."""

from assay.strategies.tagging.name_evidence import (
    Evidence,
    estimate_precision,
    resolve_overlaps,
    score_candidates,
)
from assay.strategies.tagging.text_words import TextWords, fold_rows


def test_evidence_is_counted_by_hand():
    rows = [TextWords.of("to Oslo", [(3, 7, "town")]), TextWords.of("to go")]
    made = Evidence.of(rows)
    assert made.longest == 1
    assert made.right["woslo"] == made.right["lto Aa"] == made.right["bto Aa $"] == {"town": 1}
    assert made.seen["woslo"] == 1 and made.seen["rAa $"] == 1
    rows = [TextWords.of("to Oslo", [(3, 7, "town")])] * 4
    worth, cuts, f1 = estimate_precision(fold_rows(rows, 2, 0))
    # seen twice, right each time, in both folds of two rows
    assert worth["w24"] == (4 + 0.5) / (4 + 1)
    assert set(cuts) == {"town"} and f1 == 1.0


def test_no_two_pieces_share_a_word():
    kept = resolve_overlaps([(0.5, (0, 2), "a"), (0.9, (1, 2), "b"), (0.5, (2, 3), "a")])
    assert kept == [(0.9, (1, 2), "b"), (0.5, (2, 3), "a")]
    assert score_candidates(iter([((0, 1), "a", ["x", "y"])]), {"x": 0.5, "y": 0.5}) == [
        (0.75, (0, 1), "a")
    ]
