"""Time grows with the length of a text, whatever stands in it: no pattern backtracks without bound."""

import time

import pytest

from assay.curate.pii.folded import fold
from assay.curate.pii.names import cased, ruled
from assay.curate.pii.recognise import KINDS, patterned, recognise
from assay.curate.pii.tagger import Tagger

PIECES = (
    "a|1|@|a@|a.|1 |1-|a-|A |Aa |(|+1| : |1.|0x|::|\n| |12 Aa Bb |Mr. |born 1/1/1 |sk-a|eyJa.|card |gatan |password: |"
)
PIECES += "From: |zip 1 |http://|=\n|a'|rue a |1\n|AB12 |- |\u00ad|аa|Dear A\n|account is | @ |a_|A1|"
PIECES += "-----BEGIN PRIVATE KEY-----"
PER_MEGABYTE = 60  # seconds of the processor, many times what is needed; what grows with the square takes days


def seconds(piece, length):
    text = (piece * (length // len(piece) + 1))[:length]
    begun = time.process_time()
    patterned(text, frozenset(KINDS))
    list(ruled(fold(text).text, one_case=False, common=lambda word: False))
    cased(text)
    return time.process_time() - begun


@pytest.mark.parametrize("piece", PIECES.split("|"), ids=repr)
def test_ten_thousand_characters(piece):
    assert seconds(piece, 10_000) < 0.02 * PER_MEGABYTE


@pytest.mark.slow
@pytest.mark.parametrize("piece", PIECES.split("|")[:12:2] + ["12 Aa Bb ", "sk-a", " @ "], ids=repr)
def test_a_megabyte(piece):
    assert seconds(piece, 1_000_000) < PER_MEGABYTE


def test_many_names_and_many_spans():
    # Every word another name, and each is looked for in the whole text.
    text = " ".join(f"Mr. Ka{number:05d}la" for number in range(8000))
    tagger = Tagger(lambda texts: [[] for _ in texts], lambda word: False)
    begun = time.process_time()
    found = recognise([text], frozenset(KINDS), tagger)[0]
    assert time.process_time() - begun < 0.2 * PER_MEGABYTE
    assert len(found) == 8000 and text[found[7].start : found[7].end] == "Ka00007la"
