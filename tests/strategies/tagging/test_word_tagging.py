"""Words of a text are read once each, in windows where it is long; their tags are learnt by torch's
cross-entropy."""

from functools import partial

import pytest
import torch

from assay.core.words import TOKEN
from assay.strategies.tagging.word_tagging import Texts, WordTags, tags_for, way
from helpers.bert import build

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def words(tmp_path):
    encoder = build(
        tmp_path / "encoder", ["the", "un", "##believable", "zoe", "12", "##345", ",", "ann", "met"]
    )
    return partial(WordTags, encoder, tags_for(["person"]), micro_tokens=256, seed=0)


def bounds(text):
    return [match.span() for match in TOKEN.finditer(text)]


@pytest.mark.parametrize(
    "text", ["Bo Li's book, 12 pp. — café!", "x", " \n spaces  in\tit ", "Zoë at 3.5 %", ""]
)
@pytest.mark.parametrize("length", [64, 8])
def test_every_word_is_read_in_some_window(words, text, length):
    read = words(max_length=length).windows(text, bounds(text))
    assert {word for one in read for word in one.words} == set(range(len(bounds(text))))
    assert all(len(one.ids) <= length and len(one.firsts) == len(one.words) for one in read)


def test_a_word_begins_where_its_first_token_does(words):
    text = "the unbelievable Zoë, 12345"
    made = words(max_length=64)
    (read,) = made.windows(text, bounds(text))
    tokens = made.tokenizer.convert_ids_to_tokens(read.ids)
    assert [tokens[at].removeprefix("##")[0] for at in read.firsts] == [
        text[a].lower() for a, _ in bounds(text)
    ]
    assert [read.ways[at] for at in read.firsts] == [2, 2, 3, 0, 1]


def test_ways_of_writing():
    assert [way(word) for word in (",", "12", "word", "Word", "USA", "iPhone", "A4", "I")] == [
        0,
        1,
        2,
        3,
        4,
        5,
        5,
        3,
    ]


def test_the_loss_is_torch_s_cross_entropy_over_words(words):
    text, spans = "Ann met Bo", [(0, 3, "person"), (8, 10, "person")]
    made = words(max_length=64)
    made.network.eval()
    texts = Texts(made, [(text, spans)], 4, 0, False)
    logits = made.logits(made.windows(text, bounds(text)))
    wanted = torch.nn.functional.cross_entropy(logits, torch.tensor([1, 0, 1]))
    assert texts.step(0, 0, None) == pytest.approx(float(wanted.detach()), rel=1e-5)
