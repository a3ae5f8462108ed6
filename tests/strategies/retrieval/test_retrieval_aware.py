"""What a row is taught with: the passages it needs among others, or others alone (Zhang et al.
2024)."""

import pytest

from assay.config import make_strategy
from assay.config.complaints import SettingsError
from assay.core.types import Document, Example, Message
from assay.strategies.retrieval.retrieval_aware import mix_distractors

GOLD = [Document("a#1", "the sky is blue"), Document("a#2", "blue it is")]
OTHERS = [Document(f"b#{i}", f"other {i}") for i in range(5)]


def row(i=0):
    return Example(f"r{i}", (Message("user", "sky?"),), "blue")


def test_with_gold_1_every_row_has_its_passages_among_distractors_in_any_place():
    places = set()
    for i in range(60):
        _, context = mix_distractors(row(i), OTHERS, GOLD[:1], 3, 1.0, seed=0)
        ids = [d.id for d in context]
        assert len(ids) == 3 and "a#1" in ids and set(ids) - {"a#1"} <= {d.id for d in OTHERS}
        places.add(ids.index("a#1"))
    assert places == {0, 1, 2}


def test_with_gold_0_no_row_has_one():
    for i in range(20):
        _, context = mix_distractors(row(i), [GOLD[0], *OTHERS], GOLD, 3, 0.0, seed=0)
        assert [d.id for d in context] == ["b#0", "b#1", "b#2"]


def test_the_share_is_kept_and_depends_on_seed_and_row_alone():
    has = [
        any(d.id == "a#1" for d in mix_distractors(row(i), OTHERS, GOLD[:1], 4, 0.8, seed=3)[1])
        for i in range(1000)
    ]
    assert sum(has) / 1000 == pytest.approx(0.8, abs=0.04)  # three standard errors
    assert has == [
        any(d.id == "a#1" for d in mix_distractors(row(i), OTHERS, GOLD[:1], 4, 0.8, seed=3)[1])
        for i in range(1000)
    ]


def test_a_row_that_no_passage_holds_keeps_what_was_found():
    assert mix_distractors(row(), OTHERS, [], 2, 0.5, seed=0)[1] == tuple(OTHERS[:2])


def test_one_place_is_left_to_a_distractor():
    _, context = mix_distractors(row(), OTHERS, GOLD, 2, 1.0, seed=0)
    assert len(context) == 2 and sum(d.id.startswith("a") for d in context) == 1
    assert {d.id for d in mix_distractors(row(), [], GOLD, 2, 1.0, seed=0)[1]} == {"a#1", "a#2"}


def test_without_its_passages_a_row_may_learn_to_say_so(lesson):
    """Every row is taught without its passage, and says that it is not known; val rows are asked as
    they are."""
    from dataclasses import replace

    from assay.strategies.baselines.majority import Majority

    settings = {
        "kind": "retrieval_aware",
        "inner": {"kind": "majority"},
        "top": 2,
        "with_gold": 0.0,
    }
    arm = make_strategy(settings | {"missing": "unknown", "unknown": "not there"}, {})
    given = lesson("answer")
    seen = []

    def fit(strategy, inner):
        seen.append(inner)
        return Majority().fit(inner)

    arm.fit(replace(given, fit=fit))
    assert {e.target for e in seen[0].train} == {"not there"}
    for example in seen[0].train:
        assert all(
            given_answer not in d.text
            for d in example.context
            for given_answer in [next(e.target for e in given.train if e.id == example.id)]
        )
    assert [e.target for e in seen[0].val] == [e.target for e in given.val]


def test_to_learn_what_is_unknown_it_must_be_said():
    with pytest.raises(SettingsError, match="missing: unknown"):
        make_strategy(
            {"kind": "retrieval_aware", "inner": {"kind": "majority"}, "missing": "unknown"}, {}
        )
