"""Settings found by trial: the best on val is kept, with what it took, and answers as its own."""

from dataclasses import replace

import pytest

from assay.config import make_strategy
from assay.core.errors import TrainError
from assay.core.types import Record
from assay.evaluation.scoring import judge
from assay.search.search_space import as_json


def lesson_with_judge(lesson):
    def score(rows, answers):
        records = [
            Record(row.question, row.target or "", row.also, answer)
            for row, answer in zip(rows, answers, strict=True)
        ]
        return judge(records, lesson.task).values["accuracy"]

    return replace(lesson, judge=score)


def search_of(**settings):
    return make_strategy({"search": {"pruner": "none", "trials": 5}, **settings}, {})


@pytest.fixture
def rows(lesson):
    return lesson_with_judge(lesson("classify"))


def test_the_best_on_val_is_kept_and_restored(rows, tmp_path):
    arm = search_of(kind="tfidf", c={"low": 1e-4, "high": 100, "log": True}).fit(rows)
    trials = arm.search["trials"]
    assert len(trials) == 5 and all(one["state"] == "complete" for one in trials)
    best = max(one["score"] for one in trials)
    assert trials[arm.search["best"]]["score"] == best
    assert arm.search["values"] == trials[arm.search["best"]]["values"]


def test_the_first_trial_has_the_methods_own_defaults(rows):
    arm = search_of(kind="knn", k={"low": 1, "high": 9}).fit(rows)
    assert arm.search["trials"][0]["values"] == {"k": 5}


def test_a_combination_that_does_not_go_together_is_a_trial_that_failed(rows):
    found = search_of(
        kind="encoder",
        epochs=1,
        words=["frozen", "trained"],
        layers=["all", 1],
        search={"sampler": "grid", "pruner": "none"},
    )
    trials = found.fit(rows).search["trials"]
    assert [one["state"] for one in trials] == ["complete"] * 3 + ["failed"]
    assert "trains all layers" in trials[3]["text"]


def test_parts_are_searched_with_ranges_of_their_own(lesson):
    rate = {"low": 1e-5, "high": 1e-3, "log": True}
    given = {"kind": "rag", "find": "dense", "inner": {"kind": "shots", "k": 0}}
    found = make_strategy(
        {**given, "embed": [{"kind": "encoder"}, {"kind": "tuned_encoder", "learning_rate": rate}]},
        {},
    )
    option = as_json(found.ranges[0].options[1])
    values = {"embed": option, "embed.learning_rate": 5e-5}
    chosen = found.strategy_of(values)
    assert chosen.embed.kind == "tuned_encoder" and chosen.embed.learning_rate == 5e-5
    again = make_strategy({"kind": "search", **found.non_defaults()}, {})
    assert again == found and again.strategy_of(values) == chosen


def test_without_val_rows_nothing_is_searched(rows):
    with pytest.raises(TrainError, match="T104"):
        search_of(kind="knn", k=[1, 5]).fit(replace(rows, val=()))


def test_what_fails_whatever_the_settings_are_is_said_as_it_is(rows):
    with pytest.raises(TrainError, match="T002"):
        search_of(kind="knn", k=[1, 5]).fit(replace(rows, train=()))


def test_a_score_that_is_no_number_is_a_trial_that_failed(rows):
    with pytest.raises(TrainError, match=r"T105.*none of 2 trials.*no number"):
        search_of(kind="knn", k=[1, 5]).fit(replace(rows, judge=lambda some, said: float("nan")))


def test_a_strategy_without_training_is_scored_on_growing_parts_of_val(rows):
    found = search_of(
        kind="knn",
        k=[1, 2, 3, 4, 40],
        search={"sampler": "grid", "pruner": "median", "trials": 5},
    )
    arm = found.fit(rows)
    assert arm.search["trials"][arm.search["best"]]["state"] == "complete"
    assert [at for at, _ in arm.search["trials"][0]["curve"]] == [25, 50]
