"""`ask.py` finds and hands over what the arm does, on a page, without assay."""

import ast
import collections
import re

import numpy as np
import pytest
import snowballstemmer

from assay.deployment.export.formats.index_script import LINES, TAIL, WORDS, script
from assay.retrieval.bm25 import Bm25Index
from assay.retrieval.stemming import COMMON, Stems

TEXTS = [
    "A cancelled booking is repaid within ten days.",
    "Bookings that are cancelled late cost half.",
    "The library is closed on Sundays.",
    "Books are lent for ten days; late books cost a fee.",
]


def names_in(code, **own):
    """What is defined by a part of the script, over an index of its own."""
    given = {"collections": collections, "np": np, "re": re, "word": re.compile(r"\w+"), **own}
    exec(code, given)
    return given


@pytest.mark.parametrize("find", ["bm25", "dense"])
def test_it_is_a_page_of_python_that_imports_no_assay(find):
    text = script(find)
    assert len(text.splitlines()) <= LINES
    found = {
        alias.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert {"json", "numpy", "torch", "transformers"} <= found and "assay" not in found
    assert ("snowballstemmer" in found) is (find == "bm25")


@pytest.mark.parametrize("asked", ["Which bookings are cancelled?", "late books", "sunday", "no!"])
def test_words_find_the_passages_that_the_index_finds_in_its_order(asked):
    stems = Stems("english")
    index = Bm25Index(TEXTS, stems)
    own = {"language": "english", "common": sorted(COMMON), "many": 3}
    rows = [{"text": text} for text in TEXTS]
    search = names_in(
        WORDS, own=own, index=index.table(), passages=rows, snowballstemmer=snowballstemmer
    )["search"]
    meant = index.find(collections.Counter(stems(asked)), 3)
    assert [int(place) for place in search(asked)] == [place for place, _ in meant]


def given_by(found, top, cap, rows):
    head = TAIL.partition("def answer")[0]
    passages = [{"document": document, "text": text} for document, text in rows]
    return names_in(head, own={"top": top, "cap": cap}, passages=passages)["handed_over"](found)


def test_a_document_gives_more_than_its_share_only_where_others_give_too_few():
    rows = [("a", "one"), ("a", "two"), ("b", "three")]
    # best last, next to the question
    assert given_by([0, 1, 2], 2, 1, rows) == ["three", "one"]
    assert given_by([0, 1], 2, 1, rows) == ["two", "one"]


def test_a_copy_of_a_passage_is_not_handed_over_twice():
    long = "the booking is repaid within some days after it was cancelled by you"
    rows = [("a", long), ("b", long + "!"), ("c", long + " 7"), ("d", "another")]
    # words alike to nine tenths are a copy, unless a number tells them apart
    assert given_by([0, 1, 2], 3, 3, rows) == [long + " 7", long]
    assert given_by([0, 1, 3], 2, 3, rows) == ["another", long]
