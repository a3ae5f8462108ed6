"""Real files as a new user has them: guessed without an edit, run, and held against known
figures."""

import shutil

import pytest

import assay
from assay.core.types import Lesson, Task
from assay.data.reading.load import load
from assay.data.split import draw
from assay.strategies.baselines.tfidf import Tfidf
from helpers.nights import nightly_but
from helpers.toy import comparable

pytestmark = pytest.mark.real

FILES = [
    ("covid_faq/faq_covidbert.csv", "answer", {"question": "question", "answer": "answer"}, 0),
    ("sms_spam/SMSSpamCollection", "classify", {"text": "SMS", "label": "Label"}, 2),
    ("banking77/train.csv", "classify", {"text": "text", "label": "category"}, 77),
    (
        "docs_issues/docs_issues_training_first400.jsonl",
        "classify",
        {"text": "text", "label": "answer"},
        2,
    ),
    ("pubmedqa/ori_pqal.json", "classify", {"text": "QUESTION", "label": "final_decision"}, 3),
]


@pytest.mark.parametrize(("name", "kind", "columns", "labels"), nightly_but(FILES[:1], FILES))
def test_a_file_runs_without_an_edit(
    shared_data, tmp_path, monkeypatch, name, kind, columns, labels
):
    monkeypatch.chdir(tmp_path)  # the project is made where the command is given
    shutil.copy(shared_data(name.split("/")[0], whole=True) / name.split("/")[1], tmp_path)
    report = assay.run(tmp_path / name.split("/")[1], only=["majority"])
    checked = assay.check(tmp_path / name.split("/")[1]).to_json()
    assert checked["task"]["kind"] == kind and len(checked["task"]["labels"]) == labels
    assert columns.items() <= checked["columns"].items()
    assert report.data["strategies"][0]["status"] == "done" and report.data["rows"]["test"] >= 20
    again = assay.run(tmp_path / name.split("/")[1], only=["majority"])
    assert comparable(again.data) == comparable(report.data)


@pytest.mark.nightly
def test_word_weights_score_as_published_for_ten_rows_a_label(shared_data):
    # TF-IDF with logistic regression on banking77, 10 rows a label, all 3,080 test rows: .678.
    folder = shared_data("banking77", whole=True)
    rows = load({"train": [folder / "train.csv"], "test": [folder / "test.csv"]})
    task = Task(kind="classify", labels=rows.labels)
    scores = []
    for seed in range(5):
        train, _ = draw(rows.train, 10, seed)
        answers = (
            Tfidf(ngrams=2, characters=0, c=10)
            .fit(Lesson(task, tuple(train)))
            .answer([e.question for e in rows.test])
        )
        scores.append(
            sum(a.text == e.target for a, e in zip(answers, rows.test, strict=True))
            / len(rows.test)
        )
    assert sum(scores) / 5 == pytest.approx(0.678, abs=0.02)
