"""The reader of spans learns which piece of a text a question asks for."""

from dataclasses import replace

import pytest

from assay.core.errors import TrainError
from assay.core.types import Task
from assay.runtime.arms.task_score import task_score
from assay.strategies.baselines.best_sentence import BestSentence
from assay.strategies.baselines.reader import Reader
from assay.strategies.spans.span_reader import SpanEncoder
from helpers.passage_rows import lesson, row

TASK = Task(kind="answer", metric="token_f1")
PEOPLE = "Ann Bo Carl Dora Emil Fay Gus Hana Ivo Jane Karl Lea".split()
THINGS = "pump lamp door wheel chain roof stove clock fence drain cable valve".split()


def told(n):
    """Who mended what, and how many: the type of the answer is in the question word, its place
    beside the thing."""
    rows = []
    for i in range(n):
        a, b = PEOPLE[i % 12], PEOPLE[(i * 5 + 3) % 12]
        x, y, m, k = THINGS[i % 12], THINGS[(i * 7 + 5) % 12], 20 + i, 150 + 3 * i
        text = (
            f"In the spring {a} mended the {x} for {m} crowns. Later {b} saw the {y} and paid"
            f" {k} crowns for it."
        )
        pairs = [
            (f"Who mended the {x}?", a),
            (f"Who saw the {y}?", b),
            (f"How many crowns did {b} pay?", str(k)),
        ]
        rows.append(row(*pairs[i % 3], text))
    return rows


@pytest.mark.slow
def test_it_learns_what_the_question_word_asks_for_and_comes_back_from_its_files(
    tmp_path, one_thread
):
    rows = told(90)
    train, test = rows[:60], rows[60:]
    strategy, given = Reader(vectors=False, networks=1), lesson(train, TASK)
    arm = strategy.fit(given)
    answers = arm.answer([one.question for one in test])
    score = task_score(test, answers, TASK)
    floor = task_score(test, BestSentence().fit(given).answer(test), TASK)
    assert score >= 0.9 and score > floor
    arm.save(tmp_path)
    assert strategy.restore(tmp_path, lesson((), TASK)).answer(test) == answers
    bare = replace(test[0], context=())
    assert arm.answer([bare])[0].text == "" and arm.answer([]) == []


@pytest.mark.slow
def test_an_answer_that_stands_nowhere_is_learnt_where_many_rows_have_it(one_thread):
    known = told(60)
    asked = [
        replace(row(f"Why was the {THINGS[i % 12]} blue?", "unknown", one.context[0].text))
        for i, one in enumerate(known)
    ]
    train = [*known[:45], *asked[:45]]
    assert SpanEncoder.of(train, {}).nowhere == "unknown" and not SpanEncoder.of(known, {}).nowhere
    arm = Reader(vectors=False, networks=1).fit(lesson(train, TASK))
    assert task_score(asked[45:], arm.answer(asked[45:]), TASK) >= 0.9
    assert task_score(known[45:], arm.answer(known[45:]), TASK) >= 0.8


def test_rows_whose_answers_stand_nowhere_are_a_named_error():
    with pytest.raises(TrainError) as caught:
        Reader(vectors=False).fit(lesson([row("Who?", "nobody here", "It rained.")], TASK))
    assert [problem.code for problem in caught.value.problems] == ["T058"]


@pytest.mark.slow
def test_the_progress_of_all_networks_counts_up_to_one_total(one_thread):
    events = []
    given = lesson(told(3), TASK)
    given = replace(given, means=replace(given.means, tell=events.append))
    Reader(vectors=False, networks=2).fit(given)
    seen = [event for event in events if event["event"] == "progress"]
    (total,) = {event["total"] for event in seen}
    assert total % 2 == 0
    assert [event["done"] for event in seen] == list(range(1, total + 1))
