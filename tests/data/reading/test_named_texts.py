from assay.data.reading.load import load


def test_a_table_names_the_files_of_its_texts(tmp_path):
    (tmp_path / "essays").mkdir()
    for at in range(8):
        (tmp_path / "essays" / f"e{at}.txt").write_text(f"essay {at} says something of its own")
    rows = [f"e{at}.txt,{'ab'[at % 2]}" for at in range(8)]
    (tmp_path / "labels.csv").write_text("\n".join(["file,label", *rows]) + "\n")
    loaded = load({"data": ["labels.csv"]}, base=tmp_path)
    assert loaded.columns == {"text": "text", "label": "label"}
    assert (loaded.train[1].text, loaded.train[1].target) == (
        "essay 1 says something of its own",
        "b",
    )


def test_names_that_leave_the_folder_are_not_read(tmp_path):
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret.txt").write_text("a text that is none of this table's")
    rows = [f"../secret,{at % 2}" for at in range(6)]
    (tmp_path / "inside" / "t.csv").write_text("\n".join(["file,label", *rows]) + "\n")
    from assay.data.reading.named_texts import with_texts
    from assay.data.reading.read_file import read

    table = read(tmp_path / "inside" / "t.csv")
    assert with_texts(table, tmp_path / "inside" / "t.csv") is table


def test_texts_too_long_for_a_name_of_a_file_are_none(tmp_path):
    rows = [f"{'肝' * 80}{at},{'ab'[at % 2]}" for at in range(8)]  # 240 bytes, one word
    (tmp_path / "t.csv").write_text("\n".join(["said,label", *rows]) + "\n", encoding="utf-8")
    assert len(load({"data": ["t.csv"]}, base=tmp_path).train) == 8
