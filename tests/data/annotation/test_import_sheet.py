import csv

import pytest

from assay.core.errors import DataError
from assay.core.types import Example, Message
from assay.data.annotation.export_sheet import cells, write
from assay.data.annotation.import_sheet import take, together
from assay.data.annotation.votes import mark
from helpers.lines import named
from helpers.problems import problem

LABELS = ("refund", "delivery", "login", "-1", "true")


def row(id, text, label=None):
    return Example(id, (Message("user", text),), label, source="a.csv:2")


ROWS = [
    row("r1", "Where is my refund?"),
    row("007", "=SUM(A1) is not a formula here"),
    row("r3", "two\r\nlines,  and  spaces"),
    row("r4", "x" * 40_000),
    row("'r5", "-5 degrees"),
]
BY_ID = {example.id: example for example in ROWS}


def filled(path, labels, mark=",", encoding="utf-8-sig", change=lambda rows: rows, ends="\r\n"):
    """The sheet of ROWS as a spreadsheet program saves it, with these labels."""
    write(path, cells(ROWS, "anna"))
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    for line, label in zip(lines, labels, strict=False):
        line["label"] = label
    lines = change(lines)
    with path.open("w", encoding=encoding, newline="") as file:
        sheet = csv.DictWriter(file, lines[0].keys(), delimiter=mark, lineterminator=ends)
        sheet.writeheader()
        sheet.writerows(lines)
    return path


def codes(found):
    return [(problem.code, problem.place.rpartition(":")[2]) for problem in found.problems]


@pytest.mark.parametrize(
    ("mark", "encoding", "ends"),
    [(",", "utf-8-sig", "\r\n"), (";", "utf-8", "\n"), ("\t", "utf-8", "\r\n")],
)
def test_what_spreadsheets_save_comes_back_whole(tmp_path, mark, encoding, ends):
    labels = ["refund", "login", "delivery", "-1", "TRUE"]
    name = "t.tsv" if mark == "\t" else "t.csv"
    path = filled(tmp_path / "t.csv", labels, mark, encoding, ends=ends).rename(tmp_path / name)
    found = take(path, BY_ID, LABELS)
    assert not found.problems and not found.warnings
    assert [(v.id, v.label, v.annotator) for v in found.votes] == [
        ("r1", "refund", "anna"),
        ("007", "login", "anna"),
        ("r3", "delivery", "anna"),
        ("r4", "-1", "anna"),
        ("'r5", "true", "anna"),
    ]


def test_a_utf_16_sheet_and_a_windows_sheet_are_read_as_they_are(tmp_path):
    path = filled(tmp_path / "t.csv", ["refund"] * 5, ",", "utf-16")
    assert len(take(path, BY_ID, LABELS).votes) == 5
    assert len(take(path, BY_ID, LABELS, encoding="utf-16").votes) == 5
    rows = {"a": row("a", "Das Café")}
    (tmp_path / "w.csv").write_bytes("id,text,label\r\na,Das Café,refund\r\n".encode("cp1252"))
    assert take(tmp_path / "w.csv", rows, LABELS).votes[0].label == "refund"
    assert (
        take(tmp_path / "w.csv", rows, LABELS, encoding="windows-1252").votes[0].label == "refund"
    )


def test_json_lines_come_back(tmp_path):
    write(tmp_path / "t.jsonl", cells(ROWS, "anna"))
    text = (tmp_path / "t.jsonl").read_text().replace('"label": ""', '"label": "login"')
    (tmp_path / "t.jsonl").write_text(text)
    found = take(tmp_path / "t.jsonl", BY_ID, LABELS)
    assert [vote.id for vote in found.votes] == list(BY_ID) and not found.problems
    assert [vote.text for vote in found.votes] == [mark(example) for example in ROWS]


def test_each_mistake_has_its_code_and_line(tmp_path):
    def change(lines):
        lines[0]["label"] = "refnd"
        lines[1]["id"] = "r9"
        lines[2]["text"] = "two lines, and spaces!"
        lines[3] |= {"label": "login"}
        return [*lines, {**lines[3], "label": "refund"}, {**lines[3]}]

    found = take(filled(tmp_path / "t.csv", ["refund"] * 5, change=change), BY_ID, LABELS)
    # The third row takes two lines of the file where its text is unchanged; here it is one.
    assert codes(found) == [("D087", "3"), ("D088", "4"), ("D030", "2"), ("D089", "7")]
    assert named(found.problems[2].help, "'refund'") and "spaces!" in found.problems[1].excerpt
    assert [(vote.id, vote.label) for vote in found.votes] == [("r4", "login"), ("'r5", "refund")]


