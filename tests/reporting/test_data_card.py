import random

import assay
from assay.core.store import file_digest
from assay.reporting.data_card import OPEN
from helpers.lines import named


def texts(n):
    draw = random.Random(1)
    return [
        " ".join("".join(draw.choices("bcdfghklmnprstvw", k=6)) for _ in range(6)) for _ in range(n)
    ]


def build(folder, more=""):
    rows = [f"{text},{'ab'[n % 2]},g{n % 50}" for n, text in enumerate(texts(200))]
    rows += [f"{texts(1)[0]}!,a,g0", "=evil | *text* <b>,b,g1"]
    (folder / "rows.csv").write_text("text,label,group\n" + "\n".join(rows) + "\n")
    (folder / "project.yaml").write_text(
        "name: cards\ndata: {files: {data: rows.csv}, columns: {text: text, label: label}}\n"
        "prepare: [{kind: length, min_chars: 20}, {kind: dedupe}]\n"
        f"split: {{group: group{more}}}\ncompare: [{{kind: majority}}]\n"
    )
    return folder


def test_a_card_says_where_rows_came_from_and_what_was_done(tmp_path):
    checked = assay.check(build(tmp_path))
    text = checked.card(tmp_path / "card.md").read_text()
    assert text.startswith("# Data card: cards\n\nTask: classify, 2 labels.")
    for line in OPEN:
        assert f"- {line}: \n" in text
    size = (tmp_path / "rows.csv").stat().st_size
    assert (
        f"| rows.csv | to be split | {size:,} | {file_digest(tmp_path / 'rows.csv')[:16]} |" in text
    )
    rows = checked.to_json()["rows"]
    assert named(text, "202", "2", "seed 0")
    assert f"| test | {rows['test']:,} |" in text
    assert "| dedupe | dropped | same text | 1 | rows.csv:202 " in text
    assert (
        "| length | dropped | too short | 1 | rows.csv:203 =evil \\| \\*text\\* \\<b\\> |" in text
    )
    assert named(text, "50 groups", "0")
    assert "No step looked for personal data." in text
    assert text == checked.card(tmp_path / "again.md").read_text()  # the same bytes


def test_rows_in_folds_are_labelled_once(tmp_path):
    checked = assay.check(build(tmp_path, ", folds: 5"))
    text = checked.card(tmp_path / "card.md").read_text()
    assert "in 5 folds, each tested by a fit of the others" in text
    rows = checked.to_json()["rows"]
    assert rows["train"] == rows["test"] and rows["folds"] == 5
    assert f"{rows['train']:,} in 5 folds, {rows['val']:,} val" in str(checked)


def test_the_command_writes_card_and_split(tmp_path, capsys):
    from assay.cli.main import command

    folder = build(tmp_path, ", by: hash")
    card, split = tmp_path / "card.md", tmp_path / "split.csv"
    assert (
        command(["check", str(folder), "--card", str(card), "--save-split", str(split), "--plain"])
        == 0
    )
    assert "by a hash of each row's group or text" in card.read_text()
    assert split.read_text().count("\n") == 203
    said = capsys.readouterr().out
    assert "balance  2 labels in train" in said and "card    " in said and "split    " in said
