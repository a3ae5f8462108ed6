"""Kinds of task through the whole product: check, run with a tiny model, answers to new rows,
mistakes in the file."""

import json

import pytest

import assay
from assay.core.errors import DataError, ProjectError, UsageError
from assay.reporting import markdown
from helpers.lines import named


def project(folder, rows, text):
    folder.mkdir()
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "project.yaml").write_text(f"data: {{files: {{data: rows.jsonl}}}}\n{text}")
    return folder


THINGS = (
    "apple",
    "sky",
    "grass",
    "coal",
    "snow",
    "lemon",
    "wallet",
    "chip",
    "money",
    "shop",
    "taxi",
    "reader",
)


def sets(n=48):
    chosen = [["card"], ["card", "refund"], [], ["refund"]]
    return [
        {"text": f"about the {THINGS[i % 12]} number {i * 37}", "labels": chosen[i % 4]}
        for i in range(n)
    ]


def options(n=36):
    rows = []
    for i in range(n):
        three = [THINGS[(i + k) % 12] for k in range(2 + i % 2)]
        rows.append(
            {"question": f"which is number {i * 91}", "choices": three, "answer": three[i % 2]}
        )
    return rows


def ranked(n=24):
    texts = [[f"the {THINGS[(i + k) % 12]} of page {i}" for k in range(3)] for i in range(n)]
    return [
        {"query": f"page on {THINGS[i % 12]} {i}", "candidates": texts[i], "grades": [2, 0, i % 2]}
        for i in range(n)
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "kind", "metric"),
    [
        pytest.param(sets(), "multilabel", "micro_f1", id="multilabel", marks=pytest.mark.nightly),
        pytest.param(options(), "choose", "accuracy", id="choose", marks=pytest.mark.nightly),
        pytest.param(ranked(), "rank", "ndcg", id="rank", marks=pytest.mark.nightly),
    ],
)
def test_a_model_is_asked_and_trained_and_answers_new_rows(
    tmp_path, tiny_model, rows, kind, metric
):
    arms = "  - {kind: tfidf}\n  - {kind: shots, k: 1}\n  - {kind: lora, rank: 4, epochs: 1}\n"
    shares = "split: {train: 0.6, val: 0.2, test: 0.2, near: 1.0}\n"
    folder = project(tmp_path / "p", rows, f"{shares}model: {tiny_model}\ncompare:\n{arms}")
    report = assay.run(folder)
    assert report.data["task"] | {"kind": kind, "metric": metric} == report.data["task"]
    assert {arm["status"] for arm in report.data["strategies"]} == {"done"}
    new = [
        {k: v for k, v in row.items() if k not in ("labels", "answer", "grades")}
        for row in rows[:5]
    ]
    (tmp_path / "new.jsonl").write_text("".join(json.dumps(row) + "\n" for row in new))
    out = tmp_path / "out.jsonl"
    assay.answer(tmp_path / "new.jsonl", folder, "tfidf", out)
    answers = [json.loads(line)["answer"] for line in out.read_text().splitlines()]
    assert len(answers) == 5
    wanted = {
        "multilabel": {"card", "refund", "card | refund", "none"},
        "choose": {"A", "B", "C"},
    }.get(kind)
    assert (
        set(answers) <= wanted
        if wanted
        else {tuple(sorted(a.split())) for a in answers} == {("1", "2", "3")}
    )


def orders(n=40):
    """Objects with a nested object, a list, a number, a category that stands nowhere, and a field
    that may be null."""
    rows = []
    for i in range(n):
        what, town = THINGS[i % 12], ("Oslo", "Rome", "Bern")[i % 3]
        late = i % 2 == 0
        number, begins = f"#{10000 + 37 * i}", "still no" if late else "thanks for the"
        text = f"{begins} {what} and {2 + i % 5} bags, sent to {town}, order {number}"
        target = {
            "order": {"id": number, "bags": 2 + i % 5},
            "things": [what],
            "mood": "cross" if late else "glad",
        }
        rows.append({"message": text, "output": {**target, "town": town if i % 4 else None}})
    return rows


@pytest.mark.slow
def test_objects_are_taken_scored_and_answered_as_they_are(tmp_path, tiny_model):
    kinds = ("majority", "dictionary", "crf", "knn", "shots, k: 1")
    arms = "".join(f"  - {{kind: {kind}}}\n" for kind in kinds)
    # knn brings an encoder, by which rows would be compared, too
    shares = "split: {train: 0.6, val: 0.2, test: 0.2, near: 1.0, paraphrase: null}\n"
    folder = project(tmp_path / "p", orders(), f"{shares}model: {tiny_model}\ncompare:\n{arms}")
    report = assay.run(folder)
    assert report.data["task"] | {"kind": "extract", "metric": "entity_f1"} == report.data["task"]
    by_name = {arm["name"]: arm for arm in report.data["strategies"]}
    assert {arm["status"] for arm in by_name.values()} == {"done"}
    assert {one["label"] for one in by_name["dictionary"]["labels"]} >= {
        "order.id",
        "order.bags",
        "things",
        "mood",
    }
    values = {
        name: {m: v["value"] for m, v in arm["metrics"].items()} for name, arm in by_name.items()
    }
    assert values["dictionary"]["entity_f1"] > 0.8 > values["majority"]["entity_f1"]
    assert values["crf"]["entity_f1"] > 0.8
    # A model of random weights writes nonsense, but only nonsense that fits the schema of the
    # training rows.
    assert all(
        one["json_valid"] == 1 for name, one in values.items() if not name.startswith("few-shot")
    )
    out = tmp_path / "out.jsonl"
    (tmp_path / "new.jsonl").write_text(
        json.dumps({"message": "still no taxi and 4 bags, sent to Rome, order #55555"})
    )
    assay.answer(tmp_path / "new.jsonl", folder, "dictionary", out)
    answer = json.loads(json.loads(out.read_text())["answer"])
    assert answer["order"] == {"id": "#55555", "bags": 4} and answer["mood"] == "cross"
    checked = assay.check(folder)
    assert checked.prepared.task.form.kind == "json"  # also of rows that were prepared before


