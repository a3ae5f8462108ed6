"""A run with a judge: asked in both orders, held against ratings, shown in all three forms of the
report."""

import json
from hashlib import sha256
from textwrap import wrap

import pytest

import assay
from assay.audits.human_review.pairwise import ReviewItem
from assay.audits.llm_judge import run as judged
from assay.audits.llm_judge.section import first
from assay.config.audits.llm_judge import Judge
from assay.core.errors import DataError
from assay.core.types import Answer, Example, Message, Record, Task
from helpers.problems import problem
from helpers.toy import write_rows

ANSWERS = ("red", "blue", "green", "black")


def build(folder, model, ratings):
    folder.mkdir()
    # no two are alike
    asked = [" ".join(wrap(sha256(str(i).encode()).hexdigest(), 6)) for i in range(60)]
    rows = [
        {"question": one, "answer": ANSWERS[i % 4], "id": f"row-{i}"} for i, one in enumerate(asked)
    ]
    write_rows(folder / "train.jsonl", rows[:40])
    write_rows(folder / "test.jsonl", rows[40:])
    write_rows(folder / "ratings.jsonl", ratings)
    (folder / "project.yaml").write_text(
        "version: 2\nname: judged\nseed: 3\ntask: {kind: answer, max_answer_tokens: 4}\n"
        "data: {files: {train: train.jsonl, test: test.jsonl}, columns: {question: "
        f"question, answer: answer, id: id}}}}\nmodel: {model}\ncompare:\n  - {{kind: majority}}\n"
        "  - {kind: shots, k: 0}\nevaluate: {judge: {rows: 12, ratings: ratings.jsonl}}\n"
    )
    return folder


@pytest.mark.slow
def test_a_run_with_a_judge(tmp_path, tiny_model):
    ratings = [
        {"id": f"row-{i}", "first": "majority", "second": "zero-shot", "better": "first"}
        for i in range(40, 60)
    ]
    folder = build(tmp_path / "project", tiny_model, ratings)
    report = assay.run(folder)
    found = report.data["judged"]
    [pair] = found["pairs"]
    assert (
        pair["n"] == 12
        and pair["won"] + pair["lost"] + pair["ties"] == 12
        and pair["alike"] <= pair["ties"]
    )
    assert 0 <= pair["share"]["low"] <= pair["share"]["value"] <= pair["share"]["high"] <= 1
    at = found["position"]
    assert at["n"] == 12 - pair["alike"] and at["unreadable"] == 0
    assert at["same"] == pytest.approx((pair["won"] + pair["lost"]) / at["n"], abs=1e-6)
    # All people prefer the first arm: of the rows that the judge decides they agree on those that
    # it gives to that arm.
    decided = pair["won"] + pair["lost"]
    assert (found["people"] is None) == (decided == 0)
    if found["people"] is not None:
        assert (found["people"]["n"], found["people"]["ties"]) == (decided, at["n"] - decided)
        assert found["people"]["share"]["value"] == pytest.approx(pair["won"] / decided, abs=1e-6)
    page, text = ((folder / "report" / name).read_text() for name in ("report.html", "report.md"))
    assert 'data-at="/judged/pairs/0/share/value"' in page and "keeps its choice on" in page
    assert "## Judged by a model" in text and first(report.data)[:30] in page
    # The same run again asks nothing anew.
    before = {
        path: path.stat().st_mtime_ns for path in (folder / "work" / "answers").rglob("done.json")
    }
    assert assay.run(folder).data["judged"] == found
    assert before == {
        path: path.stat().st_mtime_ns for path in (folder / "work" / "answers").rglob("done.json")
    }


def test_a_line_that_is_no_rating_is_told(tmp_path):
    place = tmp_path / "ratings.jsonl"
    place.write_text(json.dumps({"id": "r1", "first": "a", "second": "b", "better": "a"}) + "\n")
    with problem(DataError, "D026", "ratings.jsonl:1"):
        judged.read_ratings(place)
    with pytest.raises(DataError, match="D001"):
        judged.read_ratings(tmp_path / "none.jsonl")


def test_ratings_of_a_review_are_found_where_the_answers_are_still_the_same(tmp_path):
    question = Example("row-1", (Message("user", "?"),))
    arms = {
        name: [Record(question, "x", (), Answer(text))]
        for name, text in (("one", "red"), ("two", "blue"))
    }
    (tmp_path / "reviews").mkdir()
    items = [
        ReviewItem("i1", "row-1", "test", "?", "", "blue", "red", ("two", "one")),
        # what `two` said then
        ReviewItem("i2", "row-1", "test", "?", "", "green", "red", ("two", "one")),
        ReviewItem("i3", "row-1", "val", "?", "", "blue", "red", ("two", "one")),
    ]
    write_rows(tmp_path / "reviews" / "items.jsonl", [item.to_json() for item in items])
    rated = [
        {"id": item.id, "reviewer": "ann", "choice": "A", "reasons": [], "note": ""}
        for item in items
    ]
    write_rows(tmp_path / "reviews" / "ratings.jsonl", rated)
    expected = {"id": "row-1", "first": "two", "second": "one", "better": "first"}
    assert judged.read_human_ratings(tmp_path, arms) == [expected]
    assert judged.read_human_ratings(tmp_path / "none", arms) == []


def test_the_rules_of_the_policy_may_be_what_makes_an_answer_better():
    settings, task = Judge(criteria="Prefer the shorter one."), Task(policy="## Calm\nBe calm.")
    assert judged.criteria_of(settings, task) == "Prefer the shorter one."
    said = judged.criteria_of(settings.but(policy=True), task)
    assert "- Calm: Be calm." in said and "shorter" not in said
    assert said.strip() in judged.instruction(said)
    assert judged.criteria_of(settings.but(policy=True), Task()) == "Prefer the shorter one."
