"""A reward tells the better of several answers, each read after the question without the others."""

from dataclasses import replace

import pytest

from assay.config import make_strategy
from assay.core.errors import TrainError
from assay.core.types import Example, Message, Task
from assay.strategies.catalogue import refuse_unfit
from assay.strategies.training.reward import Reward, encode_options, options_of
from assay.tasks.options import question_with_options
from assay.training.objectives.preference import UNWANTED, WANTED
from helpers.problems import problem

OPTIONS = ("red", "blue as the sea", "green")
ROW = Example(
    "a",
    (
        Message("user", "Hello."),
        Message("assistant", "Hi."),
        Message("user", question_with_options("Which colour?", OPTIONS)),
    ),
    "B",
    options=OPTIONS,
)
TASK = Task(kind="choose", labels=("A", "B", "C"))


def liked(numbers):
    """Rows of which an option is right that has a certain word."""
    rows = []
    for at in numbers:
        options = (f"the red apple {at}", f"the blue lake {at}")[:: 1 if at % 2 else -1]
        asked = question_with_options(f"Which colour is {at}?", options)
        right = "AB"[options.index(f"the blue lake {at}")]
        rows.append(Example(f"{at}", (Message("user", asked),), right, options=options))
    return tuple(rows)


def test_each_option_is_an_answer_to_the_question_alone(open_tiny):
    chat = open_tiny().chat
    texts = [chat.tokenizer.decode(one.ids) for one in options_of(chat, ROW)]
    for text, option in zip(texts, OPTIONS, strict=True):
        assert "Which colour?" in text and "Hello." in text and option in text
        assert not [other for other in OPTIONS if other != option and other in text]
    (row,) = encode_options(chat, TASK, [ROW])
    assert [one.label for one in row.all] == [WANTED, UNWANTED, UNWANTED]
    assert "blue as the sea" in chat.tokenizer.decode(row.ids)


def test_the_prompt_is_cut_for_the_longest_option(open_tiny):
    chat = replace(open_tiny().chat, max_length=60)
    long = ROW.with_text(question_with_options("Which colour? " * 30, OPTIONS))
    found = options_of(chat, long)
    assert max(len(one.ids) for one in found) == 60 and found[0].cut > 0
    shared = len(found[0].ids) - len(chat.answer(OPTIONS[0]))
    assert len({tuple(one.ids[:shared]) for one in found}) == 1


@pytest.mark.slow
@pytest.mark.parametrize("layers", [0, 1])
def test_it_learns_and_comes_back_with_the_same_answers(lesson, one_thread, layers):
    given = replace(lesson("choose"), train=liked(range(24)), val=liked(range(50, 60)), task=TASK)
    settings = Reward(layers=layers, epochs=12, batch_size=6, learning_rate=1e-2, dropout=0.0)
    arm = settings.fit(given)
    right = [row.target for row in given.val]
    assert [one.text for one in arm.answer([row.question for row in given.val])] == right
    folder = given.workdir / "saved"
    folder.mkdir()
    arm.save(folder)
    rows = [row.question for row in given.val]
    again = settings.restore(folder, replace(given, train=(), val=()))
    assert [one.text for one in again.answer(rows)] == [one.text for one in arm.answer(rows)]


def test_it_is_for_options():
    with problem(TrainError, "T057"):
        refuse_unfit({"reward": make_strategy({"kind": "reward"}, {})}, Task(kind="answer"))


@pytest.mark.slow
def test_an_ensemble_believes_less_of_what_its_members_disagree_about(lesson, tmp_path):
    given = replace(lesson("choose"), train=liked(range(40)), val=liked(range(40, 50)))
    settings = {"members": 5, "epochs": 4, "batch_size": 8}
    arms = {}
    for pessimism in (0.0, 2.0):
        work = tmp_path / f"{pessimism}"
        work.mkdir()
        one = replace(given, means=replace(given.means, workdir=work))
        arms[pessimism] = Reward(**settings, pessimism=pessimism).fit(one)
    rows = [Example("q", (Message("user", "Which colour?"),))] * 2
    texts = ["the blue lake 3", "a word of another kind"]
    plain, careful = (arms[key].score_answers(rows, texts) for key in (0.0, 2.0))
    assert all(low < high for low, high in zip(careful, plain, strict=True))
    kept = tmp_path / "kept"
    kept.mkdir()
    arms[2.0].save(kept)
    again = Reward(**settings, pessimism=2.0).restore(kept, replace(given, train=(), val=()))
    assert again.score_answers(rows, texts) == pytest.approx(careful)


def test_one_reward_disagrees_with_none():
    with pytest.raises(ValueError, match="members: 5"):
        Reward(pessimism=1.0)
