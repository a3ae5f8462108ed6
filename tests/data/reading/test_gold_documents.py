"""What rows name in `found_in` becomes ids of documents."""

import json
from pathlib import Path

import pytest

from assay.core.types import Document, Example, Message
from assay.data.reading.documents import read_documents
from assay.data.reading.gold_documents import DocumentResolver
from assay.data.reading.load import load

DOCUMENTS = [
    Document(name, "text")
    for name in ("handbook/leave.md", "handbook/pay.md", "old/pay.md", "faq.md")
]


def noted_in(*names):
    noted = DocumentResolver(DOCUMENTS)
    return list(
        noted.example(Example("q", (Message("user", "?"),), found_in=names)).found_in
    ), noted.warnings


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("handbook/leave.md", "handbook/leave.md"),
        ("leave.md", "handbook/leave.md"),
        ("faq.md", "faq.md"),
    ],
)
def test_an_id_or_the_end_of_one_path(name, document):
    assert noted_in(name) == ([document], [])


def test_the_end_of_two_paths_and_what_is_not_there_are_told():
    names, (warning,) = noted_in("pay.md", "gone.md", "gone.md", "leave.md")
    assert names == ["pay.md", "gone.md", "gone.md", "handbook/leave.md"]
    assert (warning["code"], warning["count"]) == ("D105", 3)
    assert all(word in warning["text"] for word in ("found_in", "2 documents", "pay.md"))


def test_a_project_without_documents_has_none_to_name():
    noted = DocumentResolver(())
    row = Example("q", (Message("user", "?"),), found_in=("a",))
    assert noted.example(row) == row and noted.warnings == []


@pytest.mark.parametrize(
    ("value", "names"),
    [(["a.md", "b.md", "a.md"], ("a.md", "b.md")), ("a.md", ("a.md",)), ([], ())],
)
def test_the_column_found_in_is_read(tmp_path, value, names):
    row = {"question": "How long?", "answer": "30 days", "pages": value}
    (tmp_path / "rows.jsonl").write_text(
        "".join(json.dumps(row | {"id": str(i)}) + "\n" for i in range(3))
    )
    columns = {"question": "question", "answer": "answer", "found_in": "pages", "id": "id"}
    loaded = load({"data": ["rows.jsonl"]}, columns=columns, kind="answer", base=tmp_path)
    assert [row.found_in for row in loaded.train] == [names] * 3
    assert loaded.train[0].question.found_in == ()


def test_the_handbook_names_its_own_pages():
    from assay.config import load as load_project

    folder = Path(__file__).parents[3] / "examples" / "handbook"
    assert load_project(folder / "project.yaml").data.columns["found_in"] == "found_in"
    documents = read_documents(["documents"], folder)
    noted, ids = DocumentResolver(documents), {document.id for document in documents}
    for name in ("train.jsonl", "test.jsonl"):
        for line in (folder / name).read_text().splitlines():
            row = Example(
                "q", (Message("user", "?"),), found_in=tuple(json.loads(line)["found_in"])
            )
            assert set(noted.example(row).found_in) <= ids
    assert noted.warnings == []
