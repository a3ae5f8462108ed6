"""A search tells the beginning and the end of each trial, with the best so far, and the steps of
its training."""

from dataclasses import replace

import pytest

from assay.config import make_strategy
from assay.core.types import Record
from assay.evaluation.scoring import judge


@pytest.fixture
def told(lesson):
    """(lesson, events): what is told while the lesson is learnt."""
    given, events = lesson("classify"), []

    def score(rows, answers):
        pairs = zip(rows, answers, strict=True)
        records = [Record(row.question, row.target or "", row.also, said) for row, said in pairs]
        return judge(records, given.task).values["accuracy"]

    return replace(given, judge=score, means=replace(given.means, tell=events.append)), events


def of(kind: str, events: list[dict]) -> list[dict]:
    return [one for one in events if one["event"] == kind]


def test_each_trial_begins_and_ends_with_the_best_so_far(told):
    rows, events = told
    search = {"sampler": "grid", "pruner": "none"}
    arm = make_strategy({"kind": "knn", "k": [1, 3, 40], "search": search}, {}).fit(rows)
    trials = of("trial", events)
    assert [(one["trial"], one["state"]) for one in trials] == [
        (number, state) for number in range(3) for state in ("start", "complete")
    ]
    assert trials[0]["best"] is None and all(one["trials"] == 3 for one in trials)
    for start, end, kept in zip(trials[::2], trials[1::2], arm.search["trials"], strict=True):
        assert start["values"] == end["values"] == kept["values"]
        assert (end["score"], end["seconds"]) == (kept["score"], kept["seconds"])
    best = max(one["score"] for one in arm.search["trials"])
    assert trials[-1]["best"]["score"] == best
    assert trials[-1]["best"]["trial"] == arm.search["best"]
    assert trials[-1]["limit"] is None
    scores = [one["best"]["score"] for one in trials[1::2]]
    assert scores == sorted(scores)


def test_a_trial_that_failed_says_why(told):
    rows, events = told
    rows = replace(rows, judge=lambda some, said: float("nan"))
    strategy = make_strategy({"kind": "knn", "k": [1, 5], "search": {"minutes": 2}}, {})
    with pytest.raises(Exception, match="T105"):
        strategy.fit(rows)
    ended = [one for one in of("trial", events) if one["state"] == "failed"]
    assert len(ended) == 2 and all(one["text"] and one["score"] is None for one in ended)
    assert ended[-1]["best"] is None and ended[-1]["limit"] == 120


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_the_steps_of_a_trial_are_told_with_its_number(told):
    rows, events = told
    given = {"kind": "lora", "epochs": 1, "batch_size": 12, "val_rows": 4, "rank": [2, 4]}
    make_strategy({**given, "search": {"pruner": "none"}}, {}).fit(rows)
    steps = [one for one in of("progress", events) if "step" in one]
    assert {one["trial"] for one in steps} == {0, 1}
    for number in (0, 1):
        own = [one["step"] for one in steps if one["trial"] == number]
        assert own == list(range(1, steps[0]["steps"] + 1))
    assert {one["trial"] for one in of("evaluation", events)} == {0, 1}


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_a_trained_trial_is_scored_by_its_own_look_at_the_same_val_rows(told, tmp_path):
    rows, _ = told
    asked = []
    score = replace(rows, judge=lambda some, said: asked.append(len(some)) or 0.5)
    given = {"kind": "lora", "epochs": 2, "batch_size": 12}
    searched = {**given, "rank": [2, 4], "search": {"sampler": "grid", "pruner": "none"}}
    found = make_strategy(searched, {}).fit(score).search["trials"]
    assert not asked
    arm = make_strategy({**given, "rank": found[0]["values"]["rank"]}, {}).fit(rows)
    assert round(found[0]["score"], 6) == max(look["val"] for look in arm.curve)
    count = len(rows.val)
    score = replace(score, means=replace(score.means, workdir=tmp_path))
    make_strategy({**searched, "val_rows": 2}, {}).fit(score)
    assert asked == [count // 4, count // 2, count] * 2
