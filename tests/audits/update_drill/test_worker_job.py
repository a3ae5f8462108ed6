from assay.audits.update_drill.worker_job import ALONE, CHUNK, time_answers
from assay.core.types import Example, Lesson, Message, Task
from assay.strategies.baselines.majority import Majority


def rows(n):
    asked = [(Message("user", f"text {i}"),) for i in range(n)]
    return tuple(Example(f"r{i}", one, "ab"[i % 3 > 0]) for i, one in enumerate(asked))


def test_the_first_answers_are_timed_one_by_one_and_the_others_in_batches():
    arm = Majority().fit(Lesson(Task(labels=("a", "b")), rows(9)))
    told, questions = [], rows(ALONE + CHUNK + 5)
    timed = time_answers(arm, questions, 2.5, told.append)
    assert [answer.text for _, answer in timed] == ["b"] * len(questions)
    at = [seconds for seconds, _ in timed]
    # Since the change: never before the arm was ready, and in the order of the questions.
    assert at[0] >= 2.5 and at == sorted(at)
    done = [event["done"] for event in told]
    assert done == [*range(1, ALONE + 1), ALONE + CHUNK, len(questions)]
    # Those of one batch are there at once.
    assert len(set(at[ALONE : ALONE + CHUNK])) == 1


def test_no_question_takes_no_time():
    arm = Majority().fit(Lesson(Task(labels=("a", "b")), rows(9)))
    assert time_answers(arm, (), 1.0, lambda event: None) == []
