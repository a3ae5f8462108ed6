"""Logs held against a project: quiet without a change, raised with another topic; what is written
from them."""

import json
import random

import pytest

import assay
from assay.audits.human_review.review import Review
from assay.cli.main import command
from assay.core import store
from assay.core.errors import DataError, UsageError
from helpers.toy import WORDS, write_rows

PARKING = "car garage parking barrier wheel engine driver ticket".split()
COMMON = (
    "please today again soon"
    " still now maybe really quickly kindly twice later once often first alone".split()
)


def made(n, seed):
    """Questions of one source: words of a label among common ones, all drawn. Logs and project
    differ by the seed."""
    draw, out = random.Random(seed), []
    for _ in range(n):
        label = draw.choice(sorted(WORDS))
        words = draw.sample(WORDS[label].split(), 3) + draw.sample(COMMON, 4)
        draw.shuffle(words)
        out.append({"text": " ".join(words), "label": label})
    return out


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("watch") / "tickets"
    folder.mkdir()
    write_rows(folder / "train.jsonl", made(300, 1))
    write_rows(folder / "test.jsonl", made(240, 2))
    (folder / "project.yaml").write_text(
        "seed: 3\ndata: {files: {train: train.jsonl, test: test.jsonl}, "
        "columns: {text: text, label: label}}\nsplit: {near: 1}\ncompare: [{kind: tfidf}]\n"
    )
    assay.run(folder)
    return folder


def log(path, *, parking=0, n=200, seed=0, answered=True):
    """A log as `assay serve` writes it: an hour between two questions, labels as the arm would
    answer."""
    draw = random.Random(seed)
    texts = [(row["text"], row["label"]) for row in made(n, f"log {seed}")]
    for at in draw.sample(range(n), parking):
        texts[at] = (" ".join(draw.sample(PARKING, 4) + draw.sample(COMMON, 3)), "meet")
    lines = []
    for at, (text, label) in enumerate(texts):
        line = {
            "id": f"chatcmpl-{at:04}",
            "at": 1_700_000_000 + 3600 * at,
            "arm": "tfidf",
            "question": text,
        }
        lines.append(
            line
            | ({"answer": label, "finish": "stop", "passages": [], "tokens": 2} if answered else {})
        )
    write_rows(path, lines)
    return path


@pytest.mark.nightly
def test_a_log_of_the_same_questions_is_quiet(ran, tmp_path):
    found = assay.watch(log(tmp_path / "log.jsonl"), ran)
    assert found.alarms == [] and not found.data["raised"]
    assert found.data["arm"] == "tfidf" and found.data["questions"]["log"] == 200
    assert found.data["groups"] == [] and len(found.data["windows"]) == 4
    assert "quiet" in str(found) and "<pre>" in found._repr_html_()


@pytest.mark.slow
def test_another_topic_is_raised_named_and_first_to_label(ran, tmp_path, capsys):
    out = tmp_path / "next.jsonl"
    words = [
        "watch",
        str(ran),
        str(log(tmp_path / "log.jsonl", parking=40)),
        "--encoder",
        "words",
    ]
    assert command([*words, "--json", "-o", str(out), "--rows", "10"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert {"questions", "far"} <= {name for name, test in found["tests"].items() if test["raised"]}
    assert found["far"]["log"]["value"] > 0.2 and found["groups"]
    assert set(found["groups"][0]["words"]) & set(PARKING)
    written = [json.loads(line) for line in out.read_text().splitlines()]
    assert list(written[0]) == ["id", "text", "label", "said", "confidence", "far"]
    assert set(written[0]["text"].split()) & set(PARKING) and written[0]["label"] == ""
    assert command(words[:2] + words[2:] + ["-o", str(out)]) == 3  # it may have been filled in
    assert "D091" in capsys.readouterr().err


@pytest.mark.nightly
def test_the_recommended_arm_answers_a_file_of_questions(ran, tmp_path):
    file = tmp_path / "new.csv"
    file.write_text("text\n" + "".join(f"{row['text']}\n" for row in made(150, 3)))
    left_out = assay.watch(file, ran)
    assert left_out.data["arm"] == "tfidf" and "labels" in left_out.data["tests"]
    found = assay.watch(file, ran, arm="tfidf")
    assert found.data["rates"] == left_out.data["rates"]
    assert found.data["rates"]["doubtful"]["exam"]["value"] == pytest.approx(0.1, abs=0.01)
    assert "labels" in found.data["tests"] and not found.alarms


@pytest.mark.nightly
def test_labels_in_other_shares_and_unreadable_answers_are_raised(ran, tmp_path):
    path = log(tmp_path / "log.jsonl")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for at, line in enumerate(lines):
        line["answer"] = "no label" if at % 10 == 0 else "pay" if at % 2 else line["answer"]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"id": "torn", "quest')
    found = assay.watch(path, ran)
    assert {"labels", "unreadable"} <= set(found.alarms) and "questions" not in found.alarms
    assert found.data["rates"]["unreadable"]["log"]["k"] == 20 and found.data["left_out"] == 1
    assert next(iter(found.data["labels"]["moved"])) == "pay"


@pytest.mark.slow
def test_corrections_become_a_sheet_that_review_takes(ran, tmp_path, capsys):
    feedback, sheet = tmp_path / "feedback.jsonl", tmp_path / "users.csv"
    said = [
        {"id": "chatcmpl-0000", "rating": "bad", "correction": "refund", "comment": "=about money"},
        {"answer_id": "chatcmpl-0001", "rating": "good"},
        {"id": "chatcmpl-9999", "rating": "bad"},
    ]
    write_rows(feedback, said)
    words = ["watch", str(ran), str(log(tmp_path / "log.jsonl")), "--encoder", "words"]
    assert command([*words, "--feedback", str(feedback), "--review", str(sheet), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["feedback"]
    assert (told["good"], told["bad"], told["corrected"], told["unknown"]) == (1, 2, 1, 1)
    work = Review(ran)
    assert work.take([sheet]) == 1 and work.take([sheet]) == 0
    assert work.ratings[0].note == "=about money"
    assert work.tally() is None  # people correct what is wrong: no win rate is made of it
    assert work.preferences(tmp_path / "pairs.jsonl") == 1
    pair = next(store.read_lines(tmp_path / "pairs.jsonl"))
    assert pair["chosen"] == "refund" and pair["rejected"] in ("pay", "lend", "meet")


@pytest.mark.slow
def test_what_cannot_be_watched_is_said(ran, tmp_path):
    with pytest.raises(DataError, match="D151"):
        assay.watch(log(tmp_path / "few.jsonl", n=20), ran)
    with pytest.raises(UsageError, match="C160"):
        assay.watch(log(tmp_path / "log.jsonl"), ran, level=2)
    with pytest.raises(UsageError, match="C083"):
        assay.watch(log(tmp_path / "log.jsonl"), ran, arm="nobody")


@pytest.mark.nightly
@pytest.mark.parametrize("parking", [0, 40])
def test_of_ten_logs_each_is_told_rightly(ran, tmp_path, parking):
    """The promise, small: benchmarks/watch.py has it on shared data."""
    from assay.deployment.monitoring.watch import watch

    files = [log(tmp_path / f"{seed}.jsonl", parking=parking, seed=seed) for seed in range(10)]
    raised = [bool(watch(file, ran, encoder="words").alarms) for file in files]
    assert sum(raised) == 10 if parking else sum(raised) <= 1
