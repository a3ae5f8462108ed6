import pytest

from assay.data.reading.documents import read_documents
from assay.data.reading.html import charset_of, text_of_page
from helpers.ending import ends


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


def test_a_heading_of_the_page_stands_before_its_title():
    assert text_of_page("<title>T</title><h1>Head</h1>text") == "# Head\n\ntext\n"
    assert text_of_page("<title>T</title>") == "# T\n"


def test_the_title_of_a_drawing_is_none_of_the_page():
    assert text_of_page("<svg><title>icon</title></svg><p>text</p>") == "text\n"


@pytest.mark.parametrize(
    ("head", "charset"),
    [
        (b'<meta charset="utf-8">', "utf-8"),
        (b"<META http-equiv=x content='text/html; charset=ISO-8859-1'>", "ISO-8859-1"),
        (b"<p>charset=utf-8", ""),
        (b" " * 2048 + b"<meta charset=utf-8>", ""),  # a page says it at its beginning
    ],
)
def test_what_a_page_says_of_its_encoding(head, charset):
    assert charset_of(head) == charset
