"""Trainings side by side: weights are taken over, and a killed search comes to the same end."""

from dataclasses import replace

import pytest

from assay.config import make_strategy
from assay.core.errors import Stopped
from strategies.search.test_hyperparameter_search import lesson_with_judge

RATE = {"low": 1e-5, "high": 0.1, "log": True}
PBT = {"sampler": "pbt", "trials": 4}


def search_of(**settings):
    given = {"kind": "lora", "epochs": 4, "patience": 9, "compiled": "never", "search": PBT}
    return make_strategy({**given, **settings}, {})


@pytest.fixture
def rows(lesson):
    return lesson_with_judge(lesson("classify"))


def in_folder(rows, folder, tell=None):
    folder.mkdir(exist_ok=True)
    means = replace(rows.means, workdir=folder, **({"tell": tell} if tell else {}))
    return replace(rows, means=means)


def without_times(search):
    return {**search, "trials": [{**one, "seconds": 0} for one in search["trials"]]}


@pytest.mark.slow
def test_the_worst_go_on_with_the_weights_of_the_best(rows, tmp_path):
    notes = []
    given = in_folder(rows, tmp_path / "a", notes.append)
    arm = search_of(learning_rate=RATE).fit(given)
    trials = arm.search["trials"]
    assert [one["state"] for one in trials] == ["complete"] * 4
    assert trials[arm.search["best"]]["score"] == max(one["score"] for one in trials)
    taken = [one for one in trials if "with the weights of trial" in one.get("text", "")]
    assert taken and all(len(one["curve"]) == 3 for one in trials)  # the fourth look is the end
    # four members of four epochs go on three times each, from where a state says
    said = [event["text"] for event in notes if "continues at step" in event.get("text", "")]
    assert len(said) == 12
    # what is restored answers as what was trained
    questions = [row.question for row in given.val]
    arm.save(tmp_path)
    again = search_of(learning_rate=RATE).restore(tmp_path, given)
    assert [one.text for one in again.answer(questions)] == [
        one.text for one in arm.answer(questions)
    ]


@pytest.mark.nightly
def test_kills_change_nothing(rows, tmp_path):
    whole = search_of(learning_rate=RATE).fit(in_folder(rows, tmp_path / "whole")).search
    steps = []

    def stop(event):
        if event.get("event") == "progress" and "step" in event:
            steps.append(event)
            if len(steps) % 7 == 0:
                raise Stopped

    for _ in range(40):
        try:
            arm = search_of(learning_rate=RATE).fit(in_folder(rows, tmp_path / "parts", stop))
        except Stopped:
            continue
        break
    assert len(steps) > 14 and without_times(arm.search) == without_times(whole)


def test_what_shapes_the_model_cannot_change_on_the_way():
    with pytest.raises(ValueError, match=r"learning_rate, weight_decay.*'rank' cannot be changed"):
        search_of(rank=[4, 8])
    with pytest.raises(ValueError, match="none of knn"):
        make_strategy({"kind": "knn", "k": [1, 5], "search": PBT}, {})
    with pytest.raises(ValueError, match="`trials: 4` or more"):
        search_of(learning_rate=RATE, search={"sampler": "pbt", "trials": 3})
