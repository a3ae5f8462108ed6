from assay.data.reading.read_file import read


def write(path, text):
    path.write_text(text)
    return read(path)


def test_children_in_any_order_are_pieces_of_a_text(tmp_path):
    ways = ["<a>Ann,</a><d>1927.</d><t>Being</t>", "<a>Bob</a><t>Time</t><d>1986.</d>"]
    rows = "".join(f"<s>{ways[at % 2]}</s>" for at in range(20))
    table = write(tmp_path / "refs.xml", f"<all>{rows}</all>")
    assert table.rows[0].fields == {
        "text": "Ann, 1927. Being",
        "entities": [
            {"start": 0, "end": 4, "label": "a"},
            {"start": 5, "end": 10, "label": "d"},
            {"start": 11, "end": 16, "label": "t"},
        ],
    }


def test_records_in_one_order_stay_records(tmp_path):
    rows = "".join(f"<s><a>{at}</a><d>b</d><t>c</t></s>" for at in range(20))
    assert set(write(tmp_path / "rows.xml", f"<all>{rows}</all>").names) == {"a", "d", "t"}


def test_one_text_with_the_places_of_its_pieces(tmp_path):
    text = "Doctor Ann saw him on Monday, and wrote to Bob."
    tag = '<NAME start="7" end="10" text="Ann" TYPE="DOCTOR"/>'
    table = write(tmp_path / "one.xml", f"<r><TEXT>{text}</TEXT><TAGS>{tag}</TAGS></r>")
    assert table.rows[0].fields["entities"] == [{"start": 7, "end": 10, "label": "DOCTOR"}]


def test_places_in_bioc_count_from_the_document(tmp_path):
    mark = (
        '<annotation><infon key="type">Drug</infon><location offset="12" length="3"/></annotation>'
    )
    passage = f"<passage><offset>8</offset><text>the gin</text>{mark}</passage>"
    table = write(tmp_path / "b.xml", f"<collection><document>{passage}</document></collection>")
    assert table.rows[0].fields["entities"] == [{"start": 4, "end": 7, "label": "Drug"}]
