"""The reader of spans: its runs, what they are worth, and that it learns which piece of a text a
question asks for."""

from dataclasses import replace

import numpy as np
import pytest

from assay.core.errors import TrainError
from assay.core.types import Document, Example, Lesson, Means, Message, Task
from assay.evaluation.metrics.token_f1 import overlap
from assay.runtime.arms.job import task_score
from assay.strategies.baselines.best_sentence import BestSentence
from assay.strategies.baselines.reader import Reader
from assay.strategies.linear.word_ranking import WordOrder
from assay.strategies.spans.span_candidates import PassageTokens, runs
from assay.strategies.spans.span_features import FORMS, Known, features
from assay.strategies.spans.span_reader import SpanEncoder, worth

TASK = Task(kind="answer", metric="token_f1")
PEOPLE = "Ann Bo Carl Dora Emil Fay Gus Hana Ivo Jane Karl Lea".split()
THINGS = "pump lamp door wheel chain roof stove clock fence drain cable valve".split()


def row(question, target, text):
    return Example(
        f"{question} {text}", (Message("user", question),), target, context=(Document("d", text),)
    )


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


def lesson(rows, **more):
    return Lesson(
        TASK,
        tuple(rows),
        means=Means(seed=3),
        judge=lambda some, said: task_score(some, said, TASK),
        **more,
    )


def test_runs_begin_and_end_with_words_that_may_within_a_sentence():
    passage = PassageTokens("The cost: $2.50 (or so). No, 3 % more.")
    said = [
        passage.span_text(*place)
        for place in runs(passage, [0, 1], 3, frozenset(("the", "no", "or", "so"))).tolist()
    ]
    assert {"cost", "$2.50", "3 %", "3 % more"} <= set(said)
    assert not [
        text
        for text in said
        if text.startswith(("The", "No", "or", ":", ",")) or text.endswith(("(", ".", ":"))
    ]
    assert all(len(PassageTokens(text).tokens) <= 3 for text in said)
    assert "so). No" not in said and passage.sentences == [(0, 10), (10, 16)]


def test_a_run_is_worth_the_f1_of_its_words():
    texts = ["the red barn", "red barn door", "house", "Barn"]
    one = replace(row("?", "red barn", "x"), also=("door",))
    assert worth(one, texts) == pytest.approx(
        [max(overlap(t, "red barn"), overlap(t, "door")) for t in texts], abs=1e-6
    )


def test_columns_say_form_and_nearness():
    passage = PassageTokens("Ann paid 25 crowns.")
    order = WordOrder.over(["Ann paid 25 crowns.", "Bo saw it."])
    known = Known(("who",), ("the",), ("paid",), ("crowns",), ("crowns",))
    places = np.array([[0, 1], [2, 3], [2, 4]])
    made = features(known, order, "Who paid 25 crowns?", passage, np.zeros((1, 4)), places)
    assert made.shape == (3, known.width) and made.dtype == np.float32
    # one token; has a digit
    assert made[:, 1].tolist() == [1, 1, 0] and made[:, 6].tolist() == [0, 1, 1]
    # The question's three stems are equally rare: a third of them stands in "25", two in "25
    # crowns", none in "Ann".
    assert made[:, FORMS].tolist() == pytest.approx([0, 1 / 3, 2 / 3])
    assert made[:, -3:].tolist() == [[0, 0, 0], [1, 1, 0], [1, 0, 1]]
    assert known.question_features("Who is it?").tolist() == [1, 0.25]


@pytest.mark.slow
def test_it_learns_what_the_question_word_asks_for_and_comes_back_from_its_files(
    tmp_path, one_thread
):
    rows = told(90)
    train, test = rows[:60], rows[60:]
    strategy, given = Reader(vectors=False, networks=1), lesson(train)
    arm = strategy.fit(given)
    answers = arm.answer([one.question for one in test])
    score = task_score(test, answers, TASK)
    floor = task_score(test, BestSentence().fit(given).answer(test), TASK)
    assert score >= 0.9 and score > floor
    arm.save(tmp_path)
    assert strategy.restore(tmp_path, lesson(())).answer(test) == answers
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
    arm = Reader(vectors=False, networks=1).fit(lesson(train))
    assert task_score(asked[45:], arm.answer(asked[45:]), TASK) >= 0.9
    assert task_score(known[45:], arm.answer(known[45:]), TASK) >= 0.8


def test_rows_whose_answers_stand_nowhere_are_a_named_error():
    with pytest.raises(TrainError) as caught:
        Reader(vectors=False).fit(lesson([row("Who?", "nobody here", "It rained.")]))
    assert [problem.code for problem in caught.value.problems] == ["T058"]
