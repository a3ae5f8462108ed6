"""`assay documents`: what a fitted arm reads is listed, added, dropped; the next answer and `assay
answer` see it."""

import json

import pytest

import assay
from assay.cli.main import command
from assay.core.errors import DataError
from assay.core.types import Example, Message
from helpers.toy import build, write_rows

pytestmark = pytest.mark.slow
ARMS = """
documents: [pages]
compare:
  - {kind: majority}
  - {kind: rag, name: rag, top: 2, inner: {kind: majority}}
"""


@pytest.fixture(scope="module")
def project(tiny_model, tmp_path_factory):
    place = tmp_path_factory.mktemp("documents")
    folder = build(place / "project", tiny_model, ARMS)
    (folder / "pages").mkdir()
    (folder / "pages" / "pay.md").write_text("A fee is paid by card.")
    (folder / "pages" / "meet.md").write_text("The door of the meeting room is open.")
    assay.run(folder)
    return folder


def said(capsys, *arguments):
    code = command(["documents", *arguments])
    out, error = capsys.readouterr()
    return code, out, error


def test_added_listed_asked_and_dropped(project, capsys):
    new = project / "pages" / "boats.md"
    new.write_text("Boats are rented at the pier.")
    assert said(capsys, str(project), "--with", "rag")[:2] == (0, "pages/meet.md\npages/pay.md\n")
    assert said(capsys, str(project), "--with", "rag", "add", str(new))[:2] == (
        0,
        "version 1: 3 documents\n",
    )
    arm = assay.load(project, "rag")
    assert arm.answer(["Where is a boat rented?"])[0].passages == ("pages/boats.md#1",)
    assert arm.answer(["Where is a boat rented?"], at=0)[0].passages == ()
    write_rows(
        project / "asked.jsonl",
        [{"text": "Where is a boat rented?", "label": "pay", "part": "odd"}],
    )
    assert command(["answer", str(project), str(project / "asked.jsonl"), "--with", "rag"]) == 0
    capsys.readouterr()
    assert said(capsys, str(project), "--with", "rag", "drop", "pages/boats.md")[0] == 0
    _, out, _ = said(capsys, str(project), "--with", "rag", "versions", "--json")
    assert [(v["version"], v["put"], v["dropped"]) for v in json.loads(out)] == [
        (0, ["pages/meet.md", "pages/pay.md"], []),
        (1, ["pages/boats.md"], []),
        (2, [], ["pages/boats.md"]),
    ]
    _, out, _ = said(capsys, str(project), "--with", "rag", "list", "--at", "1", "--json")
    assert "pages/boats.md" in json.loads(out)


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code"),
    [
        (["--with", "rag", "remove", "x"], 2, "C060"),
        (["--with", "rag", "add"], 2, "C060"),
        (["--with", "rag", "list", "x"], 2, "C060"),
        (["--with", "rag", "add", "--at", "1", "x"], 2, "C060"),
        (["--with", "rag", "drop", "pages/pya.md"], 3, "D109"),
        (["--with", "rag", "list", "--at", "99"], 3, "D110"),
        (["--with", "majority"], 2, "C079"),
        (["--with", "rga"], 2, "C083"),
    ],
)
def test_what_is_refused(project, capsys, arguments, exit_code, code):
    found, _, error = said(capsys, str(project), *arguments)
    assert (found, code in error) == (exit_code, True)


FILTERED = """
documents: [pages.csv]
compare:
  - {kind: rag, name: rag, top: 2, where: {Side: "{part}"}, inner: {kind: majority}}
"""


@pytest.mark.nightly
def test_fields_of_documents_and_rows_from_the_project_file(tiny_model, tmp_path, capsys):
    folder = build(tmp_path / "project", tiny_model, FILTERED)
    pages = "text,side\nA boat is rented at the pier.,odd\nA boat is rented at the lake.,even\n"
    (folder / "pages.csv").write_text(pages)
    assay.run(folder)
    write_rows(
        folder / "asked.jsonl", [{"text": "Where is a boat rented?", "label": "pay", "part": "odd"}]
    )
    assert command(["answer", str(folder), str(folder / "asked.jsonl"), "--with", "rag"]) == 0
    arm = assay.load(folder, "rag")
    asked = [
        Example(part, (Message("user", "a boat"),), slices=(("part", part),))
        for part in ("odd", "even")
    ]
    assert [a.passages for a in arm.answer(asked)] == [("pages.csv:2#1",), ("pages.csv:3#1",)]
    with pytest.raises(DataError, match="D113"):
        arm.answer(["a boat"])
    (folder / "more.csv").write_text("text,side\nA boat is sunk.,odd\n")
    capsys.readouterr()
    assert said(capsys, str(folder), "--with", "rag", "add", str(folder / "more.csv"))[0] == 0
    assert [len(a.passages) for a in assay.load(folder, "rag").answer(asked)] == [2, 1]
    (folder / "none.csv").write_text("text\nA boat is lost.\n")
    code, _, error = said(capsys, str(folder), "--with", "rag", "add", str(folder / "none.csv"))
    assert (code, "D111" in error, "did you mean" in error) == (3, True, False)
    # The row's field must be kept with the rows.
    file = folder / "project.yaml"
    file.write_text(file.read_text().replace("{part}", "{prt}"))
    assert command(["check", str(folder)]) == 2
    assert "C091" in (told := capsys.readouterr().err) and "compare.0.where.Side" in told
