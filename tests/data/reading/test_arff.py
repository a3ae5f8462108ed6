from assay.data.reading.read_file import read

HEAD = "% a comment\n@relation r\n@attribute 'the text' string\n@attribute class {yes,no}\n@data\n"


def test_fields_and_rows_of_weka(tmp_path):
    (tmp_path / "a.arff").write_text(HEAD + "'it\\'s, well',yes\n'more',?\n{0 'less', 1 no}\n")
    table = read(tmp_path / "a.arff")
    assert [raw.fields for raw in table.rows] == [
        {"the text": "it's, well", "class": "yes"},
        {"the text": "more", "class": None},
        {"the text": "less", "class": "no"},
    ]
    assert table.roles == {"text": "the text", "label": "class"}
