"""Candidates in order: the words and vectors floors, the lines that grades and orders are written
as, nDCG."""

import random
import re

import numpy as np
import pytest

from assay.core.types import Answer, Example, Lesson, Message, Record, Task
from assay.evaluation.metrics.rank_order import Mrr, Ndcg
from assay.evaluation.scoring import judge
from assay.strategies.baselines.majority import Majority
from assay.strategies.baselines.tfidf import Tfidf
from assay.tasks.ranked_lists import format_ranking

TASK = Task(kind="rank")


def row(id, query, candidates, grades=None):
    return Example(id, (Message("user", query),), grades, options=tuple(candidates))


def test_it_agrees_with_scikit_learn():
    from sklearn.metrics import ndcg_score

    draw = random.Random(4)
    for _ in range(20):
        n = draw.randint(2, 14)
        grades = [draw.choice((0, 0, 1, 2, 3)) for _ in range(n - 1)] + [1]
        scores = draw.sample(range(100), n)
        record = Record(
            row("r", "q", "x" * n), " ".join(map(str, grades)), (), Answer(format_ranking(scores))
        )
        values = judge([record], TASK).values
        assert values["ndcg"] == pytest.approx(ndcg_score([grades], [scores], k=10), abs=1e-6)


@pytest.mark.parametrize("metric", [Ndcg(), Mrr()], ids=lambda metric: metric.name)
def test_the_metrics_keep_the_contract(metric):
    question = row("r", "q", ["a", "b", "c"])
    lines = (("0 1 2", "1 2 3"), ("1 0 0", None), ("0 0 0", "1 2 3"), ("2 0 0", "1"))
    columns = metric.rows(
        [Record(question, target, (), Answer(text)) for target, text in lines], TASK
    )
    both = metric.total(np.stack([columns.sum(0), columns[:2].sum(0)]), np.array([4.0, 2.0]))
    assert both.shape == (2,) and both.min() >= 0 and both.max() <= 1
    assert np.isnan(metric.total(np.zeros(2), np.float64(0)))
    assert metric.each(columns).shape == (4,)


def test_rows_without_a_relevant_candidate_leave_the_mean():
    question = row("r", "q", ["a", "b"])
    records = [
        Record(question, "0 0", (), Answer("1 2")),
        Record(question, "0 1", (), Answer("1 2")),
    ]
    assert judge(records, TASK).values["mrr"] == 0.5
    assert judge([Record(question, "0 1", (), Answer(None))], TASK).values["ndcg"] == 0


def test_shared_words_come_first_and_rare_ones_before_common_ones(tmp_path):
    train = [
        row(f"{i}", "q", [f"the lake number {i}", f"a car number {i}"], "1 0") for i in range(20)
    ]
    lesson = Lesson(TASK, tuple(train))
    arm = Tfidf().fit(lesson)
    asked = [
        row("a", "frozen lake", ["a red car", "a lake", "a frozen lake"]),
        row("b", "number fox", ["number 3", "a fox"]),
    ]
    answers = arm.answer(asked)
    assert [answer.text for answer in answers] == ["3 2 1", "2 1"]
    arm.save(tmp_path)
    assert Tfidf().restore(tmp_path, lesson).answer(asked) == answers
    assert [a.text for a in Majority().fit(lesson).answer(asked)] == ["1 2 3", "1 2"]


@pytest.mark.real
def test_abstracts_of_cranfield(shared_data):
    """Each query's relevant abstracts among 20: words put them far above chance."""
    folder = shared_data("cranfield", whole=True)
    tag = re.compile(r"<doc>\s*<docno>\s*(\d+)\s*</docno>.*?<text>(.*?)</text>", re.S | re.I)
    texts = {
        int(n): " ".join(text.split())
        for n, text in tag.findall((folder / "cran.all.1400.xml").read_text())
    }
    asked = re.findall(
        r"<num>\s*(\d+)\s*</num>\s*<title>(.*?)</title>",
        (folder / "cran.qry.xml").read_text(),
        re.S,
    )
    relevant: dict[int, set[int]] = {}
    for line in (folder / "cranqrel.trec.txt").read_text().splitlines():
        query, _, document, grade = line.split()[:4]
        if int(grade) > 0 and texts.get(int(document)):
            relevant.setdefault(int(query), set()).add(int(document))
    draw, rows = random.Random(0), []
    # the judgements count queries from 1, in the file's order
    for place, (_, query) in enumerate(asked, start=1):
        right = sorted(relevant.get(place, ()))[:5]
        others = draw.sample(sorted(set(texts) - relevant.get(place, set())), 20 - len(right))
        shuffled = draw.sample([*right, *others], 20)
        grades = " ".join(str(int(one in right)) for one in shuffled)
        rows.append(
            row(
                str(place), " ".join(query.split()), [texts[one] or "-" for one in shuffled], grades
            )
        )
    lesson = Lesson(TASK, tuple(rows[:100]))

    def ndcg(strategy):
        answers = strategy.fit(lesson).answer([one.question for one in rows[100:]])
        records = [
            Record(one.question, one.target, (), a)
            for one, a in zip(rows[100:], answers, strict=True)
        ]
        return judge(records, TASK).values["ndcg"]

    assert len(rows) == 225
    assert ndcg(Tfidf()) > 0.85
    assert ndcg(Majority()) < 0.5
