import pytest

from assay.core.errors import DataError
from assay.data.reading.documents import read_corpus, read_documents
from helpers.problems import problem

pypdf = pytest.importorskip("pypdf")


def pdf(pages, outline=()):
    """A PDF with a line of text for each (size, words) of a page."""
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = pypdf.PdfWriter()
    font = DictionaryObject(
        {NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1"),
         NameObject("/BaseFont"): NameObject("/Helvetica")}
    )  # fmt: skip
    for lines in pages:
        page = writer.add_blank_page(600, 800)
        drawn = "".join(
            f"BT /F {size} Tf 50 {760 - 30 * at} Td ({words}) Tj ET\n"
            for at, (size, words) in enumerate(lines)
        )
        stream = DecodedStreamObject()
        stream.set_data(drawn.encode())
        page[NameObject("/Contents")] = writer._add_object(stream)
        fonts = DictionaryObject({NameObject("/F"): writer._add_object(font)})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    for title, page in outline:
        writer.add_outline_item(title=title, page_number=page)
    return writer


PAGES = [
    [(20, "Leave"), (10, "You have thirty days of it."), (10, "Ask early.")],
    [(14, "Sick days"), (10, "Call us.")],
]


def test_pdf_headings_by_size_and_by_outline(tmp_path):
    pdf(PAGES).write(tmp_path / "a.pdf")
    (document,) = read_documents(["a.pdf"], tmp_path)
    assert (
        document.text == "# Leave\n\nYou have thirty days of it.\n"
        "Ask early.\n\n## Sick days\n\nCall us.\n"
    )
    pdf(PAGES, [("Leave", 0), ("Of illness", 1)]).write(tmp_path / "b.pdf")
    (document,) = read_documents(["b.pdf"], tmp_path)
    assert document.text == (
        "# Leave\n\nYou have thirty days of it.\n"
        "Ask early.\n\n# Of illness\n\nSick days\nCall us.\n"
    )


def test_a_locked_pdf_and_a_scanned_one(tmp_path):
    writer = pdf(PAGES)
    writer.encrypt("secret", algorithm="AES-256")
    writer.write(tmp_path / "a.pdf")
    with problem(DataError, "D079", "a.pdf"):
        read_documents(["a.pdf"], tmp_path)
    open_to_all = pdf(PAGES)
    open_to_all.encrypt("", owner_password="secret", algorithm="AES-256")
    open_to_all.write(tmp_path / "b.pdf")
    assert read_documents(["b.pdf"], tmp_path)[0].text.startswith("# Leave")
    pdf([[], []]).write(tmp_path / "c.pdf")
    with problem(DataError, "D062", "c.pdf", "1"):
        read_documents(["c.pdf"], tmp_path)
    assert [w["code"] for w in read_corpus(["b.pdf", "c.pdf"], tmp_path).warnings] == ["D062"]


def test_a_word_that_a_line_end_cuts_is_joined(tmp_path):
    pdf([[(10, "We joined the com-"), (10, "pany, with 2-"), (10, "3 others.")]]).write(
        tmp_path / "a.pdf"
    )
    (document,) = read_documents(["a.pdf"], tmp_path)
    assert document.text == "We joined the company, with 2-\n3 others.\n"
