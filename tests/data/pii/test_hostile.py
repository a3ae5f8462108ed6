"""Whatever stands in a text, its patterns come to an end: none backtracks without bound.

Ten thousand characters find what grows by powers above two, a megabyte what grows with the square:
both take hours.
"""

import pytest

from assay.data.pii.kinds import KINDS
from assay.data.pii.names import names_by_context, truecase
from assay.data.pii.normalised import fold
from assay.data.pii.recognise import find_by_pattern, recognise
from assay.data.pii.tagger import NerTagger
from helpers.ending import ends

PIECES = (
    "a|1|@|a@|a.|1 |1-|a-|A |Aa |(|+1| : |1.|0x|::|\n| |12 Aa Bb |Mr. |born 1/1/1"
    " |sk-a|eyJa.|card |gatan |password: |"
)
PIECES += (
    "From: |zip 1 |http://|=\n|a'|rue a |1\n|AB12 |- |\u00ad|аa|Dear A\n|account is | @ |a_|A1|"
)
PIECES += "-----BEGIN PRIVATE KEY-----"


def search(piece, length):
    """Every pattern on a text of `length` characters; what is found lies in it, and in order."""
    text = (piece * (length // len(piece) + 1))[:length]
    with ends():
        found = find_by_pattern(text, frozenset(KINDS))
        list(names_by_context(fold(text).text, one_case=False, common=lambda word: False))
        truecase(text)
    assert all(0 <= one.start < one.end <= length for one in found)


@pytest.mark.slow
@pytest.mark.parametrize("piece", PIECES.split("|"), ids=repr)
def test_ten_thousand_characters(piece):
    search(piece, 10_000)


@pytest.mark.nightly
@pytest.mark.parametrize("piece", PIECES.split("|")[:12:2] + ["12 Aa Bb ", "sk-a", " @ "], ids=repr)
def test_a_megabyte(piece):
    search(piece, 1_000_000)


@pytest.mark.slow
def test_many_names_and_many_spans():
    # Every word another name, and each is looked for in the whole text.
    text = " ".join(f"Mr. Ka{number:05d}la" for number in range(8000))
    tagger = NerTagger(lambda texts: [[] for _ in texts], lambda word: False)
    with ends():
        found = recognise([text], frozenset(KINDS), tagger)[0]
    assert len(found) == 8000 and text[found[7].start : found[7].end] == "Ka00007la"
