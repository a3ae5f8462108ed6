"""A function of the user's own is asked in its own process: what it does wrong is one message with
the place, and it is ended where it hangs."""

import gc
import os
import time

import pytest

from assay.config import make_part
from assay.config.complaints import SettingsError
from assay.core.errors import TrainError
from assay.core.types import Answer, Example, Message
from helpers.problems import problem

ROWS = [Example(f"r{n}", (Message("user", f"ask {n}"),), f"target {n}") for n in range(2)]
ANSWERS = [Answer("a", raw="an answer"), Answer(None, raw="")]


def reward(tmp_path, source, **settings):
    (tmp_path / "own.py").write_text(source)
    return make_part({"kind": "python", "file": "own.py", **settings}, {"folder": tmp_path})


def scored(tmp_path, lesson, source, **settings):
    return reward(tmp_path, source, **settings).fit(lesson("answer")).score(ROWS, ANSWERS)


GOOD = """
import numpy
print("what is printed does no harm")

def score(questions, answers, targets):
    print("nor here")
    assert questions == ["ask 0", "ask 1"] and targets == ["target 0", "target 1"]
    return numpy.array([len(one) for one in answers], dtype=numpy.float32) / 2
"""


def test_it_gets_three_lists_and_gives_numbers(tmp_path, lesson):
    part = reward(tmp_path, GOOD)
    (tmp_path / "own.py").unlink()
    scorer = part.fit(lesson("answer"))
    assert scorer.score(ROWS, ANSWERS) == scorer.score(ROWS, ANSWERS) == [4.5, 0.0]
    assert scorer.score([], []) == []


def test_another_text_is_another_reward(tmp_path):
    first = reward(tmp_path, GOOD)
    assert first.source == GOOD and reward(tmp_path, GOOD) == first
    assert reward(tmp_path, GOOD + "\n") != first
    again = make_part({"kind": "python", **first.non_defaults()}, {})
    assert again == first


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ("    raise KeyError('colour')", "T109", "KeyError"),
        ("    return [1.0]", "T111", "1 numbers"),
        ("    return [1.0, float('nan')]", "T111", "nan"),
        ("    return [1.0, None]", "T111", "None for answer 2"),
        ("    return ['1', '2']", "T111", "a str for answer 1"),
        ("    return 1.0", "T111", "a float"),
        ("    import os; os._exit(3)", "T110", "ended by itself"),
        ("    import sys; sys.exit(3)", "T109", "SystemExit"),
    ],
)
def test_what_it_does_wrong_is_one_message(tmp_path, lesson, body, code, said):
    from assay.evaluation.rewards.reward import RewardSum

    part = reward(tmp_path, f"def score(questions, answers, targets):\n{body}\n")
    rewards = RewardSum.fit([part], lesson("answer"))
    with problem(TrainError, code, None, said):
        rewards.of(ROWS, ANSWERS)


def test_an_error_is_placed_in_the_file(tmp_path, lesson):
    source = "def score(q, a, t):\n    return inner(a)\n\ndef inner(a):\n    return 1 / 0\n"
    with pytest.raises(TrainError) as caught:
        scored(tmp_path, lesson, source)
    assert caught.value.problems[0].place == "own.py:5"


def test_one_that_hangs_is_ended(tmp_path, lesson):
    place = tmp_path / "pid"
    source = (
        "import os, time\n"
        "def score(q, a, t):\n"
        f"    open({str(place)!r}, 'w').write(str(os.getpid()))\n"
        "    time.sleep(600)\n"
    )
    with problem(TrainError, "T110", None, "0.5"):
        scored(tmp_path, lesson, source, seconds=0.5)
    with pytest.raises(ProcessLookupError):
        os.kill(int(place.read_text()), 0)


def test_its_process_ends_with_the_reward(tmp_path, lesson):
    source = "import os\ndef score(q, a, t):\n    return [float(os.getpid())] * len(a)\n"
    scorer = reward(tmp_path, source).fit(lesson("answer"))
    first, second = scorer.score(ROWS, ANSWERS)
    assert first == second == scorer.score(ROWS, ANSWERS)[0]  # one process for all calls
    del scorer
    gc.collect()
    for _ in range(100):
        try:
            os.kill(int(first), 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("the process is still there")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import nothing_like_this\ndef score(q, a, t): return a", "ModuleNotFoundError"),
        ("def reward(q, a, t): return a", "reward"),
        ("score = 3", "none"),
    ],
)
def test_a_file_without_the_function_is_told(tmp_path, lesson, source, said):
    with problem(TrainError, "T108", None, said):
        scored(tmp_path, lesson, source)


def test_a_file_that_cannot_be_read_is_told_with_the_settings(tmp_path):
    for given in ({}, {"file": "missing.py"}, {"file": 3}):
        with pytest.raises(SettingsError) as caught:
            make_part({"kind": "python", **given}, {"folder": tmp_path})
        assert [one.code for one in caught.value.complaints] == ["T108"]
    with pytest.raises(SettingsError, match="no Python") as caught:
        reward(tmp_path, "def score(:\n")
    assert caught.value.complaints[0].code == "T108"
