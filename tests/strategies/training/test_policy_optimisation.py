"""What is rewarded becomes more frequent; a run that was killed goes on to the same bits; where the
reward rises and the task's metric falls, training ends and the best weights are kept."""

import json
from dataclasses import replace

import pytest

from assay.config import make_strategy
from assay.config.complaints import SettingsError
from assay.config.names import arm_name
from assay.core.errors import Stopped, TrainError
from assay.core.types import Task
from assay.training.estimate.protocol import ask, read_rehearsals
from helpers.nights import nightly_but
from helpers.problems import problem

INNER = {"kind": "lora", "rank": 4, "epochs": 3, "batch_size": 6, "learning_rate": 5e-3}
INNER |= {"val_rows": 4}
QUICK = {"rounds": 8, "prompts": 6, "samples": 8, "batch_size": 6, "learning_rate": 1e-2}
# A letter that random answers hold now and then.
WANTED = {"kind": "check", "answer": {"contains_any": ["e"]}}
METHODS = ("grpo", "rloo", "ppo")


def strategy(kind, **settings):
    own = {"reward": WANTED, "inner": INNER, "from_base": True, **QUICK, **settings}
    return make_strategy({"kind": kind, **own}, {})


@pytest.fixture
def given(lesson, one_thread):
    """`given()`: a lesson whose answers may have four tokens; `tell` hears its events."""

    def make(**means):
        own = lesson("answer", **means)
        return replace(own, task=own.task.model_copy(update={"max_answer_tokens": 4}))

    return make


@pytest.mark.slow
@pytest.mark.parametrize("kind", nightly_but(["grpo"], METHODS))
def test_what_is_rewarded_becomes_more_frequent(given, kind):
    # After its inner training the model says one of six colours; one of them is rewarded.
    blue = {"kind": "check", "answer": {"contains": ["blue"]}}
    own = {"from_base": False, "inner": {**INNER, "epochs": 8}, "rounds": 14, "patience": 100}
    own |= {"beta": 0.0}
    arm = strategy(kind, reward=blue, **own).fit(given())
    rewards = [point["reward"] for point in arm.curve[1:]]
    assert sum(rewards[-3:]) / 3 > sum(rewards[:3]) / 3 + 0.25
    # It goes away from the start while it learns, from no distance at all.
    assert arm.curve[1]["kl"] == pytest.approx(0, abs=1e-6) and arm.curve[-1]["kl"] > 0.01


def files(arm, folder):
    folder.mkdir(parents=True)
    arm.save(folder)
    return {p.name: p.read_bytes() for p in folder.iterdir()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("grpo", {"from_base": False, "beta": 0.1}),
        pytest.param("rloo", {"target_kl": 0.2}, marks=pytest.mark.nightly),
        pytest.param("ppo", {}, marks=pytest.mark.nightly),
    ],
)
def test_a_killed_run_goes_on_to_the_same_bits(given, tmp_path, kind, settings):
    # Two epochs of two steps are four steps a round: stops lie in the middle and at the ends.
    own = strategy(kind, rounds=3, prompts=4, batch_size=2, epochs=2, samples=3, **settings)
    whole = files(own.fit(given(workdir=tmp_path / "whole")), tmp_path / "a")
    taken = []

    def tell(event, at):
        step = event["event"] == "progress" and event["unit"] == "step" and event["total"] == 12
        step = step and "written" not in event["values"]  # told while answers are written
        if step:
            taken.append(event["done"])
        if step and event["done"] == at:
            raise Stopped

    for at in (2, 4, 7, 11):
        with pytest.raises(Stopped):
            means = {"workdir": tmp_path / "killed", "tell": lambda event, at=at: tell(event, at)}
            own.fit(given(**means))
    again = own.fit(given(workdir=tmp_path / "killed", tell=lambda event: tell(event, 0)))
    assert files(again, tmp_path / "b") == whole
    assert taken == list(range(1, 13))  # no step was taken twice


