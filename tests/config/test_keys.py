"""The table of names, of version 1 and of today."""

from assay import config
from assay.config.keys import (
    DATA,
    KINDS,
    MIX,
    SECTIONS,
    SETTINGS,
    as_fields,
    in_file,
    kind_earlier,
    kind_today,
    strategies_in,
)
from assay.config.project import DataSettings
from assay.strategies.catalogue import PRESETS, STRATEGIES


def test_every_name_of_today_is_one_that_there_is():
    kinds = {cls.model_fields["kind"].default for cls in STRATEGIES}
    assert {*KINDS.values(), *MIX} <= kinds and not set(KINDS) & {*kinds, *PRESETS}
    assert set(SETTINGS) <= {name for cls in STRATEGIES for name in cls.model_fields}
    assert set(DATA) <= set(DataSettings.model_fields)
    assert set(SECTIONS.values()) <= set(config.SECTIONS)


def test_knn_is_the_mix_where_it_has_an_inner_strategy():
    assert kind_today({"kind": "knn", "inner": {"kind": "lora"}}) == "knn_mix"
    assert kind_today({"kind": "knn", "k": 3}) == "knn"
    assert kind_today({"kind": "neighbours"}) == "knn" and kind_today({"kind": ["knn"]}) == ["knn"]
    assert (kind_earlier("knn_mix"), kind_earlier("knn")) == ("knn", "neighbours")


def test_settings_go_to_fields_and_back():
    names = {"learn": "loss_on"}
    assert as_fields(names, {"loss_on": "all", "rank": 4}) == {"learn": "all", "rank": 4}
    # A field that is there already is not written over: the check will say both.
    assert as_fields(names, {"loss_on": "all", "learn": "x"}) == {"loss_on": "all", "learn": "x"}
    settings = {"kind": "rag", "inner": {"kind": "lora", "learn": "all"}, "where": {"learn": 1}}
    # Only what has a kind is a strategy.
    assert in_file(settings) == {
        "kind": "rag",
        "inner": {"kind": "lora", "loss_on": "all"},
        "where": {"learn": 1},
    }


def test_strategies_are_found_with_their_places_inside_others_too():
    value = [{"kind": "stack", "inners": [{"kind": "a"}, {"kind": "b"}]}, {"kind": "c"}, 3]
    found = [(place, one["kind"]) for place, one in strategies_in(value, ("compare",))]
    assert found == [
        (("compare", 0), "stack"),
        (("compare", 0, "inners", 0), "a"),
        (("compare", 0, "inners", 1), "b"),
        (("compare", 1), "c"),
    ]
