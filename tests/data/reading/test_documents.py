"""Unlabelled text from files and folders."""

from assay.core.errors import DataError
from assay.data.reading import documents
from assay.data.reading.documents import read_corpus, read_documents
from helpers.problems import problem


def test_a_folder_is_read_with_its_sub_folders_in_order(tmp_path):
    (tmp_path / "docs" / "b").mkdir(parents=True)
    (tmp_path / "docs" / ".git").mkdir()
    (tmp_path / "docs" / ".git" / "x.md").write_text("hidden")
    (tmp_path / "docs" / "z.md").write_text("# Z\u2028\r\n")
    (tmp_path / "docs" / "b" / "a.txt").write_text("A")
    (tmp_path / "docs" / "picture.png").write_bytes(b"\x89PNG")
    corpus = read_corpus(["docs"], tmp_path)
    assert [(d.id, d.text) for d in corpus.documents] == [
        ("docs/z.md", "# Z\u2028\r\n"),
        ("docs/b/a.txt", "A"),
    ]
    assert [(w["code"], w["count"]) for w in corpus.warnings] == [("D062", 1)]


def test_rows_of_a_data_file(tmp_path):
    (tmp_path / "faq.jsonl").write_text(
        '{"title": "T", "text": "one", "date": "2020-01-02"}\n{"text": "two"}\n'
    )
    first, second = read_documents(["faq.jsonl"], tmp_path)
    assert (first.id, first.text, first.date) == ("faq.jsonl:1", "T\none", "2020-01-02")
    assert second.text == "two"
    assert len(read_documents(["faq.jsonl#1"], tmp_path)) == 1


def test_fields_that_are_asked_for_are_kept(tmp_path):
    (tmp_path / "faq.csv").write_text("text,Product,views\none,phone,7\ntwo,,9\n")
    (tmp_path / "a.md").write_text("---\nproduct: 'watch'\nlang: en\n---\nthree\n")
    kept = {d.id: d.fields for d in read_documents(["faq.csv", "a.md"], tmp_path, ["product"])}
    assert kept == {
        "faq.csv:2": (("product", "phone"),),
        "faq.csv:3": (),
        "a.md": (("product", "watch"),),
    }
    assert all(d.fields == () for d in read_documents(["faq.csv", "a.md"], tmp_path))


def test_a_field_that_no_document_has_is_refused(tmp_path):
    (tmp_path / "faq.csv").write_text("text,product\none,phone\n")
    with problem(DataError, "D111", None, "'prodct'", "'product'") as caught:
        read_documents(["faq.csv"], tmp_path, ["product", "prodct"])
    assert len(caught.value.problems) == 1 and "product" in caught.value.problems[0].help
    (tmp_path / "a.txt").write_text("one")
    with problem(DataError, "D111"):
        read_documents(["a.txt"], tmp_path, ["product"])


def test_files_without_text_are_counted(tmp_path):
    for name, text in (("a.txt", ""), ("b.txt", " \n"), ("c.txt", "text")):
        (tmp_path / name).write_text(text)
    corpus = read_corpus([tmp_path], tmp_path)
    assert [d.id for d in corpus.documents] == ["c.txt"]
    assert corpus.warnings[0]["code"] == "D062"
    assert all(word in corpus.warnings[0]["text"] for word in ("2 of 3", "a.txt"))


def test_no_text_at_all_stops(tmp_path):
    (tmp_path / "a.txt").write_text(" ")
    with problem(DataError, "D062", "a.txt", "1"):
        read_documents(["a.txt"], tmp_path)
    with problem(DataError, "D001"):
        read_documents(["nowhere.txt"], tmp_path)


def test_too_many_files(tmp_path, monkeypatch):
    for index in range(5):
        (tmp_path / f"{index}.txt").write_text("a")
    monkeypatch.setattr(documents, "FILE_LIMIT", 4)
    with problem(DataError, "D063"):
        read_documents([tmp_path], tmp_path)


def test_a_pdf_is_known_by_its_content(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"%PDF-1.4 ")
    with problem(DataError, "D099", "a.txt", "PDF"):
        read_documents(["a.txt"], tmp_path)
