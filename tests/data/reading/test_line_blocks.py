"""Blocks that all have as many lines, one of which is a class."""

import pytest

from assay.core.errors import DataError
from assay.data.reading.line_blocks import looks_even
from assay.data.reading.load import load
from assay.data.reading.read_file import read
from helpers.problems import problem
from helpers.raw_tables import written

CLASSES = ("Cause(e1,e2)", "Other", "Part(e2,e1)")
TEXTS = [f"The <e1>tale {n}</e1> is of a <e2>king</e2>, they say" for n in range(24)]


def blocks(form, between="\n"):
    return between.join(
        form.format(n=n + 1, text=text, label=CLASSES[n % 3], note="as seen" * (n % 2))
        for n, text in enumerate(TEXTS)
    )


@pytest.mark.parametrize(
    ("form", "between"),
    [
        ('{n}\t"{text}"\n{label}\nComment: {note}\n', "\n"),
        ("{n}. {text}\n{label}\n", "\n\n"),
        ("{label}\n{text}\n", "\n"),
        ("Class: {label}\n{text}\n", "----------\n"),
        ("{text}\n{label}\n", ""),  # nothing between the blocks
        ("{text}\r\n{label}\r\n", "\r\n"),
    ],
)
def test_each_block_is_a_row(tmp_path, form, between):
    written(tmp_path / "d.txt", "")
    (tmp_path / "d.txt").write_bytes(blocks(form, between).encode())
    loaded = load({"data": ["d.txt"]}, base=tmp_path)
    assert loaded.kind == "classify"
    assert [(one.text, one.target) for one in loaded.train] == [
        (text, CLASSES[n % 3]) for n, text in enumerate(TEXTS)
    ]


def test_a_line_with_a_name_is_a_field(tmp_path):
    text = blocks('{n}\t"{text}"\n{label}\nComment: {note}\n')
    table = read(written(tmp_path / "d.txt", text), base=tmp_path)
    assert table.rows[1].fields == {
        "text": TEXTS[1],
        "label": "Other",
        "Comment": "as seen",
    }
    assert table.rows[0].fields["Comment"] == "" and table.rows[1].source == "d.txt:5"


def test_a_line_between_text_and_class_is_asked_too(tmp_path):
    made = "".join(f"the $T$ was fine {n}\nfood {n}\n{n % 3 - 1}\n" for n in range(24))
    loaded = load({"data": [written(tmp_path / "d.raw", made).name]}, base=tmp_path)
    assert loaded.kind == "classify" and loaded.columns["text_pair"] == "text_pair"
    assert "food 3" in loaded.train[3].text and loaded.train[3].target == "-1"


def test_words_and_their_tags(tmp_path):
    said = [f"Ann saw Oslo in {n}{' once more' * (n % 4)}" for n in range(12)]
    made = [f"{text}\nB-WHO O B-WHERE{' O' * (len(text.split()) - 3)}\n\n" for text in said]
    loaded = load({"data": [written(tmp_path / "d.txt", "".join(made)).name]}, base=tmp_path)
    assert (loaded.kind, loaded.train[0].target) == ("extract", "WHO: Ann | WHERE: Oslo")


def test_a_block_with_another_number_of_lines_is_named(tmp_path):
    text = blocks("{text}\n{label}\n").replace("Other\n", "Other\nor not\n", 1)
    with problem(DataError, "D026", "d.txt:4"):
        read(written(tmp_path / "d.txt", text), base=tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "\n\n".join(f"A verse of line {n}\nand another {n * 7}" for n in range(24)),  # no class
        "\n".join(TEXTS),
        "\n\n".join(f"Text: {text}\nLabel: {n % 2}" for n, text in enumerate(TEXTS)),  # all named
        "\n\n".join("\n".join(TEXTS[: n % 3 + 1]) for n in range(24)),  # of different length
        "\n\n".join(["yes\nno"] * 24),  # no text
        blocks("{text}\n{label}\n")[:200],  # too few
        "",
    ],
)
def test_other_texts(text):
    assert not looks_even(text)