def test_rows_that_are_no_objects_among_objects_are_named(tmp_path):
    rows = [*orders(12), {"message": "hm", "output": "a text"}]
    folder = project(tmp_path / "p", rows, "task: {kind: extract}\ncompare: [{kind: dictionary}]")
    with pytest.raises(DataError, match="D190"):
        assay.check(folder, sets=["data.strict=true"])


def test_labels_are_counted_one_by_one(tmp_path):
    folder = project(
        tmp_path / "p",
        sets(),
        "task: {none: nothing}\ncompare: [{kind: tfidf}]\nsplit: {near: 1.0}",
    )
    checked = assay.check(folder)
    labels = checked.prepared.note["labels"]
    assert set(labels["train"]) == {"card", "refund", "nothing"}
    assert checked.prepared.task.labels == ("card", "refund")


@pytest.mark.parametrize(
    ("aim", "code"),
    [
        ("{kind: answer, none: other}", "C093"),
        ("{kind: classify, separator: ';'}", "C093"),
        ("{kind: multilabel, labels: [a, 'b|c']}", "C094"),
        ("{kind: multilabel, labels: [a, none]}", "C094"),
        ("{kind: multilabel, none: 'x|y'}", "C094"),
        ("{kind: choose, stop: ['.']}", "M060"),
        ("{kind: rank, metric: accuracy}", "C078"),
    ],
)
def test_settings_that_do_not_fit_the_kind(tmp_path, aim, code):
    folder = project(tmp_path / "p", sets(8), f"task: {aim}\ncompare: [{{kind: majority}}]")
    with pytest.raises(ProjectError) as caught:
        assay.check(folder)
    assert [problem.code for problem in caught.value.problems] == [code]


@pytest.mark.slow
def test_of_texts_to_foresee_nothing_is_asked_that_supposes_questions(tmp_path):
    rows = [
        {
            "text": f"The {THINGS[i % 12]} of page {i} lay beside the"
            f" {THINGS[i % 7]} and nobody saw it."
        }
        for i in range(90)
    ]
    asked = "evaluate: {robustness: true, bias: true, mistakes: true, learning_curve: {draws: 1}}\n"
    shares = "split: {train: 0.6, val: 0.1, test: 0.3, near: 1.0}\n"
    folder = project(
        tmp_path / "p", rows, f"task: {{kind: continue}}\n{shares}{asked}compare: [{{kind: ngram}}]"
    )
    report = assay.run(folder)
    assert report.data.keys() & {"robustness", "bias", "mistakes", "learning_curve"} == {
        "bias",
        "learning_curve",
    }
    assert report.data["bias"]["arms"] == {}
    (arm,) = report.data["learning_curve"]["arms"]
    # in bits a byte, fewer with more texts
    assert arm["last"]["gain"] > 0 and arm["more"]["gain"] > 0
    text = markdown.render(report)
    assert named(text, "bits a byte", "ngram")


def test_an_arm_of_another_kind_is_refused_before_anything_runs(tmp_path):
    folder = project(
        tmp_path / "p", sets(), "split: {near: 1.0}\ncompare: [{kind: lead}, {kind: ngram}]"
    )
    with pytest.raises(UsageError) as caught:
        assay.check(folder)
    assert [problem.code for problem in caught.value.problems] == ["C095", "C095"]


def told(n=48):
    places = [("oslo", 900), ("quito", 400), ("bonn", 600)]
    rows = [(places[i % 3], THINGS[i % 12], 100 * (1 + i % 4), i) for i in range(n)]
    return [
        {
            "question": f"How many crowns does a {thing} of size {more}"
            f" cost in {place}, case {i * 37}?",
            "context": f"Rain fell. A {thing} in {place} cost {base + more} crowns.",
            "answer": str(base + more),
        }
        for (place, base), thing, more, i in rows
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("aim", "arms"),
    [
        ("{kind: number, metric: mean_absolute_error}", ("ridge",)),
        ("{kind: answer}", ("best_sentence", "reader-vectors-false-networks1")),
    ],
    ids=["number", "answer"],
)
def test_what_is_read_or_estimated_without_a_model_beats_the_commonest_answer(
    tmp_path, tiny_model, aim, arms
):
    kinds = (
        "  - {kind: ridge}\n"
        if "number" in aim
        else "  - {kind: best_sentence}\n  - {kind: reader, vectors: false, networks: 1}\n"
    )
    shares = "split: {train: 0.6, val: 0.1, test: 0.3, near: 1.0}\n"
    text = f"task: {aim}\n{shares}model: {tiny_model}\ncompare:\n  - {{kind: majority}}\n{kinds}"
    folder = project(tmp_path / "p", told(), text)
    report = assay.run(folder)
    metric = report.data["task"]["metric"]
    found = {arm["name"]: arm for arm in report.data["strategies"]}
    assert {arm["status"] for arm in found.values()} == {"done"}
    assert len(found) == 1 + len(arms)
    values = {name: arm["metrics"][metric]["value"] for name, arm in found.items()}
    best = min if metric == "mean_absolute_error" else max
    assert best(values, key=values.get) != "majority"
