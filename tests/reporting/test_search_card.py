"""What the report says of a search, in words and blocks."""

from assay.presentation import section_spec as spec
from assay.reporting.search_card import ranges_in_words, search_blocks, search_sentences


def found(best=1, planned=4):
    trials = [
        {
            "number": 0,
            "values": {"c": 1.0},
            "state": "complete",
            "score": 0.5,
            "seconds": 10,
            "curve": [],
        },
        {
            "number": 1,
            "values": {"c": 2.0},
            "state": "complete",
            "score": 0.7,
            "seconds": 20,
            "curve": [],
        },
        {
            "number": 2,
            "values": {"c": 9.0},
            "state": "pruned",
            "score": 0.1,
            "seconds": 5,
            "curve": [],
        },
        {
            "number": 3,
            "values": {"c": 0.0},
            "state": "failed",
            "score": None,
            "seconds": 1,
            "curve": [],
            "text": "diverged",
        },
    ]
    return {
        "planned": planned,
        "best": best,
        "values": trials[best]["values"],
        "rows": 200,
        "importance": None,
        "trials": trials,
    }


def test_it_says_what_was_tried_what_is_kept_and_what_val_and_test_said():
    first, second, third = search_sentences(found(), "accuracy", 0.66)
    assert first == "Searched: 4 trials in 36.0 s (1 ended early, 1 failed); trial 2 is kept: c 2."
    assert "200 val rows" in second and "0.700" in second and "+20.0 points" in second
    assert "0.660" in third and "no trial saw" in third


def test_where_the_first_trial_is_kept_nothing_is_gained():
    said = search_sentences(found(best=0), "accuracy", None)
    assert len(said) == 2 and "points" not in said[1]


def test_a_search_that_ran_out_of_time_says_so():
    assert "4 of 9 trials" in search_sentences(found(planned=9), "accuracy", None)[0]


def test_failures_are_listed_with_their_reason():
    paragraph, details = search_blocks(1, found(), "accuracy", 0.66)
    assert isinstance(paragraph, spec.Paragraph) and details.summary == "4 trials"
    (bullets,) = [one for one in details.blocks if isinstance(one, spec.Bullets)]
    assert list(bullets.lines) == ["Trial 4 failed: diverged"]


def test_ranges_in_words():
    ranges = [
        {"place": "rate", "low": 1e-5, "high": 0.001, "log": True},
        {"place": "rank", "options": [4, 8]},
        {"place": "k", "low": 2, "high": 8, "step": 2},
    ]
    assert ranges_in_words({"ranges": ranges}) == (
        "rate 1e-05 to 0.001, by the logarithm; rank 4, 8; k 2 to 8 in steps of 2"
    )
