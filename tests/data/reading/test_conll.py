import pytest

from assay.core.errors import DataError
from assay.data.reading.conll import columns_of_words, looks_tagged
from assay.data.reading.read_file import read
from helpers.problems import problem
from helpers.raw_tables import fields_of, written

# Two documents in the form of CoNLL-2003: word, part of speech, tag.
CONLL = """-DOCSTART- -X- O

EU NNP B-ORG
rejects VBZ O
German JJ B-MISC
call NN O

-DOCSTART- -X- O

Peter NNP B-PER
Blackburn NNP I-PER
# a comment
left VBD O
"""


def test_a_sentence_is_a_row_with_its_words_its_tags_and_its_document(tmp_path):
    table = read(written(tmp_path / "eng.conll", CONLL), base=tmp_path)
    assert [raw.fields for raw in table.rows] == [
        {
            "tokens": ["EU", "rejects", "German", "call"],
            "column2": ["NNP", "VBZ", "JJ", "NN"],
            "ner_tags": ["B-ORG", "O", "B-MISC", "O"],
            "document": "1",
        },
        {
            "tokens": ["Peter", "Blackburn", "left"],
            "column2": ["NNP", "NNP", "VBD"],
            "ner_tags": ["B-PER", "I-PER", "O"],
            "document": "2",
        },
    ]
    assert [raw.source for raw in table.rows] == ["eng.conll:3", "eng.conll:10"]
    assert table.roles == {"text": "tokens", "entities": "ner_tags"}


def test_rows_of_words_with_a_number_of_their_sentence_are_joined(tmp_path):
    # As the set of Kaggle writes it: only the first word of a sentence has its number.
    words = [("Sentence: 1", "Ann", "B-per"), ("", "saw", "O"), ("", "Oslo", "B-geo")]
    words += [("Sentence: 2", "Bo", "B-per"), ("", "ran", "O"), ("", "home", "O")]
    rows = "".join(f"{number},{word},{tag}\n" for number, word, tag in words)
    path = written(tmp_path / "ner.csv", "Sentence #,Word,Tag\n" + rows)
    assert fields_of(path) == [
        {
            "Sentence #": "Sentence: 1",
            "tokens": ["Ann", "saw", "Oslo"],
            "ner_tags": ["B-per", "O", "B-geo"],
        },
        {
            "Sentence #": "Sentence: 2",
            "tokens": ["Bo", "ran", "home"],
            "ner_tags": ["B-per", "O", "O"],
        },
    ]


@pytest.mark.parametrize(
    ("rows", "which"),
    [
        ([("EU", "NNP", "B-ORG"), ("is", "VBZ", "O"), ("big", "JJ", "O")], (0, 2)),
        ([("O", "1", "is"), ("B-ORG", "2", "EU"), ("O", "3", "big")], (2, 0)),
        ([("1", "2"), ("3", "4")], None),  # numbers are neither
        ([("O", "B-ORG"), ("B-ORG", "O")], None),  # no words
    ],
)
def test_which_column_is_the_words_and_which_the_tags(rows, which):
    assert columns_of_words(rows) == which


def test_a_table_and_a_text_are_not_tagged():
    assert looks_tagged(CONLL)
    assert not looks_tagged("text label\ngood a\nbad b\n" * 9)  # no blank line between sentences
    assert not looks_tagged("First Citizen:\nSpeak.\n\nAll:\nSpeak, speak.\n\n" * 9)


def test_a_sentence_with_a_ragged_line_is_told(tmp_path):
    good = "Ann B-person\nsaw O\nOslo B-place\n\n" * 20
    path = written(tmp_path / "news.bio", good + "Bo B-person extra\nran O\n\n")
    with problem(DataError, "D209", "news.bio:81"):
        read(path, base=tmp_path)


def test_sentences_beside_a_label_are_no_words(tmp_path):
    rows = [
        f"{at},A sentence {at} here,{'0' if at % 3 else 'Syntax'},web{at % 7}" for at in range(30)
    ]
    (tmp_path / "a.csv").write_text("\n".join(["id,sentence,error_type,source", *rows]) + "\n")
    assert read(tmp_path / "a.csv").names == ("id", "sentence", "error_type", "source")


def test_words_that_are_counted_begin_a_sentence_where_the_numbers_begin_again():
    words = [("Ann", "B-P", "['N']"), ("met", "O", "['a', 'b']"), ("Bo", "B-P", "['N']")]
    lines = [f"{at}\t{chr(9).join(word)}" for _ in range(3) for at, word in enumerate(words)]
    assert looks_tagged("#doc 7\n" + "\n".join(lines))
    assert not looks_tagged("\n".join(line[2:] for line in lines))  # one sentence, and no end
