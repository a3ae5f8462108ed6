"""Excel, Word, PDF, HTML and Markdown: the text and its headings, and what is refused."""

import datetime
import io
import zipfile

import pytest

from assay.core.errors import DataError
from assay.data.reading.documents import read_corpus, read_documents
from assay.data.reading.html import text_of_page
from assay.data.reading.load import load
from assay.data.reading.read_file import read
from assay.retrieval.chunking import passages
from helpers.ending import ends
from helpers.problems import problem

openpyxl = pytest.importorskip("openpyxl")
docx = pytest.importorskip("docx")
pypdf = pytest.importorskip("pypdf")


def book(path, rows, title="Rows", more=()):
    made = openpyxl.Workbook()
    made.active.title = title
    for row in rows:
        made.active.append(row)
    for name, cells in more:
        sheet = made.create_sheet(name)
        for row in cells:
            sheet.append(row)
    made.save(path)
    return path


def rezipped(path, change):
    """The archive with members changed by `change(name, data) -> data`, and what else it adds."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, change(info.filename, old.read(info.filename)))
    return out.getvalue()


# --- Excel ----------------------------------------------------------------------------------------


def test_a_sheet_gives_rows_with_values_dates_and_numbers(tmp_path):
    day, moment = datetime.date(2020, 1, 2), datetime.datetime(2020, 1, 2, 3, 4)
    path = book(
        tmp_path / "a.xlsx",
        [["text", "day", "at", "n", "ok"], ["a b", day, moment, 1.5, True], [], ["c", None]],
    )
    rows = read(path, base=tmp_path).rows
    assert [row.source for row in rows] == ["a.xlsx:2", "a.xlsx:4"]
    assert rows[0].fields == {
        "text": "a b",
        "day": "2020-01-02",
        "at": "2020-01-02T03:04:00",
        "n": 1.5,
        "ok": True,
    }
    assert rows[1].fields["n"] is None


def test_a_sheet_by_name_and_rows_of_it(tmp_path):
    book(
        tmp_path / "a.xlsx",
        [["x"], ["1"]],
        more=[("More rows", [["text", "label"], ["a b", "x"], ["c d", "y"]])],
    )
    table = read(tmp_path / "a.xlsx", base=tmp_path)
    assert table.names == ("x",)
    assert "first sheet of 2" in table.notes[0]
    got = load({"data": ["a.xlsx#sheet=More rows"]}, base=tmp_path)
    assert [row.source for row in got.train] == ["a.xlsx#More rows:2", "a.xlsx#More rows:3"]
    assert (
        len(load({"data": ["a.xlsx#sheet=More rows#2-2"]}, base=tmp_path, kind="answer").train) == 1
    )
    with problem(DataError, "D080", "a.xlsx#Moore", "'Moore'"):
        read(tmp_path / "a.xlsx", base=tmp_path, part="Moore")


def test_a_formula_is_its_value_and_one_without_a_value_is_an_error(tmp_path):
    path = book(tmp_path / "a.xlsx", [["text", "n"], ["a", "=1+1"], ["b", "=1/0"]])
    with problem(DataError, "D026", None, "2", "'n'"):
        read(path, base=tmp_path)

    # As a spreadsheet program saves it: the value stands beside the formula.
    def computed(name, data):
        data = data.replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>").replace(
            b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>"
        )
        return data.replace(b"<f>1/0</f><v />", b"<f>1/0</f><v>5</v>").replace(
            b"<f>1/0</f><v></v>", b"<f>1/0</f><v>5</v>"
        )

    path.write_bytes(rezipped(path, computed))
    assert [row.fields["n"] for row in read(path, base=tmp_path).rows] == [2, 5]


def test_a_locked_workbook_is_named(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    )
    with problem(DataError, "D079", "a.xlsx"):
        read(path, base=tmp_path)
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    with problem(DataError, "D011", "a.xlsx"):
        read(path, base=tmp_path)


# --- Word, PDF, HTML, Markdown --------------------------------------------------------------------


def test_word_headings_lists_and_tables(tmp_path):
    made = docx.Document()
    made.add_heading("Handbook", 0)
    made.add_heading("Leave", 1)
    made.add_paragraph("You have thirty days.")
    made.add_paragraph("# not a heading")
    made.add_paragraph("ask early", style="List Bullet")
    table = made.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "days", "30"
    made.save(str(tmp_path / "a.docx"))
    (document,) = read_documents(["a.docx"], tmp_path)
    assert document.text.split("\n") == [
        "# Handbook", "", "# Leave", "", "You have thirty days.", "", "\\# not a heading", "",
        "- ask early",
        "days | 30",
        "",
    ]  # fmt: skip
    assert passages([document], 50)[0].text.startswith("Leave. You have thirty days.")


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


def test_html_keeps_headings_and_leaves_out_what_is_no_text():
    page = """<!doctype html><html><head><title>The &amp; title</title><style>p {}</style></head>
    <body><nav><a href="x">Home</a></nav><h2 class="a > b">Leave</h2>
    <p>Thirty <b>days</b>.<br>Ask&nbsp;early.</p>
    <ul><li>one</li><li>two</li></ul><script>if (a < b) document.write("<p>no</p>")</script>
    <table><tr><th>days</th><td>30</td></tr></table><pre>a
  b</pre><p># no heading</p>1 < 2</body></html>"""
    assert text_of_page(page).split("\n") == [
        "# The & title", "", "## Leave", "", "Thirty days.", "Ask early.", "", "- one", "- two", "",
        "days | 30", "",
        "a", "  b", "", "\\# no heading", "", "1 < 2", "",
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", ["<div>", "<a ", "<!--", '<a b="', "</", "<script>", "<![CDATA[", "<title>", "&", "<p"]
)
def test_html_that_never_closes_what_it_opens_is_read_to_its_end(text):
    # With the square of its length it would take hours.
    with ends():
        found = text_of_page(text * 200_000 + "</title></script>]]>--><p>last")
    assert found.endswith("last\n")


def test_an_html_page_states_its_encoding(tmp_path):
    (tmp_path / "a.html").write_bytes(
        '<meta charset="windows-1252"><p>caf\xe9</p>'.encode("windows-1252")
    )
    assert read_documents(["a.html"], tmp_path)[0].text == "café\n"


def test_front_matter_gives_title_and_date(tmp_path):
    (tmp_path / "a.md").write_text(
        '---\ntitle: "Leave"\ndate: 2020-01-02\ntags: [x]\n---\n\n## Days\nThirty.\n'
    )
    (tmp_path / "b.md").write_text("---\nA rule above, no keys\n---\ntext\n")
    first, second = read_documents(["a.md", "b.md"], tmp_path)
    assert (first.text, first.date) == ("# Leave\n\n## Days\nThirty.\n", "2020-01-02")
    assert second.text.startswith("---\nA rule")
