import pytest

from assay.data.reading.documents import read_documents
from assay.data.reading.front_matter import add_title, without_front


@pytest.mark.parametrize(
    ("text", "rest", "keys"),
    [
        ("---\nTitle: 'A b'\n---\n\nText\n", "Text\n", {"title": "A b"}),
        ("\ufeff---\r\ntitle: A\r\n...\r\nText", "Text", {"title": "A"}),
        ("---\n---\nText", "---\n---\nText", {}),
        ("---\ntitle: A\nno end\n", "---\ntitle: A\nno end\n", {}),
        ("---\nA rule above, no keys\n---\nText", "---\nA rule above, no keys\n---\nText", {}),
        ("Text\n---\ntitle: A\n---\n", "Text\n---\ntitle: A\n---\n", {}),  # not at the start
        ("---\na:\n  b: c\nd: e\n---\n", "", {"d": "e"}),  # keys of the first level
    ],
)
def test_the_keys_between_two_rules_at_the_start_are_no_text(text, rest, keys):
    assert without_front(text) == (rest, keys)


def test_a_title_becomes_a_heading_where_the_text_has_none():
    assert add_title("Text\n", "A") == "# A\n\nText\n"
    for text, title in (("# B\n", "A"), ("Intro\n# B\n", "A"), ("Text\n", "")):
        assert add_title(text, title) == text
    assert add_title("## B\n#hash\n", "A").startswith("# A\n")


def test_front_matter_gives_title_and_date(tmp_path):
    (tmp_path / "a.md").write_text(
        '---\ntitle: "Leave"\ndate: 2020-01-02\ntags: [x]\n---\n\n## Days\nThirty.\n'
    )
    (tmp_path / "b.md").write_text("---\nA rule above, no keys\n---\ntext\n")
    first, second = read_documents(["a.md", "b.md"], tmp_path)
    assert (first.text, first.date) == ("# Leave\n\n## Days\nThirty.\n", "2020-01-02")
    assert second.text.startswith("---\nA rule")
