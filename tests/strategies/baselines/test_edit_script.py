"""Short texts turned as those that end alike, with shares that are worked out by hand."""

import json

import pytest

from assay.core.errors import TrainError
from assay.core.types import Example, Lesson, Message, Task
from assay.strategies.baselines.edit_script import EditScript, likenesses

ANSWER = Task(kind="answer")
PAST = [("walk", "walked"), ("jump", "jumped"), ("bake", "baked"), ("like", "liked")]
PAST += [("cry", "cried"), ("try", "tried"), ("play", "played"), ("go", "went")]


def rows(pairs):
    return tuple(
        Example(f"r{at}", (Message("user", text),), goal) for at, (text, goal) in enumerate(pairs)
    )


def fit(pairs):
    return EditScript().fit(Lesson(ANSWER, rows(pairs)))


def answers(arm, *texts):
    return [one.text for one in arm.answer(rows([(text, None) for text in texts]))]


def test_a_text_is_turned_as_those_with_its_ending():
    arm = fit(PAST)
    assert answers(arm, "talk", "hike", "dry", "stay") == ["talked", "hiked", "dried", "stayed"]
    assert answers(arm, "go", "cargo") == ["went", "cargoed"]  # a replaced whole fits itself alone


def test_the_confidence_is_the_share_of_the_scripts_that_give_the_answer():
    arm = fit([("ab", "abs"), ("cb", "cbs"), ("db", "dbes")])
    (one,) = arm.answer(rows([("xb", None)]))
    # nothing: 2/3 and 1/3, as there are none before: (2 + 0) / (3 + 2), (1 + 0) / (3 + 2);
    # the shape: (2 + 2 * .4) / 5 = .56 and (1 + 2 * .2) / 5 = .28; the ending "b" once more:
    # (2 + 2 * .56) / 5 = .624 and (1 + 2 * .28) / 5 = .312; .624 / (.624 + .312) = .6667
    assert arm.shares("xb") == pytest.approx({0: 0.624, 1: 0.312})
    assert (one.text, one.confidence) == ("xbs", 0.6667)


def test_of_an_ending_with_few_rows_the_shorter_one_counts_too():
    arm = fit([("ab", "abs"), ("cb", "cbs"), ("xdb", "xdbes")])
    # "db" has one row, of "es": (0 + 1 * .624) / 2 = .312 and (1 + 1 * .312) / 2 = .656
    assert arm.shares("ydb") == pytest.approx({0: 0.312, 1: 0.656})
    assert answers(arm, "ydb") == ["ydbes"]


def test_what_no_script_fits_or_is_long_is_copied_and_not_sure():
    arm = fit([("go", "went"), ("be", "was")])
    assert [(one.text, one.confidence) for one in arm.answer(rows([("see", None)]))] == [
        ("see", 0.0)
    ]
    assert answers(fit(PAST), "walk" * 20) == ["walk" * 20]


def test_long_rows_are_passed_over_and_no_rows_are_an_error():
    assert fit([*PAST, ("a" * 99, "b")]).scripts == fit(PAST).scripts
    assert answers(fit([("a" * 99, "b")]), "a") == ["a"]
    with pytest.raises(TrainError, match="T002"):
        EditScript().fit(Lesson(ANSWER))


def test_it_comes_back_from_its_file(tmp_path):
    arm = fit([*PAST, ("2024-03-01", "01.03.2024"), ("2011-12-05", "05.12.2011")])
    arm.save(tmp_path)
    again = EditScript().restore(tmp_path, Lesson(ANSWER))
    asked = rows([("talk", None), ("1999-01-31", None), ("see", None)])
    assert again.answer(asked) == arm.answer(asked)
    assert again.answer(asked)[1].text == "31.01.1999"
    assert set(json.loads((tmp_path / "edit_script.json").read_text())) == {"scripts", "counts"}


def test_likenesses_go_from_nothing_to_the_whole():
    assert likenesses("ab") == ["", "a\n", "a\nb", "a\nab", "a\n^ab"]
    assert len(likenesses("abcdefghijkl")) == 11


def test_other_kinds_are_refused():
    assert [one.code for one in EditScript().unfit(Task(kind="summarise"))] == ["T057"]
    assert not [*EditScript().unfit(ANSWER)] and not [*EditScript().unfit(Task(kind="rewrite"))]