def test_empty_and_missing_rows_are_said_and_the_others_taken(tmp_path):
    def change(lines):
        return [lines[0], lines[1], lines[4]]

    found = take(filled(tmp_path / "t.csv", ["refund", " "], change=change), BY_ID, LABELS)
    assert not found.problems and [vote.id for vote in found.votes] == ["r1"]
    assert [(w["code"], w["count"]) for w in found.warnings] == [("D090", 2), ("D090", 2)]
    assert (
        "(line 3, 4)" in found.warnings[0]["text"] and "(number 3, 4)" in found.warnings[1]["text"]
    )


def test_columns_that_are_not_there(tmp_path):
    (tmp_path / "t.csv").write_text("row,name\n1,x\n")
    with problem(DataError, "D027", None, "id", "label"):
        take(tmp_path / "t.csv", BY_ID, LABELS)


def test_who_it_was_stands_in_a_column_in_the_name_or_over_the_labels(tmp_path):
    def who(name, text):
        (tmp_path / name).write_text(text)
        return {(vote.annotator, vote.label) for vote in take(tmp_path / name, BY_ID, LABELS).votes}

    assert who("tasks.ben.csv", "id,label\nr1,login\n") == {("ben", "login")}
    assert who("carl.csv", "id,label,annotator\nr1,login,\n") == {("carl", "login")}
    assert who("x.csv", "id,label,annotator\nr1,login,dora\n") == {("dora", "login")}
    wide = who("wide.csv", "id,label:anna,label_ben,label carl\nr1,login,refund,\n")
    assert wide == {("anna", "login"), ("ben", "refund")}


def test_a_sheet_with_votes_decides(tmp_path):
    write(tmp_path / "d.csv", cells(ROWS[:1], "", votes={"r1": "anna: login | ben: refund"}))
    text = (
        (tmp_path / "d.csv")
        .read_text(encoding="utf-8-sig")
        .replace('"","","","anna:', '"","login","carl","anna:')
    )
    (tmp_path / "d.csv").write_text(text)
    (vote,) = take(tmp_path / "d.csv", BY_ID, LABELS).votes
    assert (vote.decides, vote.annotator, vote.label) == (True, "carl", "login")


def test_pieces_and_written_answers(tmp_path):
    rows = {"a": row("a", "To Oslo on Friday"), "b": row("b", "Hello")}
    (tmp_path / "p.csv").write_text(
        "id,label\na,city:  Oslo | date: on Friday\nb,None\na,oslo\nb,town: Oslo\n"
    )
    found = take(tmp_path / "p.csv", rows, ("city", "date"), "extract")
    assert [vote.label for vote in found.votes] == ["city: Oslo | date: on Friday", "none"]
    assert codes(found) == [("D025", "4"), ("D030", "5")]
    (tmp_path / "q.csv").write_text("id,label\na,whatever\n")
    assert take(tmp_path / "q.csv", rows, (), "answer").votes[0].label == "whatever"


def test_sets_of_labels_and_letters(tmp_path):
    rows = {"a": row("a", "To Oslo by taxi"), "b": row("b", "Hello")}
    (tmp_path / "s.csv").write_text("id,label\na,Ride | food\nb,None\na,boat | food\n")
    found = take(tmp_path / "s.csv", rows, ("food", "ride"), "multilabel")
    assert [vote.label for vote in found.votes] == ["food | ride", "none"]
    assert codes(found) == [("D030", "4")]
    (tmp_path / "t.csv").write_text("id,label\na,B\nb,a summary\n")
    assert take(tmp_path / "t.csv", rows, ("A", "B"), "choose").votes[0].label == "B"
    assert take(tmp_path / "t.csv", rows, (), "summarise").votes[1].label == "a summary"


def test_one_annotator_in_two_sheets_that_differ(tmp_path):
    for name, label in (("one.csv", "login"), ("two.csv", "refund")):
        (tmp_path / name).write_text(f"id,label,annotator\nr1,{label},anna\n")
    found = together([take(tmp_path / name, BY_ID, LABELS) for name in ("one.csv", "two.csv")])
    assert [problem.code for problem in found] == ["D089"] and "two.csv:2" in found[0].place


def test_a_label_that_there_is_not_leaves_those_of_the_other_annotators(tmp_path):
    (tmp_path / "t.csv").write_text("id,label_anna,label_bo\nr1,banana,login\n")
    found = take(tmp_path / "t.csv", BY_ID, LABELS)
    assert codes(found) == [("D030", "2")]
    assert [(vote.annotator, vote.label) for vote in found.votes] == [("bo", "login")]