def counting(given, tmp_path, body):
    """A strategy whose reward is the user's own function, with `calls` counted in a file."""
    (tmp_path / "own.py").write_text(
        "calls = 0\n"
        "def score(questions, answers, targets):\n"
        "    global calls\n"
        "    calls += 1\n"
        f"{body}"
        "    return [float('e' in one) for one in answers]\n"
    )
    reward = {"kind": "python", "file": "own.py"}
    own = {"reward": reward, "inner": INNER, "from_base": True, **QUICK, "rounds": 4}
    return make_strategy({"kind": "grpo", **own}, {"folder": tmp_path})


@pytest.mark.slow
def test_a_reward_that_fails_loses_nothing(given, tmp_path):
    # Val is the first call, round 1 the second, val the third, round 2 the fourth.
    broken = counting(given, tmp_path, "    if calls == 4: raise ValueError('no')\n")
    with problem(TrainError, "T109", "own.py:5", "ValueError"):
        broken.fit(given(workdir=tmp_path / "work"))
    assert [p.name for p in (tmp_path / "work").glob("state-*")] == ["state-00000001"]
    heard = []
    mended = counting(given, tmp_path, "")
    arm = mended.fit(given(workdir=tmp_path / "work", tell=heard.append))
    assert {"event": "note", "text": "continues at step 1"} in heard
    assert [point["step"] for point in arm.curve] == [0, 1, 2, 3, 4]


@pytest.mark.slow
def test_a_flawed_reward_is_watched_and_ended(given):
    # Right answers are colours; what is rewarded are letters of none of them.
    flawed = {"kind": "check", "answer": {"lacks": ["e", "l", "r"]}}
    heard = []
    settings = {"reward": flawed, "rounds": 40, "patience": 3, "from_base": False, "beta": 0.0}
    inner = {**INNER, "epochs": 12}
    own = strategy("grpo", inner=inner, **settings)
    arm = own.fit(given(tell=heard.append))
    first, last = arm.curve[0], arm.curve[-1]
    assert last["val_reward"] > first["val_reward"] and last["val"] < first["val"]
    assert arm.ended.startswith("over-optimised since step ") and "exact_match" in arm.ended
    assert arm.fit["word"].startswith("over-optimised since ")
    assert last["step"] < 40
    best = max(arm.curve, key=lambda point: (point["val"], point["val_reward"]))
    assert arm.best_step == best["step"]
    looks = [event for event in heard if event["event"] == "evaluation" and "val_reward" in event]
    assert looks[-1]["fit"] == arm.fit["word"] and looks[-1]["steps"] == 40
    written = [event for event in heard if "written" in (event.get("values") or {})]
    assert {event["done"] for event in written} == {*range(int(last["step"]))}
    assert max(event["values"]["written"] for event in written) == own.prompts * own.samples
    # The weights that are kept answer as the best look found.
    lesson = given()
    answers = arm.answer([row.question for row in lesson.val])
    assert lesson.judge(lesson.val, answers) == pytest.approx(best["val"], abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("kind", nightly_but(["grpo"], ["grpo", "rloo"]))
def test_where_all_answers_are_rewarded_alike_no_weight_moves(given, kind):
    heard = []
    never = {"kind": "check", "answer": {"contains": ["zzz"]}}
    lesson = given(tell=heard.append)
    arm = strategy(kind, reward=never, rounds=3).fit(lesson)
    kept = [json.loads(p.read_text()) for p in sorted(lesson.workdir.glob("rounds/*.json"))]
    assert kept[2]["old"] == kept[2]["start"]
    assert arm.fit["word"] == "nothing learnt"
    warned = [(one["code"], one["count"]) for one in heard if one["event"] == "warning"]
    assert warned == [("T014", 3)]


@pytest.mark.slow
def test_a_bound_on_the_distance_ends_it(given):
    arm = strategy("grpo", rounds=30, max_kl=0.02, beta=0.0, patience=100).fit(given())
    assert "0.02" in arm.ended and len(arm.curve) < 30


@pytest.mark.slow
def test_a_round_is_kept_with_all_that_it_needs(given):
    lesson = given()
    strategy("grpo", rounds=2).fit(lesson)
    kept = [json.loads(p.read_text()) for p in sorted(lesson.workdir.glob("rounds/*.json"))]
    assert len(kept) == 2 and kept[0]["rows"] != kept[1]["rows"]
    one = kept[0]
    assert len(one["answers"]) == 6 and {len(own) for own in one["answers"]} == {8}
    lengths = [len(tokens) for own in one["answers"] for tokens in own]
    assert [len(own) for own in one["old"]] == [len(own) for own in one["start"]] == lengths
    assert one["old"] == one["start"]  # nothing was learnt yet
    assert kept[1]["old"] != kept[1]["start"]


@pytest.mark.slow
def test_without_val_rows_the_last_weights_are_kept(given):
    heard = []
    lesson = replace(given(tell=heard.append), val=())
    arm = strategy("grpo", rounds=2).fit(lesson)
    assert any("nothing is watched" in event.get("text", "") for event in heard)
    assert arm.best_step == 0 and arm.ended == "all rounds done"


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"reward": []}, "reward: must have 1 or more"),
        ({"reward": "exakt"}, "exact"),
        ({"reward": {"kind": "encoder"}}, "encoder is no reward"),
        ({"reward": {"kind": "exact", "weight": 0}}, "weights are 0"),
        ({"reward": 3}, "reward"),
        ({"inner": {"kind": "shots", "k": 0}}, "trains no answers"),
        ({"inner": {"kind": "grpo", "reward": "exact"}}, "trains no answers"),
        ({"samples": 1}, "take 2 or more"),
        ({"trace": 0.5}, "ppo's"),
        ({"prompts": 4, "batch_size": 8}, "4 prompts"),
        ({"read_first": 2}, "give it to `inner`"),
        ({"processes": 2}, "new in every round"),
    ],
)
def test_settings_that_cannot_be(settings, part):
    with pytest.raises(SettingsError, match=part):
        make_strategy({"kind": "grpo", "reward": "exact", **settings}, {})


