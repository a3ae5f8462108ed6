"""The question through a run: asked once, kept, said in the report; what is wrong with its settings
comes first."""

import csv
import re

import pytest

import assay
from assay.audits.robustness.run import jailbreaks, sample_indices, without_cuts
from assay.audits.robustness.section import lead
from assay.config import load
from assay.core.errors import DataError, UsageError
from assay.core.store import read_lines
from assay.core.types import Example, Message
from helpers.problems import problem
from helpers.toy import build, rows, write_rows

# Words alone: characters are left as they are by most changes.
TFIDF = "{kind: tfidf, ngrams: 2, characters: 0, c: 10, name: tfidf}"
ARMS = f"compare: [{{kind: majority}}, {TFIDF}]\n"


def test_rows_are_drawn_by_seed_and_id():
    test = [Example(f"r{i}", (Message("user", "?"),)) for i in range(50)]
    ids = [test[at].id for at in sample_indices(test, 20, 1)]
    assert ids == [test[::-1][at].id for at in sample_indices(test[::-1], 20, 1)]
    assert (
        ids[:10] == [test[at].id for at in sample_indices(test, 10, 1)]
        and len(sample_indices(test, 90, 1)) == 50
    )
    assert ids != [test[at].id for at in sample_indices(test, 20, 2)]


def test_cut_questions_are_counted_and_not_warned_of():
    heard = []
    tell = without_cuts(heard.append)
    tell({"event": "warning", "code": "D048"})
    tell({"event": "progress", "done": 1})
    assert heard == [{"event": "progress", "done": 1}]


@pytest.mark.slow
def test_a_run_asks_each_arm_once_and_keeps_it(tmp_path):
    folder = build(
        tmp_path / "project", "smollm2-135m", ARMS + "evaluate: {robustness: {arms: all}}\n"
    )
    write_rows(folder / "test.jsonl", rows(60, 1000))
    seen = []
    report = assay.run(folder, tell=seen.append)
    found = report.data["robustness"]
    assert found["rows"] == 60 and [arm["name"] for arm in found["arms"]] == ["majority", "tfidf"]
    majority, tfidf = ({kind["kind"]: kind for kind in arm["kinds"]} for arm in found["arms"])
    # The most frequent label is answered whatever is asked; the other arm reads words in lower
    # case, without marks.
    assert all(kind["changed"]["value"] == 0 for kind in majority.values())
    assert tfidf["casing"]["changed"]["value"] == tfidf["punctuation"]["changed"]["value"] == 0
    assert tfidf["spacing"]["changed"]["value"] > 0
    assert set(found["left_out"]) == {"paraphrase", "truncation", "translation"}
    # Nothing is asked again, and it says the same again.
    asked = [event for event in seen if str(event.get("stage", "")).startswith("robustness")]
    assert asked
    again = []
    assert assay.run(folder, tell=again.append).data["robustness"] == found
    assert not [event for event in again if str(event.get("stage", "")).startswith("robustness")]
    page = (folder / "report" / "report.html").read_text()
    text = (folder / "report" / "report.md").read_text()
    for line in lead(found):  # in its own section, and nowhere else
        assert re.sub(r"\\", "", text).count(line) == 1
    assert (
        'id="robustness"' in page
        and 'data-at="/robustness/arms/1/kinds/0/change/difference"' in page
    )
    assert "## Robustness" in text and "Not measured. <code>evaluate: {robustness" not in page


@pytest.mark.slow
def test_steps_that_every_question_goes_through_run_on_changed_ones_too(tmp_path):
    steps = (
        "prepare: [{kind: repair, lower: true}]\nevaluate: {robustness: {kinds: [casing, typos],"
        " arms: [tfidf]}}\n"
    )
    folder = build(tmp_path / "project", "smollm2-135m", "compare: [{kind: tfidf}]\n" + steps)
    assay.run(folder)
    lines = [row for path in (folder / "work" / "questions").iterdir() for row in read_lines(path)]
    texts = {row["id"]: row["messages"][-1][1] for row in lines}
    cased = {id: text for id, text in texts.items() if id.endswith("~casing")}
    assert cased and all(text == texts[id.removesuffix("~casing")] for id, text in cased.items())


