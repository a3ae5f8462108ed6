"""The findings about a log: quiet where nothing has changed, and what is told of what has."""

import json
from functools import cache

import numpy as np
import pytest

from assay.core.types import Answer, Example, Message, Task
from assay.deployment.monitoring.log_reader import Log, LogEntry
from assay.deployment.monitoring.reference import Against
from assay.deployment.monitoring.report import build_watch_report, lines

N = 100  # questions of the log: two windows of 50
TASK = Task(kind="classify", labels=("pay", "lend"))


def examples(part, texts):
    return [Example(f"{part}-{n}", (Message("user", text),)) for n, text in enumerate(texts)]


@cache
def report(new=0, wrong=0):
    """Findings about 100 questions of ten topics, of which the last `new` are of an eleventh, and
    whose last `wrong` answers cannot be read, against 100 held-back and 100 training rows."""
    draw = np.random.default_rng(7)
    topics = draw.integers(0, 10, 3 * N)
    topics[N - new : N] = 11
    vectors = np.eye(12)[topics] + 0.15 * draw.normal(size=(3 * N, 12))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    texts = [f"about topic {'abcdefghijkl'[t] * 3} number {n}" for n, t in enumerate(topics)]
    questions, held, train = (
        examples(name, texts[at : at + N])
        for name, at in (("log", 0), ("held", N), ("train", 2 * N))
    )
    said = [Answer(TASK.labels[n % 2], confidence=0.9) for n in range(N - wrong)]
    said += [Answer(None, raw="?")] * wrong
    entries = [
        LogEntry(question, at=1_700_000_000.0 - 3600 * n, arm="lora", answer=answer)
        for n, (question, answer) in enumerate(zip(questions, said, strict=True))
    ]
    exam = examples("test", [f"exam question {n * 7919}" for n in range(60)])
    right = [Answer(TASK.labels[n % 2], confidence=0.9) for n in range(60)]
    return build_watch_report(
        Against(entries, train, held, vectors, "words", np.arange(2 * N)),
        Log(entries, left_out=3),
        (exam, right),
        TASK,
        name="lora",
        level=0.01,
        seed=0,
        rows=5,
    )


def test_questions_of_the_same_topics_are_quiet():
    data = report()
    assert not data["raised"] and not data["groups"]
    assert data["labels"]["moved"]["pay"] == {"log": 0.5, "exam": 0.5}
    assert data["rates"]["unreadable"]["log"]["k"] == 0
    said = "\n".join(lines(data))
    assert "quiet" in said and "answers of lora" in said and "3 lines without a question" in said


def test_a_new_topic_is_raised_and_is_the_first_to_be_labelled():
    data = report(new=40)
    assert data["tests"]["questions"]["raised"] and data["tests"]["far"]["raised"]
    assert {one["question"].split()[2] for one in data["next"]} == {"lll"}
    (group,) = data["groups"]
    assert "lll" in group["words"] and 30 <= group["questions"] <= 40
    assert any("the questions are other ones" in line for line in lines(data))


def test_more_answers_that_cannot_be_read_are_raised_and_the_questions_are_not():
    data = report(wrong=20)
    assert [name for name, test in data["tests"].items() if test["raised"]] == ["unreadable"]
    assert data["rates"]["unreadable"]["log"]["value"] == pytest.approx(0.2)


def test_a_correction_for_many_tests_makes_no_p_value_smaller():
    for test in report(wrong=20)["tests"].values():
        assert test["p"] <= test["corrected"] <= 1


def test_windows_stand_in_the_order_of_time():
    first, second = report()["windows"]
    # the log's times run backwards: its last question, 99 hours before, was asked first
    assert first["from"] == "2023-11-10T19:13:20+00:00" and second["to"] > second["from"]
    assert first["to"] < second["from"] and first["questions"] == second["questions"] == N // 2


def test_the_findings_are_plain_json():
    assert json.loads(json.dumps(report(new=40))) == report(new=40)
