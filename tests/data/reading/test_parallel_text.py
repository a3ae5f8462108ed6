from random import Random

import pytest

from assay.core.errors import DataError
from assay.data.reading.file_address import parse_file_name
from assay.data.reading.load import load
from assay.data.reading.parallel_text import names_of, partners, question_file_first
from assay.data.reading.read_file import read_named
from helpers.problems import problem


def lines(folder, **files):
    for name, text in files.items():
        (folder / name.replace("__", "-").replace("_", ".")).write_text(text)


def test_partners_have_as_many_lines_and_differ_in_one_word(tmp_path):
    for name, lines in {
        "news.en": 3,
        "news.de": 3,
        "news.fr": 2,
        "other.de": 3,
        "news.md": 3,
        "news.csv": 3,
    }.items():
        (tmp_path / name).write_text("a line\n" * lines)
    assert partners(tmp_path / "news.en") == ("news.de",)
    assert names_of(["train.src", "train.tgt"]) == ["src", "tgt"]
    assert names_of(["src-train.txt", "tgt-train.txt"]) == ["src", "tgt"]


def test_files_of_different_length_are_refused(tmp_path):
    (tmp_path / "a.src").write_text("one line\ntwo lines\n")
    (tmp_path / "a.tgt").write_text("one line\n")
    with problem(DataError, "D205", "a.src", "'src'", "2", "'tgt'", "1"):
        load({"data": [f"{tmp_path}/a.src#with=a.tgt"]}, base=tmp_path)


def test_a_change_of_either_file_makes_the_rows_anew(tmp_path):
    from assay.runtime.data_stage.prepare import bytes_of

    for name in ("a.src", "a.tgt"):
        (tmp_path / name).write_text("one line\n")
    both = tmp_path / "a.src#with=a.tgt"
    before = bytes_of(both)
    (tmp_path / "a.tgt").write_text("another\n")
    assert bytes_of(both) != before
    assert bytes_of(tmp_path / "a.src") == [before[0], None]


@pytest.mark.parametrize(
    ("files", "first"),
    [
        (["a.tgt", "a.src"], "a.src"),
        (["news.de", "news.en"], "news.de"),  # languages say nothing: the one that was named
        (["seq.out", "seq.in"], "seq.in"),
    ],
)
def test_what_is_asked_stands_first(tmp_path, files, first):
    path, beside = question_file_first(tmp_path / files[0], files[1:])
    assert path == tmp_path / first and {path.name, *beside} == set(files)


def test_words_and_as_many_tags_on_each_line_are_named_pieces(tmp_path):
    lines(tmp_path, seq_in="book a table\nfor two\n", seq_out="O O O\nO B-people\n")
    table = read_named(parse_file_name(tmp_path / "seq.in#with=seq.out"), base=tmp_path)
    assert table.roles == {"text": "in", "entities": "out"}
    assert table.rows[1].fields == {"in": ["for", "two"], "out": ["O", "B-people"]}


def test_lines_of_labels_are_a_column_of_the_rows_beside_them(tmp_path):
    lines(tmp_path, valid_jsonl='{"text": "a"}\n{"text": "b"}\n', valid__labels_lst="0\n1\n")
    assert partners(tmp_path / "valid.jsonl") == ("valid-labels.lst",)
    one = parse_file_name(tmp_path / "valid.jsonl#with=valid-labels.lst")
    assert [raw.fields for raw in read_named(one, base=tmp_path).rows] == [
        {"text": "a", "label": "0"},
        {"text": "b", "label": "1"},
    ]
    (tmp_path / "valid-labels.lst").write_text("0\n1\n1\n")
    with problem(DataError, "D205", "valid.jsonl", "2", "3"):
        read_named(one, base=tmp_path)


@pytest.mark.parametrize(
    ("name", "other", "beside"),
    [
        ("corpus.eng", "corpus.deu", True),
        ("corpus.src", "corpus.plain", True),
        ("eng.corpus.x", "deu.corpus.x", False),  # at the front they may be part of a title
        ("src.corpus.x", "plain.corpus.x", False),
        ("en.corpus.x", "de.corpus.x", True),
    ],
)
def test_languages_and_one_known_word_make_columns_at_the_end(tmp_path, name, other, beside):
    for one in (name, other):
        (tmp_path / one).write_text("a line\n" * 3)
    assert partners(tmp_path / name) == ((other,) if beside else ())


def test_several_references_are_answers_of_one_row(tmp_path):
    for name in ("dev.src", "dev.ref0", "dev.ref1"):
        (tmp_path / name).write_text(
            "".join(f"{name} line {at} of some words\n" for at in range(4))
        )
    loaded = load({"data": [tmp_path]}, base=tmp_path)
    assert loaded.train[0].target == "dev.ref0 line 0 of some words"
    assert loaded.train[0].also == ("dev.ref1 line 0 of some words",)


def test_lines_of_other_lengths_do_not_go_together(tmp_path):
    for name, seed in (("r.pos", 1), ("r.neg", 2)):
        sizes = Random(seed)
        words = "the film was very good but also long and dull".split()
        lines = (" ".join(sizes.choices(words, k=sizes.randint(2, 20))) for _ in range(60))
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines))
    assert partners(tmp_path / "r.pos") == ()
    loaded = load({"data": [tmp_path]}, base=tmp_path)
    assert loaded.kind == "classify" and {row.target for row in loaded.train} == {"pos", "neg"}
