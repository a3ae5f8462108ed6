import pytest

from assay.data.reading.documents import read_documents
from assay.retrieval.chunking import passages

docx = pytest.importorskip("docx")


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


def test_a_merged_cell_is_said_once_and_a_style_of_ones_own_is_the_heading_it_is_based_on(tmp_path):
    made = docx.Document()
    own = made.styles.add_style("Kapitel", docx.enum.style.WD_STYLE_TYPE.PARAGRAPH)
    own.base_style = made.styles["Heading 2"]
    made.add_paragraph("Urlaub", style="Kapitel")
    table = made.add_table(1, 3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "days"
    table.cell(0, 2).text = "30"
    made.save(str(tmp_path / "a.docx"))
    (document,) = read_documents(["a.docx"], tmp_path)
    assert document.text.split("\n") == ["## Urlaub", "", "days | 30", ""]
