from assay.data.reading.load import load
from assay.data.reading.paired_texts import columns_in, paired_folders

WORDS = "harbour kettle letter winter garden engine window paper river stone bread cloud".split()


def text(at, words=20):
    return " ".join(WORDS[(at * 7 + k * (at + 1)) % len(WORDS)] for k in range(words))


def test_files_of_one_name_are_a_row(tmp_path):
    for at in range(6):
        (tmp_path / f"d{at}.txt").write_text(text(at))
        (tmp_path / f"d{at}.key").write_text("\n".join(text(at).split()[:3]))
    assert paired_folders(tmp_path) == {"data": [tmp_path]}
    loaded = load({"data": [tmp_path]}, base=tmp_path)
    assert loaded.kind == "extract" and loaded.train[0].target.startswith("key: ")


def test_folders_are_columns_where_their_texts_belong_together(tmp_path):
    for name in ("docs", "summaries"):
        (tmp_path / name).mkdir()
    for at in range(6):
        (tmp_path / "docs" / f"{at}.txt").write_text(text(at, 40))
        (tmp_path / "summaries" / f"{at}.txt").write_text(text(at, 9))
    assert set(columns_in(tmp_path)) == {"docs", "summaries"}


def test_classes_whose_files_are_numbered_alike_are_no_columns(tmp_path):
    for name in ("pos", "neg"):
        (tmp_path / name).mkdir()
        for at in range(6):
            (tmp_path / name / f"{at}.txt").write_text(text(at + 11 * (name == "neg")))
    assert columns_in(tmp_path) == {}


def test_files_that_belong_together_line_by_line_are_no_rows(tmp_path):
    for name in ("train.src", "train.tgt", "dev.src", "dev.tgt", "test.src", "test.tgt"):
        (tmp_path / name).write_text("a line\n" * 5)
    assert columns_in(tmp_path) == {}