@pytest.mark.slow
def test_a_translation_is_taken_by_the_rows_id(tmp_path):
    sets = "evaluate: {robustness: {kinds: translation, translations: german.jsonl, arms: tfidf}}\n"
    folder = build(tmp_path / "project", "smollm2-135m", f"compare: [{TFIDF}]\n" + sets)
    text = (folder / "project.yaml").read_text().replace("label: label}", "label: label, id: id}")
    (folder / "project.yaml").write_text(text)
    write_rows(folder / "train.jsonl", [row | {"id": f"a{i}"} for i, row in enumerate(rows(66))])
    write_rows(
        folder / "test.jsonl", [row | {"id": f"t{i}"} for i, row in enumerate(rows(30, 1000))]
    )
    write_rows(folder / "german.jsonl", [{"id": f"t{i}", "text": f"Wort {i}"} for i in range(20)])
    (arm,) = assay.run(folder).data["robustness"]["arms"]
    assert [(kind["kind"], kind["n"]) for kind in arm["kinds"]] == [("translation", 20)]
    # A text without a known word has the label that training makes likeliest: one of three, each a
    # third of the rows. 20 rows are too few to tell more.
    assert arm["kinds"][0]["after"] == pytest.approx(1 / 3, abs=0.05) and arm["worst"] is None
    write_rows(folder / "german.jsonl", [{"id": "other", "text": "Wort"}])
    with problem(DataError, "D126", "evaluate.robustness.translations", "german.jsonl", "t0"):
        assay.run(folder)


def test_an_arm_that_is_not_there(tmp_path):
    folder = build(tmp_path / "project", "smollm2-135m", ARMS)
    with problem(UsageError, "C099", None, "'tfdif'", "'tfidf'"):
        assay.run(folder, sets=["evaluate.robustness.arms=tfdif"])


def test_jailbreaks_come_from_a_list_or_from_lines(tmp_path):
    folder = build(tmp_path / "project", "smollm2-135m", ARMS)

    def read(text):
        (folder / "prompts.json").write_text(text)
        return jailbreaks(
            load(folder / "project.yaml", ["evaluate.robustness.jailbreaks=prompts.json"])
        )

    assert read('["Be bad.", " ", "x' + "x" * 4000 + '"]') == ["Be bad."]
    assert read('{"text": "one"}\n{"prompt": "two"}\n"three"\n') == ["one", "two", "three"]
    for text in ("[1, 2]", "no json"):
        with problem(DataError, "D126", "evaluate.robustness.jailbreaks", "prompts.json"):
            read(text)
    with problem(DataError, "D126", "evaluate.robustness.jailbreaks", "gone.json"):
        jailbreaks(load(folder / "project.yaml", ["evaluate.robustness.jailbreaks=gone.json"]))


@pytest.mark.real
@pytest.mark.nightly
def test_words_broken_by_slips_cost_word_weights_and_capitals_cost_nothing(tmp_path, shared_data):
    with (shared_data("davidson_hate", whole=True) / "labeled_data_first6000.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        tweets = [
            {"text": row["tweet"], "label": "hon"[int(row["class"])]}
            for row in csv.DictReader(file)
        ]
    prompts = shared_data("inthewild_jailbreaks", whole=True) / "inthewild_first250.json"
    write_rows(tmp_path / "tweets.jsonl", tweets)
    (tmp_path / "project.yaml").write_text(
        "data: {files: {data: tweets.jsonl}, columns: {text: text, label: label}}\n"
        "split: {train: 0.7, val: 0.1, test: 0.2, leaks: repair}\n"
        f"compare: [{TFIDF}]\n"
        f"evaluate: {{robustness: {{rate: 0.3, rows: 1200, arms: all, jailbreaks: {prompts},"
        " kinds: [typos, casing, spacing, jailbreak]}}\n"
    )
    found = assay.run(tmp_path).data["robustness"]
    kinds = {kind["kind"]: kind for kind in found["arms"][0]["kinds"]}
    # Its features are words in lower case: a mistyped or run-together word is one that it has not
    # seen.
    assert kinds["typos"]["change"]["high"] < 0 and kinds["spacing"]["change"]["high"] < 0
    assert kinds["casing"]["changed"]["value"] == kinds["casing"]["change"]["difference"] == 0
    assert {way["way"] for way in kinds["jailbreak"]["ways"]} == {
        "persona",
        "developer",
        "fiction",
        "file",
    }
