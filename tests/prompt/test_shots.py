from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.nouns import Example, Message
from assay.prompt import Shots
from assay.prompt.shots import drawn, spread

POOL = st.lists(st.sampled_from("abc"), max_size=12).map(
    lambda targets: [Example(f"r{i}", (Message("user", f"{i}"),), target) for i, target in enumerate(targets)]
)


@given(POOL, st.integers(0, 15), st.integers(0, 9))
def test_drawn_rows_are_of_the_pool_and_once(pool, k, seed):
    rows = drawn(pool, k, seed)
    assert len({row.id for row in rows}) == len(rows) == min(k, len(pool))
    assert {row.id for row in rows} <= {row.id for row in pool}
    assert rows == drawn(pool, k, seed)


@given(POOL, st.integers(0, 15), st.integers(0, 9))
def test_balanced_rows_take_turns(pool, k, seed):
    rows = spread(pool, k, seed)
    assert len({row.id for row in rows}) == len(rows) == min(k, len(pool))
    shown, there = Counter(row.target for row in rows), Counter(row.target for row in pool)
    most = max(shown.values(), default=0)
    # A label is shown less often than another only when it has no more rows, or it was its turn next.
    assert all(shown[label] >= most - 1 or shown[label] == there[label] for label in there)


def test_without_examples_the_base_is_asked_as_it_is(lesson):
    arm = Shots(k=0).fit(replace(lesson("classify"), train=()))
    question = lesson("classify").val[0].question
    system, user = arm.prompt(question)
    assert user == question.messages[-1]
    assert system.content.splitlines()[1:] == ["Labels:", "- card", "- card lost", "- refund"]
    assert arm.room == 256


def test_examples_stand_between_the_instruction_and_the_question(lesson):
    given_ = lesson("answer")
    arm = Shots(k=3).fit(given_)
    system, *turns, last = arm.prompt(given_.val[0].question)
    assert (system.role, last.content) == ("system", given_.val[0].text)
    assert [turn.role for turn in turns] == ["user", "assistant"] * 3
    known = {row.text: row.target for row in given_.train}
    assert all(known[q.content] == a.content for q, a in zip(turns[::2], turns[1::2], strict=True))


def test_similar_examples_end_with_the_most_similar(lesson):
    given_ = lesson("answer")
    arm = Shots(k=3, choose="similar").fit(given_)
    question = given_.val[2].question
    similarity = given_.means.embed([row.text for row in given_.train]) @ given_.means.embed([question.text])[0]
    best = [given_.train[i].text for i in np.argsort(similarity)[-3:]]
    assert [turn.content for turn in arm.prompt(question)[1:-1:2]] == best


def test_the_room_for_an_answer_covers_the_longest_target(lesson):
    given_ = lesson("answer")
    longest = max(len(given_.open_base().chat.text_ids(row.target)) for row in given_.train)  # type: ignore[attr-defined]
    assert Shots(k=1).fit(given_).room == longest * 3 // 2 + 4
    few = replace(given_, task=given_.task.model_copy(update={"max_answer_tokens": 5}))
    assert Shots(k=1).fit(few).room == 5


@pytest.mark.parametrize(("choose", "needed"), [("random", ("base",)), ("similar", ("base", "minilm-l6"))])
def test_needs(choose, needed):
    assert Shots(choose=choose).needs("base") == needed
    assert Shots(choose=choose, k=0, model="other").needs("base") == ("other",)
