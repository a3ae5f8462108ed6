"""Every row is asked before any comes again; the same weights write the same answers in a round."""

from dataclasses import replace

import pytest

from assay.core.errors import TrainError
from assay.core.types import Task
from assay.strategies.prompting.prompted_arm import Prompted
from assay.strategies.training.answer_sampling import (
    Sampler,
    as_mappings,
    rows_of_round,
    with_room,
    writes_no_texts,
)
from helpers.problems import problem


def test_every_row_is_asked_before_any_comes_again(lesson):
    rows = lesson("answer").train  # 18
    places = [at for number in range(6) for at in rows_of_round(rows, number, 9, seed=1)]
    assert sorted(places[:18]) == sorted(places[18:36]) == list(range(18))
    assert places[:18] != places[18:36]  # in another order
    assert rows_of_round(rows, 3, 9, seed=1) == places[27:36]
    # A round may go over the end of a turn.
    across = [at for number in range(9) for at in rows_of_round(rows, number, 8, seed=1)]
    assert across == [at for number in range(8) for at in rows_of_round(rows, number, 9, seed=1)]


def test_a_round_writes_what_its_seed_and_number_say(lesson, open_tiny):
    arm = Prompted(open_tiny(), Task(kind="answer"), labels=False, room=5)
    rows = lesson("answer").train[:2]

    def texts(number, seed=0):
        sampler = Sampler(arm, 3, temperature=1.0, top_p=1.0, seed=seed)
        return [one.generated.text for one in sampler.write(rows, number).written]

    assert texts(0) == texts(0) and len(set(texts(0))) > 1
    assert texts(1) != texts(0) != texts(0, seed=1)
    sampled = Sampler(arm, 3, 1.0, 1.0, 0).write(rows, 0)
    assert [row.id for row in sampled.every] == [row.id for row in rows for _ in range(3)]
    for one, row in zip(sampled.written, sampled.every, strict=True):
        assert one.prompt == arm.model.chat.prompt(arm.prompt(row.question))[0]
        assert 1 <= len(one.tokens) == one.generated.tokens <= 5
        assert one.generated.truncated == (one.tokens[-1] != arm.model.chat.end[-1])


def test_questions_without_room_are_left_out_and_counted(lesson, open_tiny):
    heard = []
    given = lesson("answer", tell=heard.append)
    long = given.train[0].with_text("which colour has it " * 30)
    given = replace(given, train=(long, *given.train[1:4]))
    arm = Prompted(open_tiny(), given.task, labels=False, room=5)
    assert with_room(given, arm, 80, "grpo") == given.train[1:]
    assert [(one["code"], one["count"]) for one in heard] == [("D048", 1)]
    with problem(TrainError, "T002"):
        with_room(given, arm, 16, "grpo")


def test_ways_to_name_rewards():
    assert as_mappings("exact") == ({"kind": "exact"},)
    own = {"kind": "length", "words": 3}
    assert as_mappings(own) == (own,)
    assert as_mappings(["exact", own]) == ({"kind": "exact"}, own)
    assert as_mappings(3) == 3 and as_mappings([]) == ()


@pytest.mark.parametrize("kind", ["classify", "choose", "rank", "continue", "multilabel"])
def test_where_nothing_is_written_nothing_is_rewarded(kind):
    assert writes_no_texts(Task(kind=kind))
    assert not writes_no_texts(Task(kind="chat"))
