"""What each strategy says that it can do, and what follows from it."""

import pytest

from assay.config import make_strategy
from assay.core.errors import UsageError
from assay.core.types import Task
from assay.strategies.catalogue import STRATEGIES, refuse_unfit
from assay.training.settings import Trained

LORA = {"kind": "lora"}


def kind_of(strategy) -> str:
    return strategy.model_fields["kind"].default


def codes(settings, kind):
    arm = make_strategy(settings, {})
    try:
        refuse_unfit({"arm": arm}, Task(kind=kind))
    except UsageError as error:
        return [problem.code for problem in error.problems]
    return []


def test_a_kind_is_listed_once():
    kinds = [kind_of(strategy) for strategy in STRATEGIES]
    assert len(kinds) == len(set(kinds))


def test_a_baseline_gives_no_model_and_needs_no_base(subtests):
    for strategy in STRATEGIES:
        if isinstance(strategy.baseline, property):  # a search: what its inner strategy is
            continue
        with subtests.test(kind_of(strategy)):
            assert strategy.baseline == (strategy.gives == "no model")
            if strategy.baseline:
                arm = strategy()
                assert set(arm.needs("the base")) <= set(arm.encoders())


def test_what_trains_a_model_says_whether_its_weights_can_hold_it(subtests):
    default = Trained.unmergeable
    for strategy in STRATEGIES:
        # one around another says what that one says
        if issubclass(strategy, Trained) and "inner" not in strategy.model_fields:
            with subtests.test(kind_of(strategy)):
                assert strategy.mergeable == (strategy.unmergeable == default)


@pytest.mark.parametrize(
    ("settings", "reads"),
    [
        ({"kind": "ngram"}, True),
        ({"kind": "shots", "k": 0}, True),
        ({"kind": "shots", "k": 1}, False),
        (LORA, True),
        ({"kind": "head"}, False),
        ({"kind": "quantise", "inner": LORA}, True),
        ({"kind": "quantise", "inner": {"kind": "shots", "k": 1}}, False),
        ({"kind": "prune", "layers": 1, "inner": LORA}, True),
        ({"kind": "rag", "inner": LORA}, False),
        ({"kind": "majority"}, False),
    ],
    ids=str,
)
def test_language_modelling_takes_what_can_say_how_likely_a_text_is(settings, reads):
    assert codes(settings, "continue") == ([] if reads else ["C095"])


@pytest.mark.parametrize(
    ("kind", "task", "expected"),
    [
        ("ngram", "answer", ["C095"]),
        ("lead", "summarise", []),
        ("lead", "classify", ["C095"]),
        ("copy", "rank", ["C095"]),
        ("copy", "rewrite", []),
    ],
)
def test_what_answers_with_the_text_itself_belongs_to_its_kinds_of_task(kind, task, expected):
    assert codes({"kind": kind}, task) == expected


def test_who_compares_two_answers_and_who_is_refused_where_that_decides():
    task = Task(kind="answer", metric="preference_accuracy")
    similar = {"kind": "shots", "k": 4, "select": "similar"}
    compared = (similar, LORA, {"kind": "dpo", "inner": LORA}, {"kind": "majority"})
    for settings in (*compared, {"kind": "knn"}, {"kind": "kto", "inner": LORA}):
        refuse_unfit({"arm": make_strategy(settings, {})}, task)
    mixed = {"kind": "prompt_search", "inner": {"kind": "shots"}}
    for settings in (mixed, {"kind": "rag", "inner": {"kind": "shots", "k": 0}}):
        with pytest.raises(UsageError, match=r"C095.*not measured"):
            refuse_unfit({"arm": make_strategy(settings, {})}, task)


@pytest.mark.parametrize(
    ("name", "kind", "settings"),
    [
        ("qlora", "lora", {"bits": 4}),
        ("dora", "lora", {"decompose": True}),
        ("ipo", "preference", {"loss": "ipo"}),
        ("kto", "preference", {"loss": "kto"}),
        ("simpo", "preference", {"loss": "simpo"}),
        ("orpo", "preference", {"loss": "orpo", "from_base": True}),
    ],
)
def test_a_name_that_people_look_for_sets_what_it_stands_for(name, kind, settings):
    arm = make_strategy({"kind": name}, {})
    assert arm.kind == kind
    assert {key: getattr(arm, key) for key in settings} == settings
