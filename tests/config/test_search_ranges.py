"""Ranges in a project: read, checked at both ends, refused with their place."""

import pytest

from assay.config import make_strategy
from assay.config.complaints import SettingsError
from assay.config.names import arm_name
from assay.config.search_ranges import around_default_rate
from assay.strategies.catalogue import STRATEGIES

RATE = {"low": 1e-5, "high": 1e-3, "log": True}


def ranges(strategy):
    return {one.place: one.options or (one.low, one.high) for one in strategy.ranges}


def test_a_range_and_a_list_make_a_search_of_a_strategy():
    found = make_strategy({"kind": "lora", "learning_rate": RATE, "rank": [4, 8]}, {})
    assert found.kind == "search" and found.inner.kind == "lora"
    assert ranges(found) == {"learning_rate": (1e-5, 1e-3), "rank": (4, 8)}
    assert arm_name(found) == "lora-search"


def test_a_list_that_the_setting_takes_is_its_value():
    found = make_strategy({"kind": "probe", "features": ["vectors", "words"]}, {})
    assert found.kind == "probe" and found.features == ("vectors", "words")


def test_ranges_stand_inside_too():
    found = make_strategy({"kind": "rag", "inner": {"kind": "lora", "rank": [4, 8]}}, {})
    assert ranges(found) == {"inner.rank": (4, 8)}
    stack = {"kind": "stack", "inners": [{"kind": "probe", "c": RATE}, {"kind": "tfidf"}]}
    assert ranges(make_strategy(stack, {})) == {"inners.0.c": (1e-5, 1e-3)}


def test_numbers_of_a_list_have_ranges_of_their_own():
    """Where both weights are at their low end nothing is left of the adapters, and that is refused
    by itself; a range of them is not."""
    inners = [{"kind": "lora", "rank": 4}, {"kind": "lora", "rank": 8}]
    own = [{"low": 0, "high": 1}, [0.5, 1.0]]
    value = {"kind": "blend", "how": "add", "inners": inners, "weights": own}
    found = make_strategy(value, {})
    assert ranges(found) == {"weights.0": (0.0, 1.0), "weights.1": (0.5, 1.0)}
    value["weights"] = [{"low": 0, "high": 1}, {"low": 0, "high": 1}]
    found = make_strategy(value, {})
    assert found.defaults() == {"weights.0": 0.5, "weights.1": 0.5}
    assert found.strategy_of({"weights.0": 0.25, "weights.1": 1.0}).weights == (0.25, 1.0)
    assert found.without_ranges().weights == () and "weights" not in arm_name(found)
    value["weights"] = [{"low": 0, "high": 1}, {"low": 0, "hi": 1}]
    with pytest.raises(SettingsError) as raised:
        make_strategy(value, {})
    assert {c.place for c in raised.value.complaints} == {("weights", 1)}


def test_a_preset_stands_inside_with_or_without_a_range():
    plain = make_strategy({"kind": "rag", "inner": {"kind": "qlora"}}, {})
    assert plain.inner.kind == "lora" and plain.inner.bits == 4
    found = make_strategy({"kind": "rag", "inner": {"kind": "qlora"}, "top": [2, 4]}, {})
    assert found.inner.inner.bits == 4 and ranges(found) == {"top": (2, 4)}


def test_an_option_brings_ranges_of_its_own():
    tuned = {"kind": "tuned_encoder", "learning_rate": RATE}
    value = {
        "kind": "rag",
        "inner": {"kind": "shots"},
        "find": "dense",
        "embed": [{"kind": "encoder"}, tuned],
    }
    first, second = make_strategy(value, {}).ranges
    assert first.place == "embed" and second.place == "embed.learning_rate"
    assert second.when == ("embed", 1)


def test_numbers_of_a_setting_that_takes_fractions_are_such():
    (found,) = make_strategy({"kind": "tfidf", "c": {"low": 1, "high": 10}}, {}).ranges
    assert not found.is_whole
    (found,) = make_strategy({"kind": "knn", "k": {"low": 1, "high": 10}}, {}).ranges
    assert found.is_whole


def test_what_is_written_is_read_as_it_was():
    given = {"kind": "qlora", "learning_rate": RATE, "rank": [4, 8], "search": {"trials": 5}}
    found = make_strategy(given, {"search": {"sampler": "random", "trials": 9}})
    assert (found.search.sampler, found.search.trials) == ("random", 5)
    again = make_strategy({"kind": found.kind, **found.non_defaults()}, {})
    assert again == found and again.inner.bits == 4


