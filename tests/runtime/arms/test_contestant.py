"""A strategy in a race."""

from assay.config import make_strategy
from assay.config.names import arm_name
from assay.runtime.arms.contestant import (
    Contestant,
    arm_left_out,
    learning_from,
    most_rows,
    trains_base,
)


def test_a_part_of_the_rows_comes_first_where_a_language_model_is_trained():
    shots, lora = {"kind": "shots", "k": 0}, {"kind": "lora"}
    for settings, trains in (
        (lora, True),
        ({"kind": "full"}, True),
        ({"kind": "rag", "inner": lora}, True),
        ({"kind": "rag", "inner": shots}, False),
        (shots, False),
        ({"kind": "setfit"}, False),
        ({"kind": "raft", "reward": "exact"}, True),
        ({"kind": "grpo", "reward": "exact"}, False),  # its rounds take as long on fewer rows
        ({"kind": "lora", "learning_rate": {"low": 1e-5, "high": 1e-3, "log": True}}, False),
    ):
        assert trains_base(make_strategy(settings, {})) == trains, settings


def test_rows_that_a_training_learns_from():
    shots, few = {"kind": "shots", "k": 0}, {"kind": "lora", "max_rows": 90}
    for settings, most in (
        (few, 90),
        ({"kind": "lora", "max_rows": 900}, 400),
        ({"kind": "lora"}, 400),
        ({"kind": "rag", "inner": few}, 90),
        ({"kind": "rag", "inner": shots}, 400),
        ({"kind": "knn"}, 400),
    ):
        assert most_rows(make_strategy(settings, {}), 400) == most, settings


def test_one_that_is_left_out_keeps_what_it_was_given():
    one = Contestant("knn", make_strategy({"kind": "knn"}, {}))
    one.heats.append({"rows": 40, "asked": 16, "value": 0.5, "seconds": 1.0})
    one.leave("pruned", "behind", 3.0)
    left = arm_left_out(one, {"k": 3})
    assert (left.status, left.note, left.settings, left.left) == ("pruned", "behind", {"k": 3}, 3.0)
    assert left.heats == tuple(one.heats)


def test_a_training_on_fewer_rows_is_a_strategy_named_so():
    lora = make_strategy({"kind": "lora", "rank": 4}, {})
    assert arm_name(learning_from(lora, 90)) == "lora-r4-max-rows90"
    named = learning_from(make_strategy({"kind": "lora", "name": "mine"}, {}), 90)
    assert (arm_name(named), named.max_rows) == ("mine-max-rows90", 90)
    long = learning_from(make_strategy({"kind": "lora", "name": "m" * 40}, {}), 90)
    assert len(arm_name(long)) == 40 and arm_name(long).endswith("-max-rows90")
    assert learning_from(make_strategy({"kind": "rag", "inner": {"kind": "lora"}}, {}), 90) is None
    assert learning_from(make_strategy({"kind": "knn"}, {}), 90) is None
