"""The whole round of a blind rating: sheets out, filled in, back, into the report, and preference
pairs from val."""

import csv
import json

import pytest

import assay
from assay.cli.main import command
from assay.core.errors import DataError, UsageError
from helpers.lines import named
from helpers.problems import problem
from helpers.toy import rows, write_rows


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A project whose arms have answered: majority names one of three labels, tfidf mostly the
    right one."""
    folder = tmp_path_factory.mktemp("review") / "tickets"
    folder.mkdir()
    write_rows(folder / "train.jsonl", rows(90))
    write_rows(folder / "test.jsonl", rows(60, 1000))
    (folder / "project.yaml").write_text(
        "seed: 3\ndata: {files: {train: train.jsonl, test: test.jsonl}, columns: {text: "
        "text, label: label}}\nsplit: {near: 1}\ncompare: [{kind: majority}, {kind: tfidf}]\n"
    )
    assay.run(folder)
    return folder


def fill(path, choose):
    """Fill a sheet in as a spreadsheet would, with `choose(question, A, B)`; the rows."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    for line in lines:
        line["choice"] = choose(line["question"], line["A"], line["B"])
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.DictWriter(file, lines[0].keys())
        out.writeheader()
        out.writerows(lines)
    return lines


def by_label(question, a, b):
    """A rater who knows the label of every text: its words are those of one label alone."""
    from helpers.toy import WORDS

    label = next(label for label, words in WORDS.items() if question.split()[0] in words.split())
    return "A" if a == label and b != label else "B" if b == label and a != label else "tie"


@pytest.mark.slow
def test_the_whole_round(ran, tmp_path, capsys):
    sheet = tmp_path / "rate.csv"
    assert (
        command(
            [
                "review",
                str(ran),
                "--out",
                str(sheet),
                "--reviewers",
                "anna,ben",
                "--rows",
                "30",
                "--json",
            ]
        )
        == 0
    )
    told = json.loads(capsys.readouterr().out)
    report = assay.report(ran).data
    scores = {s["name"]: s["metrics"]["accuracy"]["value"] for s in report["strategies"]}
    # majority is right on a third of the rows; the two answer alike there where tfidf is right,
    # too.
    assert told["alike"] == round(60 * scores["majority"]) and scores["tfidf"] == 1.0
    lines = fill(tmp_path / "rate.anna.csv", by_label)
    assert len(lines) == 35 and (told["twice"], told["known"]) == (3, 2)
    fill(tmp_path / "rate.ben.csv", lambda question, a, b: "a")  # always the left one
    for name in ("anna", "ben"):
        assert command(["review", str(ran), "--in", str(tmp_path / f"rate.{name}.csv")]) == 0
    assert "taken" in capsys.readouterr().out
    people = assay.run(ran).data["people"]
    [duel] = people["duels"]
    assert (duel["first"], duel["second"], duel["pairs"], duel["reviewers"]) == (
        "majority",
        "tfidf",
        30,
        2,
    )
    # anna prefers tfidf in all 30, ben the left side, which is tfidf's in 15: 45 of 60.
    assert duel["counts"] == {"first": 15, "second": 45, "tie": 0, "bad": 0}
    assert duel["win_rate"]["value"] == 0.25
    assert duel["consistent"] == {"same": 3, "n": 6}
    assert people["known"]["anna"]["right"] == 2
    page, text = ((ran / "report" / name).read_text() for name in ("report.html", "report.md"))
    assert "tfidf is preferred to majority" in page and "tfidf is preferred to majority" in text
    # The same sheet again brings nothing; the arms are not asked again.
    assert assay.review(ran).take([tmp_path / "rate.anna.csv"]) == 0


@pytest.mark.slow
def test_only_rows_of_val_become_preference_pairs(ran, tmp_path):
    work = assay.review(ran)
    work.write(tmp_path / "val.csv", arms=("majority", "tfidf"), split="val", rows=100)
    lines = fill(tmp_path / "val.csv", by_label)
    assert work.take([tmp_path / "val.csv"]) == len(lines)
    n = work.preferences(tmp_path / "pairs.jsonl")
    pairs = [json.loads(line) for line in (tmp_path / "pairs.jsonl").read_text().splitlines()]
    assert len(pairs) == n > 0 and all(
        by_label(p["prompt"], p["chosen"], p["rejected"]) == "A" for p in pairs
    )
    tests = {json.loads(line)["text"] for line in (ran / "test.jsonl").read_text().splitlines()}
    assert not tests & {pair["prompt"] for pair in pairs}


@pytest.mark.slow
@pytest.mark.parametrize("names", [("a/b",), ("..",), ("eve", "eve"), ("x" * 300,)])
def test_reviewers_have_names_that_a_file_can_have(ran, tmp_path, names):
    with problem(UsageError, "C073", "--reviewers", names[0]):
        assay.review(ran).write(tmp_path / "s.csv", arms=("majority", "tfidf"), reviewers=names)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_what_is_wrong_with_a_sheet_is_said_and_nothing_is_taken(ran, tmp_path):
    work = assay.review(ran)
    work.write(tmp_path / "s.csv", arms=("majority", "tfidf"), reviewers=("eve",))
    path = tmp_path / "s.eve.csv"
    before = len(work.ratings)
    fill(path, lambda question, a, b: "the left one")
    with problem(DataError, "D025", "s.eve.csv:2", "'the left one'"):
        work.take([path])
    path.write_text("id,choice\nffff,A\n")
    with problem(DataError, "D087", "s.eve.csv:2", "'ffff'"):
        work.take([path])
    path.write_text("id,text\nffff,A\n")
    with problem(DataError, "D027", None, "choice"):
        work.take([path])
    assert len(work.ratings) == before
    with pytest.raises(DataError, match="D091"):
        work.write(path.with_name("s.csv"), arms=("majority", "tfidf"), reviewers=("eve",))


@pytest.mark.slow
def test_ratings_of_test_rows_give_no_pairs_and_one_arm_is_no_review(ran, tmp_path, capsys):
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    (fresh / "project.yaml").write_text((ran / "project.yaml").read_text())
    with pytest.raises(UsageError, match="C107"):
        assay.review(fresh).preferences(tmp_path / "p.jsonl")
    assert command(["review", str(ran), "--out", str(tmp_path / "x.csv"), "--arms", "tfidf"]) == 2
    assert named(capsys.readouterr().err, "C106", "--arms", "'tfidf'")
    assert command(["review", str(ran), "--out", str(tmp_path / "x.csv"), "--split", "exam"]) == 2
    assert (
        command(["review", str(fresh)]) == 0 and "nobody has rated yet" in capsys.readouterr().out
    )