BAD = [
    ({"learning_rate": {"low": 1e-3, "high": 1e-5}}, "C075", "learning_rate", "above high"),
    ({"learning_rate": {"low": 1e-3, "high": 1e-3}}, "C075", "learning_rate", "both 0.001"),
    ({"learning_rate": {"low": 0, "high": 1, "log": True}}, "C075", "learning_rate", "above 0"),
    ({"learning_rate": {"low": 1e-5}}, "C075", "learning_rate", "high is missing"),
    ({"learning_rate": {"high": 1e-5}}, "C075", "learning_rate", "low is missing"),
    ({"learning_rate": {"low": "a", "high": 1}}, "C075", "learning_rate", "numbers, got 'a'"),
    ({"learning_rate": {"low": True, "high": 1}}, "C075", "learning_rate", "numbers"),
    ({"learning_rate": {"low": 1e-5, "high": 1e-3, "lg": True}}, "C075", "learning_rate", "'log'"),
    ({"learning_rate": {**RATE, "step": 1e-5}}, "C075", "learning_rate", "leave one"),
    ({"learning_rate": {**RATE, "log": "yes"}}, "C075", "learning_rate", "true or false"),
    ({"learning_rate": {"low": 1e-5, "high": 2.0}}, "C073", "learning_rate.high", "below 1"),
    ({"learning_rate": {"low": -1, "high": 0.5}}, "C073", "learning_rate.low", "above 0"),
    ({"rank": {"low": 1.5, "high": 8}}, "C075", "rank", "whole number"),
    ({"rank": {"low": 2, "high": 8, "step": 9}}, "C075", "rank", "at most high - low"),
    ({"rank": {"low": 2, "high": 8, "step": 0}}, "C075", "rank", "must be above 0"),
    ({"rank": [4]}, "C075", "rank", "two or more"),
    ({"rank": []}, "C075", "rank", "two or more"),
    ({"rank": [4, 4]}, "C075", "rank.1", "twice"),
    ({"rank": [4, "x"]}, "C072", "rank.1", "whole number"),
    ({"rank": [4, 0]}, "C073", "rank.1", "from 1"),
    ({"rnk": [4, 8]}, "C071", "rnk", "'rank'"),
    ({"loss_on": {"low": 1, "high": 2}}, "C086", "loss_on", "list its values"),
    ({"rank": [4, 8], "search": {"trials": 1}}, "C073", "search.trials", "2 to"),
    ({"rank": [4, 8], "search": {"trial": 8}}, "C071", "search.trial", "'trials'"),
    ({"rank": [4, 8], "search": {"sampler": "bayes"}}, "C073", "search.sampler", "tpe"),
    ({"rank": [4, 8], "search": {"minutes": 0}}, "C073", "search.minutes", "above 0"),
    ({"rank": [4, 8], "search": {"score": "test"}}, "C084", "search", "val"),
]


@pytest.mark.parametrize("given, code, place, text", BAD)
def test_a_bad_range_is_refused_with_its_place(given, code, place, text):
    with pytest.raises(SettingsError) as raised:
        make_strategy({"kind": "lora", **given}, {})
    found = [(c.code, ".".join(map(str, c.place)), c.text) for c in raised.value.complaints]
    assert any(c == code and p == place and text in said for c, p, said in found), found


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [("ia3", 0.0033, 0.03), ("adalora", 0.0033, 0.03), ("miss", 1e-4, 9e-4), ("full", 1e-5, 3e-4)],
)
def test_what_has_a_learning_rate_has_a_usual_range(kind, low, high):
    """Around its default, where it has none of its own."""
    assert ranges(make_strategy({"kind": kind, "search": "auto"}, {})) == {
        "learning_rate": (low, high)
    }


@pytest.mark.parametrize("kind", [c for c in STRATEGIES if "learning_rate" in c.model_fields])
def test_every_default_rate_lies_within_its_usual_range(kind):
    """On a base as wide as the one that rates were measured on."""
    usual = (kind.usual_ranges or around_default_rate(kind))["learning_rate"]
    rate = kind.model_fields["learning_rate"].default
    if rate == "auto":
        rate = kind.rate_at_measured_width * getattr(kind, "share_of_inner", 1)
    assert usual["low"] < rate < usual["high"]


def test_a_method_without_usual_ranges_says_so():
    with pytest.raises(SettingsError, match="no usual ranges"):
        make_strategy({"kind": "majority", "search": "auto"}, {})


@pytest.mark.parametrize("kind", [{"a": 1}, ["lora"], None, 3])
@pytest.mark.parametrize("outer", [{}, {"kind": "rag", "find": "bm25", "top": 2}])
def test_a_kind_that_is_no_word_is_refused_in_words(kind, outer):
    value = {**outer, "inner": {"kind": kind}} if outer else {"kind": kind}
    with pytest.raises(SettingsError):
        make_strategy(value, {})