def test_names_that_people_look_for():
    kinds = [make_strategy({"kind": name, "reward": "exact"}, {}) for name in METHODS]
    assert [one.method for one in kinds] == list(METHODS)
    assert [arm_name(one) for one in kinds] == [f"{name}-exact-lora" for name in METHODS]
    assert [one.kl_weight for one in kinds] == [0.04, 0.05, 0.05]
    several = ["exact", {"kind": "length", "words": 5, "weight": 0.2}]
    assert [
        one.weight for one in make_strategy({"kind": "grpo", "reward": several}, {}).reward
    ] == [
        1.0,
        0.2,
    ]
    assert kinds[0].mergeable and kinds[0].peft and kinds[0].needs("base") == ("base",)
    assert kinds[0].belongs_elsewhere(Task(kind="classify"))
    assert not kinds[0].belongs_elsewhere(Task(kind="number"))
    judged = make_strategy({"kind": "grpo", "reward": {"kind": "judge", "model": "other"}}, {})
    assert judged.needs("base") == ("base", "other")


def test_an_estimate_runs_one_round_and_tells_all_of_them(given, tmp_path):
    told = tmp_path / "told"
    own = counting(given, tmp_path, f"    print(len(answers), file=open({str(told)!r}, 'a'))\n")
    ask(tmp_path)
    own.fit(given(workdir=tmp_path / "work"))
    assert told.read_text().split() == ["48"]  # prompts times samples
    found = read_rehearsals(tmp_path)[-1]
    assert found["seconds"]["rounds"] == [4 * one for one in found["inside"]]
